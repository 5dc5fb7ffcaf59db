"""The query engine the feature expressions run on: embedded DuckDB, or Spark."""

import os
import tempfile
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Protocol

import ibis
import ibis.expr.types as ir

from features.settings import Settings

MEMORY_LIMIT = "4GB"
LINES_AT_ONCE = 6_000_000


class Engine(Protocol):
    """Runs feature expressions: all that differs between engines is behind this.

    Tables and expressions of one engine never meet those of another.

    Attributes
    ----------
    lines_at_once
        Order lines a query may start from; more are taken in shares of the customers. None leaves
        it to the engine.
    """

    lines_at_once: int | None

    def read_parquet(self, files: Sequence[Path], name: str) -> ir.Table:
        """Return the rows of all `files` as the table `name`; columns are matched by name."""
        ...

    def write_parquet(self, rows: ir.Table, folder: Path, partition_by: str | None = None) -> None:
        """Run `rows` into `folder/[<partition_by>=<value>/]*.parquet`, replacing what was there."""
        ...

    def held(self, rows: ir.Table) -> ir.Table:
        """Return few rows that are in memory so that the engine knows their number."""
        ...

    def execute(self, rows: ir.Expr) -> Any:
        """Return what an expression says: a frame of a table, a value of a scalar."""
        ...


class DuckDBEngine:
    """The embedded engine, on one connection; not for use from several threads at once.

    Parameters
    ----------
    con
        What `connect` returns.
    lines_at_once
        Order lines a query may start from, for what it makes of them to fit in memory.
    """

    def __init__(self, con: Any, lines_at_once: int | None = LINES_AT_ONCE) -> None:
        self.con = con
        self.lines_at_once = lines_at_once

    def read_parquet(self, files: Sequence[Path], name: str) -> ir.Table:
        """Return the rows of all `files` as the table `name`; columns are matched by name."""
        return self.con.read_parquet([str(f) for f in files], table_name=name, union_by_name=True)

    def write_parquet(self, rows: ir.Table, folder: Path, partition_by: str | None = None) -> None:
        """Run `rows` into `folder/[<partition_by>=<value>/]*.parquet`, replacing what was there."""
        folder.mkdir(parents=True, exist_ok=True)
        if partition_by is not None:
            self.con.to_parquet(rows, folder, partition_by=partition_by, overwrite=True)
            return
        self.con.to_parquet(rows, folder / "part-0.parquet")

    def held(self, rows: ir.Table) -> ir.Table:
        """Return few rows that are in memory so that the engine knows their number.

        DuckDB takes a frame for a single row, and then joins in the wrong order and on one thread.
        """
        return self.con.create_table(ibis.util.gen_name("held"), rows, temp=True)

    def execute(self, rows: ir.Expr) -> Any:
        """Return what an expression says: a frame of a table, a value of a scalar."""
        return self.con.execute(rows)


def engine(settings: Settings) -> Engine:
    """Open the engine that `settings` name."""
    if settings.engine == "spark":
        # The embedded engine should not need Spark installed.
        from features.spark.engine import SparkEngine
        from features.spark.settings import SparkSettings

        return SparkEngine(SparkSettings())
    return DuckDBEngine(connect(settings.threads))


def connect(threads: int = 0, memory_limit: str = MEMORY_LIMIT) -> Any:
    """Open an in-memory Ibis DuckDB connection that speaks UTC and fetches nothing.

    Ibis sets the session's time zone to UTC itself. What does not fit in memory spills to a folder
    of this process under the system's temporary folder, never into the current one.

    Parameters
    ----------
    threads
        Threads the engine may use; 0 lets it take every core.
    memory_limit
        What the engine may hold before it spills, such as "4GB".
    """
    # Ibis 12 still calls DuckDB by names that DuckDB 2 has renamed.
    warnings.filterwarnings("ignore", "fetch_.*is deprecated", DeprecationWarning)
    spill = Path(tempfile.gettempdir()) / f"shuke-duckdb-{os.getpid()}"
    limits: dict[str, Any] = {"memory_limit": memory_limit}
    if threads:
        limits["threads"] = threads
    return ibis.duckdb.connect(
        temp_directory=str(spill), autoinstall_known_extensions=False, **limits
    )
