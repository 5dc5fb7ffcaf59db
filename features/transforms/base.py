"""What every topic starts from: what is known at each cutoff, in one pass for all cutoffs."""

from dataclasses import dataclass
from typing import Protocol

import ibis.expr.types as ir

from features.transforms.assortment import departments, with_own_brand
from features.transforms.events import Reach, events
from features.transforms.facts import Facts
from features.transforms.formulas import KEY
from features.transforms.knowledge import Cutoffs, known
from features.transforms.lifetime import Lifetime, lifetime, one_row

__all__ = ["KEY", "WINDOWS", "Inputs", "Tables", "Windows", "inputs"]


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
        Habits and returns, which need more history; no window is longer.
    contact
        Campaign contacts, interactions and service cases; ascending.
    """

    activity: tuple[int, ...] = (7, 30, 60, 90, 180)
    recent: int = 90
    habit: int = 180
    contact: tuple[int, ...] = (30, 90)


WINDOWS = Windows()
_REACH = Reach(WINDOWS.recent, WINDOWS.recent)


@dataclass(frozen=True, slots=True)
class Inputs:
    """What is known at each cutoff; nothing here was unknown at its `as_of`.

    Attributes
    ----------
    lifetime
        One row for every customer with a purchase known at the cutoff, with sums over all their
        past: `lifetime.one_row`.
    baskets
        One row per basket, purchase or return.
    days
        One row per purchase day, with `gap_days` since the purchase day before.
    categories
        One row per category bought in the last `WINDOWS.recent` days, with how often, how lately,
        and `first_at`, the first purchase of it ever; where the lake has products, also the
        `department` of it.
    contacts, interactions, tickets
        One row per campaign contact, interaction and state of a service case, however old, and
        cutoff that knows it, with `age_days`; None where the lake has no such table.
    """

    lifetime: ir.Table
    baskets: Facts
    days: Facts
    categories: ir.Table
    contacts: ir.Table | None
    interactions: ir.Table | None
    tickets: ir.Table | None

    @property
    def purchases(self) -> Facts:
        """Return `baskets` without those that are returns alone."""
        return self.baskets.where(lambda t: t.is_purchase)


def inputs(tables: Tables, cutoffs: Cutoffs, before: Lifetime | None = None) -> Inputs:
    """Return what the topics are built from, for all `cutoffs` at once.

    Parameters
    ----------
    before
        The sums at a midnight at least `WINDOWS.habit` days before the first cutoff; the order
        lines of `tables` then begin at that moment.
    """
    lines, places = tables.table("order_lines"), None
    if tables.has("products"):
        products = tables.table("products")
        lines, places = with_own_brand(lines, products), departments(products)
    seeds = None if before is None else before.seeds()
    seen = events(lines, cutoffs, _REACH, seeds, places)
    life = lifetime(seen, cutoffs, before)
    bought = seen.categories
    if before is not None:
        bought = bought.drop("first_at").left_join(life.categories, (*KEY, "category"))
        bought = bought.drop(*(name for name in bought.columns if name.endswith("_right")))
    return Inputs(
        lifetime=one_row(life, WINDOWS.recent),
        baskets=seen.baskets,
        days=seen.days,
        categories=bought,
        contacts=_known_if_there(tables, "campaign_contacts", "contacted_at", cutoffs),
        interactions=_known_if_there(tables, "interactions", "occurred_at", cutoffs),
        tickets=_known_if_there(tables, "tickets", "opened_at", cutoffs),
    )


def _known_if_there(tables: Tables, name: str, time: str, cutoffs: Cutoffs) -> ir.Table | None:
    return known(tables.table(name), time, cutoffs) if tables.has(name) else None
