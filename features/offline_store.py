"""What Feast needs to know of the engine that joins history."""

from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from functools import cached_property
from typing import Any, Protocol

import ibis

from features.engine import connect
from features.settings import Settings


class OfflineStore(Protocol):
    """The parts of Feast's configuration that differ between engines."""

    def config(self) -> dict[str, Any]:
        """Return the `offline_store` part of Feast's `RepoConfig`."""
        ...

    def source(self, name: str, pattern: str) -> Any:
        """Return the Feast source `name` of the Parquet files that the glob `pattern` names."""
        ...

    def asking(self) -> AbstractContextManager[None]:
        """Return a context in which Feast is called, and in which its answer is fetched."""
        ...


class DuckDBOfflineStore:
    """History joined by the embedded engine."""

    @cached_property
    def _con(self) -> Any:
        # On every core: rows are put together here and nothing is summed, so that the answer is
        # the same to the last bit however many threads bring it.
        return connect()

    def config(self) -> dict[str, Any]:
        """Return the `offline_store` part of Feast's `RepoConfig`."""
        return {"type": "duckdb"}

    def source(self, name: str, pattern: str) -> Any:
        """Return the Feast source `name` of the Parquet files that the glob `pattern` names."""
        from feast import FileSource
        from feast.data_format import ParquetFormat

        return FileSource(
            name=name, path=pattern, file_format=ParquetFormat(), timestamp_field="as_of"
        )

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Return a context in which Feast is called, and in which its answer is fetched."""
        # Feast joins on Ibis's default connection, which would spill into the current folder.
        ibis.set_backend(self._con)
        yield


def offline_store(settings: Settings) -> OfflineStore:
    """Return the offline store of the engine that `settings` name."""
    if settings.engine == "spark":
        # The embedded engine should not need Spark installed.
        from features.spark.offline_store import SparkOfflineStore
        from features.spark.settings import SparkSettings

        return SparkOfflineStore(SparkSettings())
    return DuckDBOfflineStore()
