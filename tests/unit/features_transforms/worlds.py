"""All that a lake was told in a test, as records and as tables."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.clock import naive
from tests.unit.features_transforms.records import (
    Contact,
    Interaction,
    Line,
    Product,
    Ticket,
)

START = naive(datetime(2017, 1, 1, tzinfo=UTC))
_MOMENT = "timestamp(6)"
KINDS: Mapping[str, Mapping[str, str]] = {
    "order_lines": {
        "order_id": "string",
        "line_no": "int64",
        "customer_id": "string",
        "ordered_at": _MOMENT,
        "store_id": "string",
        "channel": "string",
        "product_id": "string",
        "category": "string",
        "quantity": "float64",
        "net_amount": "float64",
        "discount_amount": "float64",
        "coupon_amount": "float64",
        "ingested_at": _MOMENT,
    },
    "products": {
        "product_id": "string",
        "name": "string",
        "category": "string",
        "department": "string",
        "brand": "string",
    },
    "campaign_contacts": {
        "campaign_id": "string",
        "customer_id": "string",
        "contacted_at": _MOMENT,
        "channel": "string",
        "offer": "string",
        "is_holdout": "boolean",
        "cost_amount": "float64",
        "ingested_at": _MOMENT,
    },
    "interactions": {
        "event_id": "string",
        "customer_id": "string",
        "lead_id": "string",
        "occurred_at": _MOMENT,
        "type": "string",
        "channel": "string",
        "campaign_id": "string",
        "properties": "string",
        "ingested_at": _MOMENT,
    },
    "tickets": {
        "ticket_id": "string",
        "customer_id": "string",
        "opened_at": _MOMENT,
        "closed_at": _MOMENT,
        "type": "string",
        "satisfaction": "float64",
        "nps": "float64",
        "ingested_at": _MOMENT,
    },
}


_ATTRIBUTES = {
    "order_lines": "lines",
    "products": "products",
    "campaign_contacts": "contacts",
    "interactions": "interactions",
    "tickets": "tickets",
}


@dataclass(frozen=True, repr=False)
class World:
    """All that a lake was told; None where it has no such table."""

    lines: Sequence[Line]
    products: Sequence[Product] | None = None
    contacts: Sequence[Contact] | None = None
    interactions: Sequence[Interaction] | None = None
    tickets: Sequence[Ticket] | None = None

    def __repr__(self) -> str:
        """Return what a failing test may say of it in a line."""
        said = (f"{len(records)} {name}" for name, records in vars(self).items() if records)
        return f"World({', '.join(said)})"

    def _repr_pretty_(self, printer: Any, _cycle: bool) -> None:
        # Hypothesis would write every record, and warns of how much that is.
        printer.text(repr(self))

    def changed(self, change: Callable[[Sequence[Any]], Sequence[Any]]) -> "World":
        """Return the same with every table changed, where there is one."""
        there = {name: found for name, found in vars(self).items() if found is not None}
        return replace(self, **{name: change(found) for name, found in there.items()})

    def tables(self) -> dict[str, Sequence[Any]]:
        """Return what was told by the name of its table, where there is one."""
        told = {name: getattr(self, attribute) for name, attribute in _ATTRIBUTES.items()}
        return {name: records for name, records in told.items() if records is not None}


@dataclass(frozen=True)
class Frames:
    """Lake tables that are frames."""

    by_name: Mapping[str, ir.Table]

    def table(self, name: str) -> ir.Table:
        return self.by_name[name]

    def has(self, name: str) -> bool:
        return name in self.by_name


def frames(world: World, *, told: bool = True) -> Frames:
    """Return the tables of `world`; without the column `ingested_at` where not `told`."""
    return Frames({n: _table(n, records, told) for n, records in world.tables().items()})


def _table(name: str, records: Sequence[Any], told: bool) -> ir.Table:
    kinds = {n: kind for n, kind in KINDS[name].items() if told or n != "ingested_at"}
    rows = [{"line_no": number, **vars(record)} for number, record in enumerate(records)]
    frame = pd.DataFrame([{n: row.get(n) for n in kinds} for row in rows], columns=list(kinds))
    for column, kind in kinds.items():
        if kind == _MOMENT:
            frame[column] = pd.to_datetime(frame[column]).astype("datetime64[us]")
    return ibis.memtable(frame, schema=kinds)
