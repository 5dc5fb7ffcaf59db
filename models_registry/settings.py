"""Where models and scores live."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of the model room, read at entry points only.

    Attributes
    ----------
    home
        The one folder that holds all state of a tenant.
    tracking_uri
        Address of an MLflow server; empty means a SQLite file and plain files under `home`.
    tracking_timeout_seconds
        How long that server may take to answer one call; MLFLOW_HTTP_REQUEST_TIMEOUT goes before.
    """

    model_config = SettingsConfigDict(env_prefix="SHUKE_", extra="ignore")

    home: Path = Path("var")
    tracking_uri: str = ""
    tracking_timeout_seconds: int = Field(5, ge=1)

    @property
    def mlflow_dir(self) -> Path:
        """Folder of the embedded MLflow store: its database and artifacts."""
        return self.home / "mlflow"

    @property
    def cache_dir(self) -> Path:
        """Folder of registered bundles, one `<model>/<version>` each, ready to load."""
        return self.home / "models"

    @property
    def score_dir(self) -> Path:
        """Folder of the score log."""
        return self.home / "scores"

    @property
    def shadow_dir(self) -> Path:
        """Folder of what challengers said; apart, so that nobody takes it for a score given."""
        return self.home / "shadow"
