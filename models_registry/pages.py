"""MLflow's own pages, on the same store the registry writes to."""

import os
import subprocess
import sys

from features.errors import StateError
from models_registry.settings import Settings
from models_registry.tracking import ENVIRONMENT, embedded

LOOPBACK = "127.0.0.1"


def run_pages(settings: Settings, port: int) -> None:
    """Serve MLflow's pages on loopback until Ctrl-C.

    Raises
    ------
    StateError
        The store is a server, which has pages of its own, or nothing was trained yet.
    """
    if settings.tracking_uri:
        raise StateError(
            "The models are on an MLflow server", todo=f"Open {settings.tracking_uri}."
        )
    if not settings.mlflow_dir.exists():
        raise StateError(
            "Nothing was trained yet", where=str(settings.mlflow_dir), todo="Run `shuke train`."
        )
    store = embedded(settings.mlflow_dir.resolve())
    command = [sys.executable, "-m", "mlflow", "server", "--backend-store-uri", store]
    # One worker and no proxied artifacts: the files lie beside the database.
    command += ["--host", LOOPBACK, "--port", str(port), "--workers", "1", "--no-serve-artifacts"]
    try:
        subprocess.run(command, env=dict(ENVIRONMENT) | os.environ, check=True)  # noqa: S603
    except KeyboardInterrupt:
        return
