"""Adding rows to a table: every row ends up accepted, quarantined or counted as a duplicate."""

import csv
import hashlib
import os
import tempfile
from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import ibis
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq

from features.lake.columns import Kind
from features.lake.inspection import QUARANTINE_COLUMNS, ROW, inspect
from features.lake.ledger import ImportReport, Ledger
from features.lake.tables import Table

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
class Staged:
    """Rows of one source, read once and set aside: good ones as Parquet, bad ones as CSV."""

    good: Path
    bad: Path
    read: int
    accepted: int
    quarantined: int


def append(
    root: Path,
    con: Any,
    table: Table,
    chunks: Iterable[pd.DataFrame],
    *,
    standing: Any | None,
    source: str,
    fingerprint: str,
    zone: str,
    progress: Callable[[int], None] | None,
) -> ImportReport:
    """Add the rows of one source to `root/<table>`; see `Lake.append`.

    Parameters
    ----------
    con
        Ibis DuckDB connection.
    standing
        Ibis expression of the rows that stand already; None for none.
    """
    ledger = Ledger(root / "imports.jsonl")
    if before := ledger.find(table.name, fingerprint):
        return replace(before, source=source, accepted=0, quarantined=0, duplicates=before.read)
    root.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(prefix=".staging-", dir=root) as folder:
        staged = _stage(Path(folder), table, chunks, zone, progress)
        part = Path(folder) / "part.parquet"
        fresh = _fresh(con.read_parquet(str(staged.good)), table, standing)
        fresh.to_parquet(str(part), compression="zstd")
        accepted = pq.read_metadata(part).num_rows
        if accepted:
            _publish(part, root / table.name / f"part-{_digest(part)}.parquet")
        quarantine = None
        if staged.quarantined:
            quarantine = root / "quarantine" / f"{table.name}-{fingerprint[:12]}.csv"
            _publish(staged.bad, quarantine)
    report = ImportReport(
        table.name,
        source,
        read=staged.read,
        accepted=accepted,
        quarantined=staged.quarantined,
        duplicates=staged.accepted - accepted,
        quarantine_file=quarantine,
    )
    ledger.add(report, fingerprint)
    return report


def _stage(
    folder: Path,
    table: Table,
    chunks: Iterable[pd.DataFrame],
    zone: str,
    progress: Callable[[int], None] | None,
) -> Staged:
    fields = [(name, ARROW_TYPES[kind]) for name, kind in table.kinds.items()]
    schema = pa.schema([*fields, (ROW, pa.int64())])
    good, bad = folder / "good.parquet", folder / "bad.csv"
    read = quarantined = 0
    with pq.ParquetWriter(good, schema) as writer, bad.open("w", newline="") as file:
        csv.writer(file).writerow(QUARANTINE_COLUMNS)
        for chunk in chunks:
            inspected = inspect(chunk, table, first_row=read + 1, zone=zone)
            writer.write_table(
                pa.Table.from_pandas(inspected.good, schema=schema, preserve_index=False)
            )
            inspected.bad.to_csv(file, header=False, index=False)
            read += len(chunk)
            quarantined += len(inspected.bad)
            if progress:
                progress(len(chunk))
    return Staged(good, bad, read, read - quarantined, quarantined)


def _fresh(staged: Any, table: Table, standing: Any | None) -> Any:
    """Keep the first row of every key that does not stand yet, in the order of the source."""
    first = ibis.row_number().over(ibis.window(group_by=list(table.key), order_by=staged[ROW]))
    fresh = staged.mutate(_copy=first).filter(lambda t: t["_copy"] == 0).drop("_copy")
    if standing is not None:
        fresh = fresh.anti_join(standing, list(table.key))
    return fresh.order_by(ROW).drop(ROW)


def _publish(file: Path, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    os.replace(file, target)  # noqa: PTH105 - atomic: a reader sees the whole part or none


def _digest(file: Path) -> str:
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:16]
