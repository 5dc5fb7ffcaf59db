"""The Complete Journey as the lake of a larger or an older shop, written straight as Parquet.

A shop of `n` times the customers holds each of them `n` times, under ids that end in `-00`, `-01`
and so on; a shop `n` times as old had the same year in each year before. Lines are in the order
of time, a part a month. What is made stays in the folder for the next run.
"""

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from shutil import rmtree
from tempfile import TemporaryDirectory

import duckdb
import pyarrow.parquet as pq

from features.clock import naive
from features.lake import manifest
from features.lake.complete_journey import import_complete_journey
from features.lake.files import digest, publish
from features.lake.lake import Lake

THREADS, MEMORY = 2, "4GB"
DAY = timedelta(days=1)
LINES = "order_lines"
_ORDER = {
    LINES: "ordered_at, order_id, line_no",
    "campaign_contacts": "contacted_at, campaign_id, customer_id",
    "interactions": "occurred_at, event_id",
    "products": "product_id",
}
_IDS = {
    LINES: ("customer_id", "order_id"),
    "campaign_contacts": ("customer_id",),
    "interactions": ("customer_id", "event_id"),
}


def journey(folder: Path, households: int | None = None) -> Path:
    """Return the home of the data set as it is, of all households or of a few."""
    home = folder / ("journey" if households is None else f"journey-{households}")
    lake = Lake(home / "lake", THREADS)
    import_complete_journey(lake, households=households)
    return home


def times(folder: Path, copies: int) -> Path:
    """Return the home of a shop with so many times the customers; made if it is not there."""
    home = folder / f"times-{copies}"
    if home.exists():
        return home
    base = _lake(journey(folder))
    with TemporaryDirectory(dir=folder) as unfinished:
        made = Path(unfinished) / "home"
        for table in _ORDER:
            rows = _copied(base, table, copies) if table in _IDS else _read(base, table)
            for part in _by_month(base, rows) if table == LINES else [rows]:
                _add(made, table, part)
        made.rename(home)
    return home


def years(folder: Path, count: int) -> Path:
    """Return the home of a shop so many years old that has not seen its last whole day yet."""
    base = _lake(journey(folder))
    with TemporaryDirectory(dir=folder) as unfinished:
        made = Path(unfinished) / "home"
        for table in _ORDER:
            if table != LINES:
                _add(made, table, _read(base, table))
        for back in reversed(range(count)):
            before = f"{_read(base, LINES)} WHERE ordered_at < TIMESTAMP '{today(base) - DAY}'"
            for month in _by_month(base, before):
                _add(made, LINES, _moved(month, back))
        home = folder / f"years-{count}"
        rmtree(home, ignore_errors=True)  # of a run that was cut off
        made.rename(home)
    return home


def last_day(folder: Path, home: Path) -> None:
    """Add the last whole day to a shop of `years`."""
    base = _lake(journey(folder))
    end = today(base)
    day = f"ordered_at >= TIMESTAMP '{end - DAY}' AND ordered_at < TIMESTAMP '{end}'"
    _add(home, LINES, _moved(f"{_read(base, LINES)} WHERE {day}", 0))


def today(lake: Lake) -> datetime:
    """Return the last midnight of the data, naive UTC."""
    return naive(lake.today())


def _lake(home: Path) -> Lake:
    return Lake(home / "lake", THREADS)


def _read(lake: Lake, table: str) -> str:
    files = ", ".join(f"'{part}'" for part in lake.parts(table))
    return f"FROM read_parquet([{files}])"


def _copied(lake: Lake, table: str, copies: int) -> str:
    ids = ", ".join(f"{name} || suffix AS {name}" for name in _IDS[table])
    suffixes = f"(SELECT printf('-%02d', n) AS suffix FROM range({copies}) t(n))"
    return f"FROM (SELECT * EXCLUDE suffix REPLACE ({ids}) {_read(lake, table)}, {suffixes})"


def _moved(rows: str, years_back: int) -> str:
    changed = (
        f"ordered_at - INTERVAL {years_back} YEAR AS ordered_at",
        f"order_id || '-{years_back}' AS order_id",
    )
    return f"FROM (SELECT * REPLACE ({', '.join(changed)}) {rows})"


def _by_month(lake: Lake, rows: str) -> Iterator[str]:
    months = f"SELECT DISTINCT date_trunc('month', ordered_at) {_read(lake, LINES)} ORDER BY 1"
    for (month,) in _connected().execute(months).fetchall():
        yield f"FROM (SELECT * {rows}) WHERE date_trunc('month', ordered_at) = TIMESTAMP '{month}'"


def _add(home: Path, table: str, rows: str) -> None:
    """Make the rows one more part of a table, in order; no part if there are none."""
    root = home / "lake"
    (root / table).mkdir(parents=True, exist_ok=True)
    with TemporaryDirectory(dir=root, prefix=".bench-") as staging:
        part = Path(staging) / "part.parquet"
        ordered = f"SELECT * {rows} ORDER BY {_ORDER[table]}"
        _connected().execute(f"COPY ({ordered}) TO '{part}' (FORMAT parquet, COMPRESSION zstd)")
        count = pq.read_metadata(part).num_rows
        if not count:
            return
        before = manifest.read(root / table)
        target = root / table / f"part-{digest(part)}.parquet"
        publish(part, target)
        after = before.added(manifest.Part(target.name, count), {})
        manifest.write(root / table, after, Path(staging))


def _connected() -> duckdb.DuckDBPyConnection:
    return duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY})
