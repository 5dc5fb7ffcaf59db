"""Lake tables as feature expressions see them: on one engine, trimmed, a share of the customers."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil, log2

import ibis
import ibis.expr.types as ir

from features.clock import naive
from features.engine import Engine
from features.lake.columns import IBIS_TYPES
from features.lake.lake import Lake
from features.lake.tables import INGESTED, contract
from features.transforms.lifetime import Lifetime

_KEY = "customer_id"


@dataclass(frozen=True)
class Source:
    """The tables of a lake on an engine.

    Attributes
    ----------
    since, until
        Order lines that happened before, or not before, are left out; None for none.
    """

    lake: Lake
    engine: Engine
    since: datetime | None = None
    until: datetime | None = None

    def has(self, name: str) -> bool:
        """Return whether the lake has rows of the table."""
        return self.lake.has(name)

    def table(self, name: str) -> ir.Table:
        """Return a table with every column of its contract."""
        if not self.has(name):
            return self.lake.table(name)
        found = self.engine.read_parquet(self.lake.parts(name), f"lake_{name}")
        kinds = contract(name).kinds
        gained = {n: ibis.null(IBIS_TYPES[k]) for n, k in kinds.items() if n not in found.columns}
        rows = found.mutate(**gained).select(*kinds)
        if name != "order_lines":
            return rows
        if self.since is not None:
            rows = rows.filter(rows.ordered_at >= naive(self.since))
        if self.until is not None:
            rows = rows.filter(rows.ordered_at < naive(self.until))
        return rows


@dataclass(frozen=True)
class Share:
    """The tables of a share of the customers.

    Attributes
    ----------
    lines
        Their order lines.
    place, shares
        Which share of how many.
    before
        The sums of all before `lines`, of these customers; None if `lines` holds all.
    """

    source: Source
    lines: ir.Table
    place: int
    shares: int
    before: Lifetime | None

    def has(self, name: str) -> bool:
        """Return whether the lake has rows of the table."""
        return self.source.has(name)

    def table(self, name: str) -> ir.Table:
        """Return the rows of these customers; all rows of a table that knows no customers."""
        if name == "order_lines":
            return self.lines
        rows = self.source.table(name)
        return _share(rows, self.place, self.shares) if _KEY in rows.columns else rows


def shares(source: Source, before: Lifetime | None, lines_at_once: int | None) -> Sequence[Share]:
    """Return the customers in shares of about `lines_at_once` order lines, by a hash of their id.

    Each share reads the files anew and leaves out the others, which costs DuckDB less than setting
    all shares aside first. None leaves the customers together.
    """
    lines = _punctual(source.engine, source.table("order_lines"))
    count = 1
    if lines_at_once is not None:
        every = source.engine.execute(lines.count())
        count = 2 ** ceil(log2(max(1.0, every / lines_at_once)))
    return [
        Share(
            source,
            _share(lines, place, count),
            place,
            count,
            before and _share_of_past(before, place, count),
        )
        for place in range(count)
    ]


def _punctual(engine: Engine, lines: ir.Table) -> ir.Table:
    """Leave out `ingested_at` where no line was told later than it happened.

    What is known at a moment is then what happened before it, which is half the work.
    """
    late = (lines[INGESTED] > lines.ordered_at).any()
    return lines if engine.execute(late) else lines.drop(INGESTED)


def _share_of_past(past: Lifetime, place: int, count: int) -> Lifetime:
    tables = past.tables().items()
    return Lifetime(**{name: _share(table, place, count) for name, table in tables})


def _share(rows: ir.Table, place: int, count: int) -> ir.Table:
    """Return the rows of a share; `count` is a power of two."""
    return rows.filter((rows[_KEY].hash() & (count - 1)) == place) if count > 1 else rows
