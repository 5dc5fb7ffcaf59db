"""Where the service keeps its records and how it answers."""

from datetime import timedelta
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr
from pydantic_settings import BaseSettings, SettingsConfigDict

from service.live.policy import POLICY


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
    worker
        Who folds events: `inline`, a thread of `shuke serve`; `separate`, `shuke worker`. Empty is
        `inline` while the records are in SQLite, where one process is enough, else `separate`.
    flush_seconds
        Events go to the lake after this long at the latest.
    inbox_retention_days
        How long an event in the lake stays known by its id, so that it is not taken again.
    data_key
        Keys of phone numbers and e-mail addresses, the newest first, with commas between; empty
        keeps them in the file `data.key` under `home`, made when first needed.
    """

    model_config = SettingsConfigDict(env_prefix="SHUKE_", extra="ignore")

    home: Path = Path("var")
    database_url: str = ""
    host: str = "127.0.0.1"
    port: int = 8000
    max_body_bytes: int = 1_000_000
    max_feature_age_days: float = 3.0
    worker: Literal["", "inline", "separate"] = ""
    flush_seconds: float = Field(POLICY.flush_after, gt=0)
    inbox_retention_days: float = Field(POLICY.keep / timedelta(days=1), ge=1)
    data_key: SecretStr = SecretStr("")

    @property
    def records_url(self) -> str:
        """URL of the records database."""
        return self.database_url or f"sqlite:///{(self.home / 'records.db').as_posix()}"

    @property
    def folds_inline(self) -> bool:
        """Whether `shuke serve` folds events itself."""
        embedded = self.records_url.startswith("sqlite")
        return self.worker == "inline" or (self.worker == "" and embedded)

    @property
    def version(self) -> str:
        """Version of the installed package; `0+unknown` when run from a bare checkout."""
        try:
            return version("shuke")
        except PackageNotFoundError:
            return "0+unknown"
