"""Where the monitoring room writes."""

from datetime import datetime
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict

from features.clock import naive


class Settings(BaseSettings):
    """Settings of the monitoring room, read at entry points only.

    Attributes
    ----------
    home
        The one folder that holds all state of a tenant.
    """

    model_config = SettingsConfigDict(env_prefix="SHUKE_", extra="ignore")

    home: Path = Path("var")

    @property
    def report_dir(self) -> Path:
        """Folder of the drift and performance reports."""
        return self.home / "reports"

    def report(self, kind: str, model: str, as_of: datetime, suffix: str) -> Path:
        """File of one report, for example `drift-churn_60d-2018-01-01T000000.html`."""
        return self.report_dir / f"{kind}-{model}-{naive(as_of):%Y-%m-%dT%H%M%S}{suffix}"
