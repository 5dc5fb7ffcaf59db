"""Where the service keeps its records and how it answers."""

from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of the service room, read at entry points only.

    Attributes
    ----------
    home
        The one folder that holds all state of a tenant.
    database_url
        SQLAlchemy URL of the records; empty keeps them in SQLite under `home`.
    host, port
        Where the API listens.
    max_body_bytes
        Largest request body taken.
    max_feature_age_days
        Features older than this make a score `stale`.
    """

    model_config = SettingsConfigDict(env_prefix="SHUKE_", extra="ignore")

    home: Path = Path("var")
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    max_body_bytes: int = 1_000_000
    max_feature_age_days: float = 3.0

    @property
    def records_url(self) -> str:
        """URL of the records database."""
        return self.database_url or f"sqlite:///{(self.home / 'records.db').as_posix()}"

    @property
    def version(self) -> str:
        """Version of the installed package; `0+unknown` when run from a bare checkout."""
        try:
            return version("shuke")
        except PackageNotFoundError:
            return "0+unknown"
