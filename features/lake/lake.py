"""The lake: canonical tables as Parquet files, read through one Ibis connection."""

import hashlib
from collections.abc import Callable, Iterable
from datetime import UTC, datetime, time
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from features.clock import utc
from features.engine import connect
from features.errors import EmptyDataError, TableMissingError
from features.lake.ledger import ImportReport


class Lake:
    """A folder of `<table>/part-*.parquet` with the ledger of what was imported into it.

    Nothing is created before the first `append`. Not for use from several threads at once: the
    connection is one.

    Parameters
    ----------
    root
        The lake's folder; it need not exist.
    threads
        Threads the engine may use; 0 lets it take every core.
    """

    def __init__(self, root: Path, threads: int = 0) -> None:
        self.root = root
        self._threads = threads

    @cached_property
    def con(self) -> Any:
        """The Ibis DuckDB connection all expressions of this lake live on."""
        return connect(self._threads)

    def append(
        self,
        table: str,
        chunks: Iterable[pd.DataFrame],
        *,
        source: str,
        fingerprint: str,
        zone: str = "UTC",
        progress: Callable[[int], None] | None = None,
    ) -> ImportReport:
        """Add rows to a table.

        Rows that break the contract go to a quarantine file, rows whose key stands already (or
        came earlier in the same source) count as duplicates, the rest is added. The part appears
        whole or not at all.

        Parameters
        ----------
        table
            Name of a contract in `features.lake.tables.TABLES`.
        chunks
            Frames under the contract's column names; optional columns may be missing.
        source
            Where the rows come from, for people.
        fingerprint
            Names the content of the source. The same one again is not read: all of its rows are
            duplicates.
        zone
            Time zone of moments that carry none.
        progress
            Called with the number of rows just read, once a chunk.

        Raises
        ------
        ContractError
            There is no such table, a required column is missing or a column is unknown.
        """
        # Reading the lake should not cost the import of the contracts.
        from features.lake.append import append
        from features.lake.tables import contract

        return append(
            self.root,
            self.con,
            contract(table),
            chunks,
            standing=self.table(table) if self.has(table) else None,
            source=source,
            fingerprint=fingerprint,
            zone=zone,
            progress=progress,
        )

    def has(self, name: str) -> bool:
        """Say whether the table holds any row."""
        return any(self._parts(name))

    def table(self, name: str) -> Any:
        """Return the table as an Ibis expression on `con`; its moments are naive UTC.

        Raises
        ------
        TableMissingError
            Nothing was imported into it yet.
        """
        if not self.has(name):
            raise TableMissingError(
                f"Table {name} holds no rows yet",
                where=str(self.root / name),
                todo="Import it first.",
            )
        files = str(self.root / name / "part-*.parquet")
        return self.con.read_parquet(files, table_name=f"lake_{name}", union_by_name=True)

    def frame(self, name: str) -> pd.DataFrame:
        """Return the whole table; its moments are aware UTC."""
        frame: pd.DataFrame = self.con.execute(self.table(name))
        moments = frame.select_dtypes("datetime").columns
        return frame.assign(**{name: frame[name].dt.tz_localize(UTC) for name in moments})

    def first_moment(self) -> datetime:
        """Return the moment of the oldest order line, aware UTC.

        Raises
        ------
        TableMissingError
            There are no order lines.
        """
        return self._moment(self.table("order_lines").ordered_at.min())

    def last_moment(self) -> datetime:
        """Return the moment of the newest order line, aware UTC; raises as `first_moment`."""
        return self._moment(self.table("order_lines").ordered_at.max())

    def today(self) -> datetime:
        """Return midnight UTC at or before the newest order line: the default cutoff."""
        return datetime.combine(self.last_moment().date(), time(), UTC)

    def fingerprint(self) -> str:
        """Return a name of the content: parts are named by their content, so names suffice."""
        names = sorted(str(part.relative_to(self.root)) for part in self._parts("*"))
        return hashlib.sha256("\n".join(names).encode()).hexdigest()

    def _parts(self, name: str) -> Iterable[Path]:
        return self.root.glob(f"{name}/part-*.parquet")

    def _moment(self, expression: Any) -> datetime:
        moment = self.con.execute(expression)
        if pd.isna(moment):
            raise EmptyDataError("There are no order lines", where=str(self.root))
        return utc(moment.to_pydatetime())


def frame_fingerprint(frame: pd.DataFrame) -> str:
    """Return a name of a frame's content, for appending rows that come from no file."""
    values = pd.util.hash_pandas_object(frame.astype(str), index=False).to_numpy()
    return hashlib.sha256("|".join(frame.columns).encode() + values.tobytes()).hexdigest()
