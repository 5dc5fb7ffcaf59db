"""Where state lives and how the feature room runs."""

from pathlib import Path

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
    """

    model_config = SettingsConfigDict(env_prefix="SHUKE_", extra="ignore")

    home: Path = Path("var")
    threads: int = 1

    @property
    def lake_dir(self) -> Path:
        """Folder of the canonical tables."""
        return self.home / "lake"

    @property
    def feature_dir(self) -> Path:
        """Folder of the built feature rows."""
        return self.home / "features"

    @property
    def feast_dir(self) -> Path:
        """Folder of Feast's registry and online store."""
        return self.home / "feast"
