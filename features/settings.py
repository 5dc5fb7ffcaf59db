"""Where state lives and how the feature room runs."""

from pathlib import Path
from typing import Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Settings(BaseSettings):
    """Settings of the feature room, read at entry points only.

    Attributes
    ----------
    home
        The one folder that holds all state of a tenant.
    threads
        Threads DuckDB may use; 0 lets it take every core. With one, sums come out the same to the
        last bit on every run, and so do the models trained on them.
    engine
        What builds and joins features: the embedded DuckDB, or Spark (`SHUKE_SPARK_*`).
    online_url
        Where features lie online: empty for a SQLite file under `home`, `postgresql://...` or
        `redis://...`.
    online_connect_seconds, online_read_seconds
        How long a request waits for that server to take a connection, and for its answer; then
        the snapshot of the built files answers. Writing waits longer: nobody waits for it.
    online_rest_seconds
        How long the snapshot answers until the server is tried again.
    """

    model_config = SettingsConfigDict(env_prefix="SHUKE_", extra="ignore")

    home: Path = Path("var")
    threads: int = 1
    engine: Literal["duckdb", "spark"] = "duckdb"
    online_url: str = ""
    online_connect_seconds: float = Field(1.0, gt=0)
    online_read_seconds: float = Field(2.0, gt=0)
    online_rest_seconds: float = Field(2.0, ge=0)

    @property
    def lake_dir(self) -> Path:
        """Folder of the canonical tables."""
        return self.home / "lake"

    @property
    def feature_dir(self) -> Path:
        """Folder of the built feature rows."""
        return self.home / "features"

    @property
    def online_dir(self) -> Path:
        """Folder of the online store's file."""
        return self.home / "online"

    @property
    def feast_dir(self) -> Path:
        """Folder of Feast's registry."""
        return self.home / "feast"
