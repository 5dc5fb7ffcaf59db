"""What every topic starts from: events known before each cutoff, in one pass for all cutoffs."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

import ibis.expr.types as ir

from features.transforms.events import (
    SECONDS_PER_DAY,
    baskets_of,
    category_baskets,
    known,
    known_lately,
    purchase_days,
)
from features.transforms.formulas import KEY

__all__ = [
    "KEY",
    "SECONDS_PER_DAY",
    "WINDOWS",
    "Inputs",
    "Tables",
    "Windows",
    "baskets_of",
    "inputs",
    "purchase_days",
]


class Tables(Protocol):
    """Where lake tables come from."""

    def table(self, name: str) -> ir.Table:
        """Return a lake table."""
        ...

    def has(self, name: str) -> bool:
        """Return whether the lake has it."""
        ...


@dataclass(frozen=True, slots=True)
class Windows:
    """Lengths in days of the windows that features look back over.

    Attributes
    ----------
    activity
        Orders and spend; ascending.
    recent
        What baskets, categories, promotions and shops look like now.
    habit
        Habits and returns, which need more history.
    contact
        Campaign contacts; ascending.
    """

    activity: tuple[int, ...] = (7, 30, 60, 90, 180)
    recent: int = 90
    habit: int = 180
    contact: tuple[int, ...] = (30, 90)


WINDOWS = Windows()


@dataclass(frozen=True, slots=True)
class Inputs:
    """Events known before each cutoff; but for `pairs`, nothing here is at or after `as_of`.

    Attributes
    ----------
    population
        customer_id, as_of: customers with at least one purchase before the cutoff.
    history
        One row per basket and later cutoff, with `age_days` (days from basket to cutoff).
    days
        The same per purchase day, with `gap_days` since the purchase day before.
    categories
        The same per basket and category of the recent window, keyed by `pair`.
    pairs
        Customer, category and first purchase of each `pair`; to be joined to `categories` only.
    contacts, interactions
        The same per campaign contact and interaction; None where the lake has no such table.
    """

    population: ir.Table
    history: ir.Table
    days: ir.Table
    categories: ir.Table
    pairs: ir.Table
    contacts: ir.Table | None
    interactions: ir.Table | None


def inputs(tables: Tables, cutoffs: Sequence[datetime]) -> Inputs:
    """Return what the topics are built from, for all `cutoffs` at once."""
    lines = tables.table("order_lines")
    baskets = baskets_of(lines)
    purchases = baskets.filter(baskets.is_purchase)
    history = known(baskets, "ordered_at", cutoffs)
    bought, pairs = category_baskets(lines)
    return Inputs(
        population=history.filter(history.is_purchase).select(*KEY).distinct(),
        history=history,
        days=known(purchase_days(purchases), "first_at", cutoffs),
        categories=known_lately(bought, "ordered_at", cutoffs, WINDOWS.recent),
        pairs=pairs,
        contacts=_known_if_there(tables, "campaign_contacts", "contacted_at", cutoffs),
        interactions=_known_if_there(tables, "interactions", "occurred_at", cutoffs),
    )


def _known_if_there(
    tables: Tables, name: str, time: str, cutoffs: Sequence[datetime]
) -> ir.Table | None:
    return known(tables.table(name), time, cutoffs) if tables.has(name) else None
