"""How MLflow is opened: quietly, embedded unless told otherwise, never in the current folder."""

import os
import sqlite3
import sys
import time
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from models_registry.errors import RegistryAwayError
from models_registry.quick import QuickClient
from models_registry.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

    from models_registry.bundle import Bundle

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "1",  # its own 7 take minutes
}
_DATABASE = "mlflow.db"
_SERVER_FAULT = 500
_TICK_SECONDS = 2.0  # of the coarsest file systems


def connect(settings: Settings) -> "MlflowClient":
    """Return a client of the tracking server, or of the SQLite file under `settings.home`."""
    bounds = {"MLFLOW_HTTP_REQUEST_TIMEOUT": str(settings.tracking_timeout_seconds)}
    for name, value in (ENVIRONMENT | bounds).items():
        os.environ.setdefault(name, value)
    with _hushed():
        from mlflow import MlflowClient

        uri = settings.tracking_uri or embedded(settings.mlflow_dir.resolve())
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def connect_quickly(settings: Settings) -> "MlflowClient | QuickClient":
    """Return a client of the roles of versions alone, without loading MLflow where that can be."""
    database = settings.mlflow_dir / _DATABASE
    if not settings.tracking_uri and QuickClient.fits(database):
        return QuickClient(database)
    return connect(settings)


@contextmanager
def asking(settings: Settings) -> Iterator[None]:
    """Ask MLflow something inside; that it does not answer becomes an error of ours."""
    try:
        yield
    except Exception as error:
        if not is_away(error):
            raise
        raise RegistryAwayError(
            f"The registry of models does not answer: {type(error).__name__}",
            where=settings.tracking_uri or str(settings.mlflow_dir),
            todo="See that it runs and that SHUKE_TRACKING_URI names it; what is loaded answers.",
        ) from error


def is_away(error: Exception) -> bool:
    """Say whether a failure is of a server or file that does not answer, not of what was asked."""
    from requests.exceptions import RequestException

    if isinstance(error, sqlite3.OperationalError):
        return True
    if isinstance(error, RequestException):
        return error.response is None or error.response.status_code >= _SERVER_FAULT
    mlflow = sys.modules.get("mlflow.exceptions")  # what is not imported has raised nothing
    failed = mlflow is not None and isinstance(error, mlflow.MlflowException)
    return failed and int(error.get_http_status_code()) >= _SERVER_FAULT  # type: ignore[attr-defined]


def artifact_place(settings: Settings, model: str) -> str | None:
    """Return where a model's files go; None leaves it to the tracking server."""
    if settings.tracking_uri:
        return None
    return (settings.mlflow_dir / "artifacts" / model).resolve().as_uri()


def save_booster(bundle: "Bundle", folder: Path) -> None:
    """Write the main booster as a plain MLflow model of the LightGBM flavour (text, no pickle)."""
    with _hushed():
        import lightgbm
        import mlflow.lightgbm
        import mlflow.pyfunc
        from mlflow.models import ModelSignature
        from mlflow.types import ColSpec, Schema

    mlflow.lightgbm.save_model(
        bundle.boosters["main"],
        folder,
        signature=ModelSignature(
            inputs=Schema([ColSpec("double", name) for name in bundle.meta.features]),
            outputs=Schema([ColSpec("double")]),
        ),
        # Given, because guessing them starts a process that loads the model.
        pip_requirements=[f"lightgbm=={lightgbm.__version__}"],
    )


def embedded(folder: Path) -> str:
    """Return the address of the SQLite store in `folder`, which is made if it is missing."""
    folder.mkdir(parents=True, exist_ok=True)
    return f"sqlite:///{folder / _DATABASE}"


def written(folder: Path) -> tuple[int, ...] | None:
    """Return dates and sizes of the files of the SQLite store in `folder`: a write changes one.

    None right after a write: another one within a tick of the file system's clock would show in
    neither.
    """
    files = [folder / f"{_DATABASE}{suffix}" for suffix in ("", "-wal", "-journal")]
    seen = [file.stat() for file in files if file.exists()]
    settled = time.time() - max((stat.st_mtime for stat in seen), default=0.0) > _TICK_SECONDS
    told = tuple(number for stat in seen for number in (stat.st_mtime_ns, stat.st_size))
    return told if settled else None


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep back what MLflow says of its own code while it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
