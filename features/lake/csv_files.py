"""Foreign CSV files as lake tables."""

import hashlib
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import pandas as pd

from features.errors import ContractError
from features.lake.csv_text import CsvText, open_csv
from features.lake.headers import ColumnPlan, resolve
from features.lake.inspection import FAULT, ROW
from features.lake.lake import Lake
from features.lake.ledger import ImportReport
from features.lake.tables import contract

CHUNK_ROWS = 100_000
# A leading zero or 16 digits and more make an identifier, not a number.
WHOLE = re.compile(r"-?(0|[1-9]\d{0,14})")
DECIMAL = re.compile(r"-?(0|[1-9]\d{0,14})\.\d+")


def import_csv(
    lake: Lake,
    table: str,
    path: Path,
    columns: Mapping[str, str] | None = None,
    drop: Sequence[str] = (),
    *,
    ingested_at: datetime | None = None,
    zone: str = "UTC",
    progress: Callable[[int], None] | None = None,
) -> ImportReport:
    """Import a CSV file into a lake table; the same file a second time changes nothing.

    UTF-8 (with or without a byte order mark), UTF-16 with a mark and GB18030 are read; fields may
    be separated by comma, semicolon, tab or bar. Rows that cannot be read or that break the
    contract go to quarantine under their spreadsheet row number. In `leads` and `interactions`,
    file columns that are neither mapped nor dropped go into `attributes` and `properties`;
    elsewhere the report names them as ignored.

    Parameters
    ----------
    columns
        Lake column to file column; a lake column left out is looked for under its own name.
    drop
        File columns to leave out, such as those written after the outcome was known.
    ingested_at
        Since when the rows are known, unless the file has a column of that name; None for a
        backfill, whose rows count as known when they happened.
    zone
        Time zone of moments that carry none, e.g. "Asia/Shanghai".
    progress
        Called with the number of rows just read.

    Raises
    ------
    ContractError
        The file is no CSV text, a column is missing or named wrongly, or the file is one of
        another table.
    EmptyDataError
        The file has no rows.
    """
    wanted = contract(table)
    _check_zone(zone)
    columns = dict(columns or {})
    text = open_csv(path, {*columns.values(), *wanted.kinds, *drop})
    plan = resolve(text, wanted, columns, drop)
    recipe = json.dumps([sorted(columns.items()), sorted(drop), zone])
    report = lake.append(
        table,
        _chunks(text, plan),
        source=path.name,
        fingerprint=hashlib.sha256(f"{text.digest}{recipe}".encode()).hexdigest(),
        ingested_at=ingested_at,
        zone=zone,
        progress=progress,
    )
    return replace(report, ignored_columns=plan.ignored)


def _check_zone(zone: str) -> None:
    try:
        ZoneInfo(zone)
    except (ValueError, ZoneInfoNotFoundError) as error:
        raise ContractError(
            f"There is no time zone {zone!r}", todo="Name one such as 'Asia/Shanghai'."
        ) from error


def _chunks(text: CsvText, plan: ColumnPlan) -> Iterator[pd.DataFrame]:
    records = text.records()
    extras = list(plan.extras)
    while block := list(islice(records, CHUNK_ROWS)):
        file = pd.DataFrame([r.fields for r in block], columns=text.header, dtype=object)
        chunk = pd.DataFrame({name: file[source] for name, source in plan.picked.items()})
        if extras:
            chunk[plan.into] = [_object(extras, row) for row in file[extras].to_numpy().tolist()]
        chunk[ROW] = [r.row for r in block]
        chunk[FAULT] = [r.fault for r in block]
        yield chunk


def _object(names: Sequence[str], texts: Sequence[str]) -> str:
    """Empty fields are left out; what is written like a number becomes one."""
    given = {n: _plain(t.strip()) for n, t in zip(names, texts, strict=True) if t.strip()}
    return json.dumps(given, ensure_ascii=False)


def _plain(value: str) -> str | int | float:
    if WHOLE.fullmatch(value):
        return int(value)
    return float(value) if DECIMAL.fullmatch(value) else value
