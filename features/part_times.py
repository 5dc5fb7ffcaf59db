"""What a moment knows of the lake's files: which of them hold anything told before it."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from features.clock import naive
from features.lake.lake import Lake
from features.lake.tables import INGESTED, contract

_TABLES = ("order_lines", "campaign_contacts", "interactions", "tickets", "products")
_REMEMBERED = 100_000


@dataclass(frozen=True, slots=True)
class PartTimes:
    """The earliest moments of one file; None where nothing is said.

    Attributes
    ----------
    happened, told
        When its first row happened, and a moment no later than when its first row was told.
    """

    happened: datetime | None
    told: datetime | None


def known_content(lake: Lake, cutoff: datetime) -> str:
    """Return a name of all that `cutoff` may know: files told later do not change it."""
    return _named(
        part.name
        for table in _TABLES
        for part in lake.parts(table)
        if _before(part_times(part, contract(table).time).told, cutoff)
    )


def past_content(lake: Lake, moment: datetime) -> str:
    """Return a name of all order lines that happened before `moment`, whenever they were told."""
    return _named(
        part.name
        for part in lake.parts("order_lines")
        if _before(part_times(part, contract("order_lines").time).happened, moment)
    )


@lru_cache(maxsize=_REMEMBERED)
def part_times(part: Path, time: str | None) -> PartTimes:
    """Return the earliest moments of a file, from its statistics; a file never changes."""
    if time is None:
        return PartTimes(None, None)
    footer = pq.read_metadata(part)
    happened = _least(footer, time)
    ingested = _least(footer, INGESTED)
    if happened is None or ingested is None:
        return PartTimes(happened, happened)
    return PartTimes(happened, max(happened, ingested))


def _least(footer: Any, column: str) -> datetime | None:
    """Return the least value of a column; None if a value is missing or nothing is said."""
    names = footer.schema.to_arrow_schema().names
    if column not in names:
        return None
    found = [
        footer.row_group(group).column(names.index(column)).statistics
        for group in range(footer.num_row_groups)
    ]
    if not found or any(s is None or not s.has_min_max or s.null_count for s in found):
        return None
    least: datetime = min(s.min for s in found)
    return least


def _before(moment: datetime | None, cutoff: datetime) -> bool:
    return moment is None or moment < naive(cutoff)


def _named(parts: Iterator[str]) -> str:
    return hashlib.sha256("\n".join(sorted(parts)).encode()).hexdigest()
