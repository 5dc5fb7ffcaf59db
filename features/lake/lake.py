"""The lake: canonical tables as Parquet files, read through one Ibis connection."""

import hashlib
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime, time
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import ibis
import pandas as pd

from features.clock import now, utc
from features.engine import connect
from features.errors import EmptyDataError, TableMissingError
from features.lake import manifest
from features.lake.columns import DTYPES, IBIS_TYPES, Kind
from features.lake.ledger import ImportReport
from features.lake.tables import TABLES, contract

if TYPE_CHECKING:
    from features.lake.compaction import Compaction


class Lake:
    """A folder of `<table>/part-*.parquet` with the ledger of what was imported into it.

    Nothing is created before the first `append`. Several processes may read and write it at once;
    several threads need a lake each, for the connection is one.

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
        ingested_at: datetime | None = None,
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
        ingested_at
            Since when rows that bring no `ingested_at` of their own are known; None for a
            backfill: they count as known when they happened.
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
        from features.lake.append import Source, append

        rows = Source(chunks, source, fingerprint, ingested_at, zone, progress)
        return append(self.root, self.con, contract(table), rows, lambda: self._standing(table))

    def compact(self, table: str, policy: "Compaction | None" = None) -> int:
        """Merge the small parts of a table and return by how many parts there are fewer.

        The rows, their order and `fingerprint` stay the same.
        """
        from features.lake.compaction import COMPACTION, compact

        def read(paths: Sequence[Path]) -> Any:
            return self._read(table, paths, f"lake_{table}_merging")

        return compact(self.root, table, read, now(), policy or COMPACTION)

    def has(self, name: str) -> bool:
        """Say whether the table holds any row."""
        return bool(self.parts(name))

    def parts(self, name: str) -> list[Path]:
        """Return the files the table is made of, in the order they came in, oldest first.

        A file never changes. Compaction puts one in the place of several; files it merged stay
        readable for a day.
        """
        folder = self.root / name
        return [folder / part.name for part in manifest.read(folder).parts]

    def table(self, name: str) -> Any:
        """Return the table as an Ibis expression on `con`; its moments are naive UTC.

        It has every column of the contract, empty where no part holds it.

        Raises
        ------
        TableMissingError
            Nothing was imported into it yet.
        """
        found = self._standing(name)
        if found is None:
            raise TableMissingError(
                f"Table {name} holds no rows yet",
                where=str(self.root / name),
                todo="Import it first.",
            )
        return found

    def frame(self, name: str) -> pd.DataFrame:
        """Return the whole table; its moments are aware UTC."""
        frame: pd.DataFrame = self.con.execute(self.table(name))
        moments = [n for n, kind in contract(name).kinds.items() if kind is Kind.MOMENT]
        # A column of nothing but gaps comes back as objects.
        frame[moments] = frame[moments].astype(DTYPES[Kind.MOMENT])
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
        """Return a name of the content: the same rows have the same, compacted or not."""
        contents = {name: manifest.read(self.root / name).content for name in sorted(TABLES)}
        text = "\n".join(f"{name} {content:x}" for name, content in contents.items() if content)
        return hashlib.sha256(text.encode()).hexdigest()

    def _standing(self, name: str) -> Any | None:
        paths = self.parts(name)
        if gone := [path for path in paths if not path.exists()]:
            raise TableMissingError(
                f"A file of table {name} is gone",
                where=str(gone[0]),
                todo="Put it back from a copy, or remove the table's folder and import it again.",
            )
        return self._read(name, paths, f"lake_{name}") if paths else None

    def _read(self, name: str, paths: Sequence[Path], view: str) -> Any:
        files = [str(path) for path in paths]
        found = self.con.read_parquet(files, table_name=view, union_by_name=True)
        kinds = contract(name).kinds
        # A part written before the contract gained a column does not have it.
        gained = {n: ibis.null(IBIS_TYPES[k]) for n, k in kinds.items() if n not in found.columns}
        return found.mutate(**gained).select(*kinds)

    def _moment(self, expression: Any) -> datetime:
        moment = self.con.execute(expression)
        if pd.isna(moment):
            raise EmptyDataError("There are no order lines", where=str(self.root))
        return utc(moment.to_pydatetime())


def frame_fingerprint(frame: pd.DataFrame) -> str:
    """Return a name of a frame's content, for appending rows that come from no file."""
    values = pd.util.hash_pandas_object(frame.astype(str), index=False).to_numpy()
    return hashlib.sha256("|".join(frame.columns).encode() + values.tobytes()).hexdigest()
