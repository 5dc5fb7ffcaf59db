"""Adding rows to a table: every row ends up accepted, quarantined or counted as a duplicate."""

import csv
import hashlib
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.lake import manifest
from features.lake.columns import Kind
from features.lake.files import digest, publish
from features.lake.ingestion import known_since
from features.lake.inspection import QUARANTINE_COLUMNS, ROW, inspect
from features.lake.keys import fresh, write_conflicts
from features.lake.ledger import ImportReport, Ledger
from features.lake.locks import exclusive, staging
from features.lake.tables import Table

LEDGER = "imports.jsonl"
ARROW_TYPES: dict[Kind, Any] = {
    Kind.ID: pa.string(),
    Kind.TEXT: pa.string(),
    Kind.JSON: pa.string(),
    Kind.NUMBER: pa.float64(),
    Kind.WHOLE: pa.int64(),
    Kind.FLAG: pa.bool_(),
    Kind.MOMENT: pa.timestamp("us"),
}


@dataclass(frozen=True)
class Source:
    """Rows to add and what is known of where they come from; see `Lake.append`."""

    chunks: Iterable[pd.DataFrame]
    name: str
    fingerprint: str
    ingested_at: datetime | None
    zone: str
    progress: Callable[[int], None] | None


@dataclass(frozen=True)
class Staged:
    """Rows of one source, read once and set aside: good ones as Parquet, bad ones as CSV.

    `brought` are the columns the source has.
    """

    folder: Path
    good: Path
    bad: Path
    read: int
    quarantined: int
    brought: frozenset[str]

    @property
    def accepted(self) -> int:
        """How many rows keep the contract."""
        return self.read - self.quarantined


def append(
    root: Path, con: Any, table: Table, source: Source, standing: Callable[[], Any | None]
) -> ImportReport:
    """Add the rows of one source to `root/<table>`; see `Lake.append`.

    Reading takes long and locks nothing; from the look at what stands to the line in the ledger
    this process is the lake's only writer.

    Parameters
    ----------
    con
        Ibis DuckDB connection.
    standing
        Called under the lock: the rows that stand as an Ibis expression, None for none.
    """
    ledger = Ledger(root / LEDGER)
    if before := ledger.find(table.name, source.fingerprint):
        return before.again(source.name)
    with staging(root) as folder:
        staged = _stage(folder, table, source)
        with exclusive(root):
            _finish_last(root / table.name, ledger)
            if before := ledger.find(table.name, source.fingerprint):
                return before.again(source.name)
            return _commit(root, con, table, source, staged, standing())


def _stage(folder: Path, table: Table, source: Source) -> Staged:
    fields = [(name, ARROW_TYPES[kind]) for name, kind in table.kinds.items()]
    schema = pa.schema([*fields, (ROW, pa.int64())])
    good, bad = folder / "good.parquet", folder / "bad.csv"
    read = quarantined = 0
    brought: set[str] = set()
    with pq.ParquetWriter(good, schema) as writer, bad.open("w", newline="") as file:
        csv.writer(file).writerow(QUARANTINE_COLUMNS)
        for chunk in source.chunks:
            inspected = inspect(chunk, table, first_row=read + 1, zone=source.zone)
            rows = known_since(inspected.good, table, source.ingested_at)
            writer.write_table(pa.Table.from_pandas(rows, schema=schema, preserve_index=False))
            # This line end makes the writer quote a carriage return within a value.
            inspected.bad.to_csv(file, header=False, index=False, lineterminator="\r\n")
            read += len(chunk)
            quarantined += len(inspected.bad)
            brought.update(map(str, chunk.columns))
            if source.progress:
                source.progress(len(chunk))
    return Staged(folder, good, bad, read, quarantined, frozenset(brought))


def _finish_last(folder: Path, ledger: Ledger) -> None:
    """Tell the ledger of the last import if a crash kept that from it."""
    last = manifest.read(folder).last
    if last and not ledger.find(last["table"], last["fingerprint"]):
        ledger.add(last)


def _commit(
    root: Path, con: Any, table: Table, source: Source, staged: Staged, standing: Any | None
) -> ImportReport:
    part = staged.folder / "part.parquet"
    good = con.read_parquet(str(staged.good), table_name="lake_staged")
    fresh(good, table, standing).to_parquet(str(part), compression="zstd")
    accepted = pq.read_metadata(part).num_rows
    conflicts, differences = 0, staged.bad
    if accepted < staged.accepted:
        new = con.read_parquet(str(part), table_name="lake_fresh")
        stands = [new] if standing is None else [new, standing]
        conflicts, differences = write_conflicts(
            con, good, stands, table, staged.brought, staged.folder
        )
    named = f"{table.name}-{hashlib.sha256(source.fingerprint.encode()).hexdigest()[:12]}.csv"
    report = ImportReport(
        table.name,
        source.name,
        read=staged.read,
        accepted=accepted,
        quarantined=staged.quarantined,
        duplicates=staged.accepted - accepted,
        conflicts=conflicts,
        quarantine_file=_put(staged.bad, root / "quarantine" / named, staged.quarantined),
        conflict_file=_put(differences, root / "conflicts" / named, conflicts),
        ingested_at=source.ingested_at,
    )
    ledger = Ledger(root / LEDGER)
    entry = ledger.entry(report, source.fingerprint)
    if accepted:
        _list(part, accepted, root / table.name, entry)
    ledger.add(entry)
    return report


def _put(file: Path, target: Path, rows: int) -> Path | None:
    if not rows:
        return None
    publish(file, target)
    return target


def _list(part: Path, rows: int, folder: Path, entry: dict[str, Any]) -> None:
    """Make the part one of the table's; until the list names it, nobody sees it."""
    before = manifest.read(folder)
    if not manifest.is_kept(folder):
        manifest.write(folder, before, part.parent)
    target = folder / f"part-{digest(part)}.parquet"
    publish(part, target)
    after = before.added(manifest.Part(target.name, rows), entry)
    manifest.write(folder, after, part.parent)
