"""How MLflow is opened: quietly, embedded unless told otherwise, never in the current folder."""

import os
import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from models_registry.bundle import Bundle
from models_registry.settings import Settings

if TYPE_CHECKING:
    from mlflow import MlflowClient

ENVIRONMENT = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_ALLOW_PICKLE_DESERIALIZATION": "false",
    "MLFLOW_SERVER_ENABLE_JOB_EXECUTION": "false",
    "MLFLOW_LOGGING_LEVEL": "WARNING",
    "MLFLOW_ENABLE_ARTIFACTS_PROGRESS_BAR": "false",
}


def connect(settings: Settings) -> "MlflowClient":
    """Return a client of the tracking server, or of the SQLite file under `settings.home`."""
    for name, value in ENVIRONMENT.items():
        os.environ.setdefault(name, value)
    with _hushed():
        from mlflow import MlflowClient

        uri = settings.tracking_uri or embedded(settings.mlflow_dir.resolve())
        return MlflowClient(tracking_uri=uri, registry_uri=uri)


def artifact_place(settings: Settings, model: str) -> str | None:
    """Return where a model's files go; None leaves it to the tracking server."""
    if settings.tracking_uri:
        return None
    return (settings.mlflow_dir / "artifacts" / model).resolve().as_uri()


def save_booster(bundle: Bundle, folder: Path) -> None:
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
    return f"sqlite:///{folder / 'mlflow.db'}"


@contextmanager
def _hushed() -> Iterator[None]:
    """Keep back what MLflow says of its own code while it is imported."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield
