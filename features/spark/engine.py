"""Spark behind the engine's interface."""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.datatypes as dt
import ibis.expr.types as ir
import pandas as pd

from features.spark.session import session
from features.spark.settings import SparkSettings


class SparkEngine:
    """The Spark engine; nothing is started before the first call.

    Parameters
    ----------
    settings
        Where Spark runs.
    """

    lines_at_once: int | None = None  # its tasks are shares already

    def __init__(self, settings: SparkSettings) -> None:
        self._settings = settings

    @cached_property
    def session(self) -> Any:
        """The Spark session; one a process."""
        return session(self._settings)

    @cached_property
    def con(self) -> Any:
        """The Ibis connection all expressions of this engine live on."""
        return ibis.pyspark.connect(self.session)

    def read_parquet(self, files: Sequence[Path], name: str) -> ir.Table:
        """Return the rows of all `files` as the table `name`; columns are matched by name."""
        # A folder above them that happens to be called `key=value` is no column of theirs.
        reader = self.session.read.option("recursiveFileLookup", "true")
        rows = reader.option("mergeSchema", "true").parquet(*map(os.fspath, files))
        rows.createOrReplaceTempView(name)
        table = self.con.table(name).op()
        schema = {column: _to_microseconds(kind) for column, kind in table.schema.items()}
        return table.copy(schema=ibis.schema(schema)).to_expr()

    def write_parquet(self, rows: ir.Table, folder: Path, partition_by: str | None = None) -> None:
        """Run `rows` into `folder/[<partition_by>=<value>/]*.parquet`, replacing what was there."""
        self.con.to_parquet(rows, folder, partitionBy=partition_by, mode="overwrite")

    def held(self, rows: ir.Table) -> ir.Table:
        """Return `rows`: Spark knows the size of what is in memory."""
        return rows

    def execute(self, rows: ir.Expr) -> Any:
        """Return what an expression says: a frame of a table, a value of a scalar."""
        found = self.con.execute(rows)
        if not isinstance(found, pd.DataFrame):
            return found
        # Spark hands out nanoseconds, where every other frame of the project holds microseconds.
        moments = found.select_dtypes("datetime").columns
        return found.astype(dict.fromkeys(moments, "datetime64[us]"))


def _to_microseconds(kind: dt.DataType) -> dt.DataType:
    """Return a type with its moments as DuckDB names them, which is what Spark's are.

    Ibis would else see two types of moment where an expression unites tables.
    """
    if kind.is_timestamp():
        return kind.copy(scale=6)
    if kind.is_array():
        return kind.copy(value_type=_to_microseconds(kind.value_type))
    if kind.is_struct():
        return dt.Struct({n: _to_microseconds(t) for n, t in kind.items()}, kind.nullable)
    return kind
