"""All that ever happened, per customer and cutoff, in sums that a later day can be added to."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, fields

import ibis
import ibis.expr.types as ir

from features.transforms.events import Events
from features.transforms.formulas import KEY, left_joined
from features.transforms.knowledge import Cutoffs, moments


@dataclass(frozen=True, slots=True)
class Lifetime:
    """Sums over all that was known at a moment; each table is keyed by customer, and `as_of`.

    Attributes
    ----------
    orders
        Purchases: how many, what was spent, when the last was, and what it cost.
    returns
        last_return_at.
    days
        Purchase days: how many, first and last, the last gap between two and the sum of squares.
    gaps
        gap_days, n: how often each number of days lay between two purchase days.
    stores
        store_id, orders, first_at.
    categories
        category, first_at.
    """

    orders: ir.Table
    returns: ir.Table
    days: ir.Table
    gaps: ir.Table
    stores: ir.Table
    categories: ir.Table

    @classmethod
    def names(cls) -> tuple[str, ...]:
        """Return the names of the tables."""
        return tuple(field.name for field in fields(cls))

    def tables(self) -> Mapping[str, ir.Table]:
        """Return the tables by name."""
        return {name: getattr(self, name) for name in self.names()}

    def seeds(self) -> ir.Table:
        """Return customer_id and day: the last purchase day before whatever follows."""
        return self.days.select("customer_id", day="last_day")


def lifetime(events: Events, cutoffs: Cutoffs, before: Lifetime | None = None) -> Lifetime:
    """Return the sums at each cutoff.

    Parameters
    ----------
    events
        What happened since `before`, or ever.
    before
        The sums (without `as_of`) at a midnight before all of `events` and all of `cutoffs`.
    """
    since = _sums(events)
    if before is None:
        return since
    at, earlier = moments(cutoffs), before.tables()
    merged = {
        name: _MERGES[name](table.union(_beside(earlier[name], at, table)))
        for name, table in since.tables().items()
    }
    return Lifetime(**merged)


def one_row(life: Lifetime, recent: int) -> ir.Table:
    """Return one row per customer and cutoff with a purchase: the sums, and what they tell.

    Beside the columns of `orders`, `returns` and `days` there are `gap_median`, `gap_percentile`
    (the share of gaps not longer than the silence at the cutoff), `stores`, `new_stores` (first
    visited within `recent` days), `store_orders` (of the shop with most of the orders) and
    `store_id` (that shop; of several the first by name).
    """
    gaps, stores = _placed_gaps(life), _main_store(life.stores, recent)
    added = (life.days, life.returns, gaps, stores)
    return left_joined(life.orders, added)


def _sums(events: Events) -> Lifetime:
    bought = events.baskets.where(lambda t: t.is_purchase)
    purchases = bought.seen("ordered_at", "spend", "discount", "coupon", "next_at")
    shelf = purchases.spend + purchases.discount + purchases.coupon
    is_last = purchases.next_at.isnull() | (purchases.next_at >= purchases.as_of)
    orders = purchases.group_by(*KEY).agg(
        orders=purchases.count().cast("float64"),
        spend=purchases.spend.sum(),
        spend_mean=purchases.spend.mean(),
        # The sum of squared deviations from the mean.
        spend_m2=purchases.spend.var(how="pop") * purchases.count(),
        spend_max=purchases.spend.max(),
        shelf=shelf.sum(),
        discount=purchases.discount.sum(),
        coupon_orders=(purchases.coupon > 0).sum().cast("float64"),
        last_at=purchases.ordered_at.max(),
        last_spend=purchases.spend.max(where=is_last),
    )
    taken_back = events.baskets.where(lambda t: t.return_lines > 0).seen("ordered_at")
    returns = taken_back.group_by(*KEY).agg(last_return_at=taken_back.ordered_at.max())
    days = events.days.seen("day", "gap_days")
    by_day = days.group_by(*KEY).agg(
        days=days.count().cast("float64"),
        first_day=days.day.min(),
        last_day=days.day.max(),
        gap_squares=(days.gap_days * days.gap_days).sum().fill_null(0.0),
        last_gap=days.gap_days.argmax(days.day),
    )
    apart = events.days.where(lambda t: t.gap_days.notnull()).seen("gap_days")
    gaps = apart.group_by(*KEY, "gap_days").agg(n=apart.count().cast("float64"))
    visits = bought.seen("store_id", "ordered_at")
    stores = visits.group_by(*KEY, "store_id").agg(
        orders=visits.count().cast("float64"), first_at=visits.ordered_at.min()
    )
    found = events.categories
    return Lifetime(
        orders, returns, by_day, gaps, stores, found.select(*KEY, "category", "first_at")
    )


def _beside(before: ir.Table, at: ir.Table, like: ir.Table) -> ir.Table:
    return before.cross_join(at).select(*like.columns)


def _orders(both: ir.Table) -> ir.Table:
    """Merge two rows at most; the squares as in Chan, Golub and LeVeque (1979), formula 2.1."""
    n, apart = both.orders.sum(), both.spend_mean.max() - both.spend_mean.min()
    product = (n * n - (both.orders * both.orders).sum()) / 2.0
    return both.group_by(*KEY).agg(
        spend_mean=both.spend.sum() / n,
        spend_m2=both.spend_m2.sum() + apart * apart * product / n,
        orders=n,
        **{name: both[name].sum() for name in ("spend", "shelf", "discount", "coupon_orders")},
        spend_max=both.spend_max.max(),
        last_at=both.last_at.max(),
        last_spend=both.last_spend.argmax(both.last_at),
    )


def _returns(both: ir.Table) -> ir.Table:
    return both.group_by(*KEY).agg(last_return_at=both.last_return_at.max())


def _days(both: ir.Table) -> ir.Table:
    return both.group_by(*KEY).agg(
        days=both.days.sum(),
        first_day=both.first_day.min(),
        gap_squares=both.gap_squares.sum(),
        last_gap=both.last_gap.argmax(both.last_day),
        last_day=both.last_day.max(),
    )


def _gaps(both: ir.Table) -> ir.Table:
    return both.group_by(*KEY, "gap_days").agg(n=both.n.sum())


def _stores(both: ir.Table) -> ir.Table:
    return both.group_by(*KEY, "store_id").agg(
        orders=both.orders.sum(), first_at=both.first_at.min()
    )


def _categories(both: ir.Table) -> ir.Table:
    return both.group_by(*KEY, "category").agg(first_at=both.first_at.min())


def _placed_gaps(life: Lifetime) -> ir.Table:
    """Return the median of the gaps, and where the silence lies among them.

    The median comes from how often each gap occurs: it is the mean of the middle two.
    """
    # Between n days lie n - 1 gaps.
    total = life.days.days - 1.0
    gaps = life.gaps.left_join(life.days, KEY).select(life.gaps, life.days.last_day, total=total)
    silence = gaps.as_of.date().delta(gaps.last_day, unit="day").cast("float64")
    up_to = gaps.n.sum().over(ibis.cumulative_window(group_by=KEY, order_by="gap_days"))
    placed = gaps.mutate(silence=silence, up_to=up_to)
    lower = placed.up_to >= ((placed.total + 1.0) / 2.0).floor()
    upper = placed.up_to >= (placed.total / 2.0).floor() + 1.0
    middle = placed.gap_days.min(where=lower) + placed.gap_days.min(where=upper)
    borne = placed.n.sum(where=placed.gap_days <= placed.silence).fill_null(0.0)
    return placed.group_by(*KEY).agg(gap_median=middle / 2.0, gap_percentile=borne / placed.n.sum())


def _main_store(stores: ir.Table, recent: int) -> ir.Table:
    """Return the shop with most orders; an order of which no shop is known counts for none."""
    named = stores.filter(stores.store_id.notnull())
    order = [named.orders.desc(), named.store_id]
    placed = named.mutate(place=ibis.row_number().over(ibis.window(group_by=KEY, order_by=order)))
    is_new = placed.first_at >= placed.as_of - ibis.interval(days=recent)
    return placed.group_by(*KEY).agg(
        stores=placed.count().cast("float64"),
        new_stores=is_new.sum().cast("float64"),
        store_orders=placed.orders.max(),
        store_id=placed.store_id.min(where=placed.place == 0),
    )


Merge = Callable[[ir.Table], ir.Table]
_MERGES: Mapping[str, Merge] = {
    "orders": _orders,
    "returns": _returns,
    "days": _days,
    "gaps": _gaps,
    "stores": _stores,
    "categories": _categories,
}
