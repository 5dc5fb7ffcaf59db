"""Feast's history on Spark."""

import warnings
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from features.spark.session import properties, session
from features.spark.settings import SparkSettings

_BACKTICKS = "spark.sql.parser.quotedRegexColumnNames"


class SparkOfflineStore:
    """History joined by Spark, over the same files; nothing is started before the first call.

    Parameters
    ----------
    settings
        Where Spark runs.
    """

    def __init__(self, settings: SparkSettings) -> None:
        self._settings = settings

    def config(self) -> dict[str, Any]:
        """Return the `offline_store` part of Feast's `RepoConfig`."""
        return {"type": "spark", "spark_conf": properties(self._settings)}

    def source(self, name: str, pattern: str) -> Any:
        """Return the Feast source `name` of the Parquet files that the glob `pattern` names.

        Their moments must be in microseconds.
        """
        from feast.infra.offline_stores.contrib.spark_offline_store.spark_source import SparkSource

        with _without_alpha_warning():
            return SparkSource(
                name=name, path=pattern, file_format="parquet", timestamp_field="as_of"
            )

    @contextmanager
    def asking(self) -> Iterator[None]:
        """Return a context in which Feast is called, and in which its answer is fetched.

        Feast makes Spark read names in backticks as patterns, with which no query of Ibis runs;
        that is undone at the end.
        """
        spark = session(self._settings)
        before = spark.conf.get(_BACKTICKS)
        try:
            with _without_alpha_warning():
                yield
        finally:
            spark.conf.set(_BACKTICKS, before)


@contextmanager
def _without_alpha_warning() -> Iterator[None]:
    """Silence what Feast says of its Spark store at every call."""
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", ".*experimental feature in alpha", RuntimeWarning)
        yield
