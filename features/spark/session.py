"""The one place that starts Spark."""

import os
import sys
import tempfile
from pathlib import Path
from typing import Any

from features.spark.errors import SparkMissingError
from features.spark.settings import SparkSettings

_LOOPBACK = "127.0.0.1"


def session(settings: SparkSettings) -> Any:
    """Return the Spark session of this process, started on the first call.

    Spark keeps one session a process: later calls get it as it is. Stop it with `.stop()`.

    Raises
    ------
    SparkMissingError
        PySpark is not installed, or no JVM starts.
    """
    try:
        from pyspark import SparkConf
        from pyspark.errors import PySparkRuntimeError
        from pyspark.sql import SparkSession
    except ImportError as error:
        raise SparkMissingError(
            "PySpark is not installed", where=str(error), todo="Install shuke[spark]."
        ) from error
    if settings.is_local:
        # Spark would run its Python workers with whatever `python3` the path offers.
        os.environ.setdefault("PYSPARK_PYTHON", sys.executable)
    conf = SparkConf().setAll(list(properties(settings).items()))
    try:
        return SparkSession.builder.config(conf=conf).getOrCreate()
    except PySparkRuntimeError as error:
        raise SparkMissingError(
            "Spark does not start",
            where=settings.master,
            todo="Install Java 17 or later and set JAVA_HOME.",
        ) from error


def properties(settings: SparkSettings) -> dict[str, str]:
    """Return the Spark properties that `settings` amount to.

    Moments are naive UTC everywhere: without `timestampType` a cast or a missing moment would be
    one with a time zone, and without `outputTimestampType` one written would be nobody's (INT96).
    Nothing is ever written to the current folder.
    """
    here = _local() if settings.is_local else {}
    return {
        "spark.app.name": "shuke",
        "spark.master": settings.master,
        "spark.driver.memory": settings.driver_memory,
        "spark.log.level": "ERROR",
        "spark.ui.enabled": "false",
        "spark.ui.showConsoleProgress": "false",
        "spark.sql.catalogImplementation": "in-memory",
        "spark.sql.execution.arrow.pyspark.enabled": "true",
        "spark.sql.parquet.outputTimestampType": "TIMESTAMP_MICROS",
        "spark.sql.session.timeZone": "UTC",
        "spark.sql.shuffle.partitions": str(settings.shuffle_partitions),
        "spark.sql.timestampType": "TIMESTAMP_NTZ",
        **here,
        **settings.conf,
    }


def _local() -> dict[str, str]:
    scratch = Path(tempfile.gettempdir())
    return {
        "spark.driver.bindAddress": _LOOPBACK,
        "spark.driver.host": _LOOPBACK,
        "spark.local.dir": str(scratch),
        "spark.sql.warehouse.dir": (scratch / "shuke-warehouse").as_uri(),
    }
