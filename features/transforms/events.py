"""Receipt lines as baskets, purchase days and category baskets, and what a cutoff knows of them."""

from dataclasses import dataclass
from typing import NamedTuple

import ibis
import ibis.expr.types as ir

from features.transforms.facts import Facts
from features.transforms.formulas import KEY, faded, summable
from features.transforms.knowledge import Cutoffs, aged, known, known_lately, moments, retold


@dataclass(frozen=True, slots=True)
class Events:
    """What cutoffs know of receipts.

    Attributes
    ----------
    baskets
        `baskets_of`.
    days
        `purchase_days`.
    categories
        One row per customer, category and cutoff that knows a purchase within the window:
        `_category_counts`, `first_at`, the first purchase of it, and where departments are
        given, its `department`.
    """

    baskets: Facts
    days: Facts
    categories: ir.Table


@dataclass(frozen=True, slots=True)
class Reach:
    """How far back category baskets count, and how far back they count as recent, in days.

    None is for ever. In `fading` counts a basket weighs half as much for every `half_life` days
    of its age.
    """

    window: int | None = None
    recent: int | None = None
    half_life: float = 60.0

    @property
    def narrower(self) -> int | None:
        """Return `recent` where it tells more than `window`."""
        return None if self.recent == self.window else self.recent


class _Tables(NamedTuple):
    baskets: ir.Table
    days: ir.Table
    categories: ir.Table


def events(
    lines: ir.Table,
    cutoffs: Cutoffs,
    reach: Reach,
    seeds: ir.Table | None = None,
    departments: ir.Table | None = None,
) -> Events:
    """Return what `cutoffs` know of `lines`, for all of them at once.

    Customers whom every cutoff sees as it happened are summed once and met with the cutoffs
    afterwards; those of whom something was told late are summed anew for each cutoff.

    Parameters
    ----------
    seeds
        customer_id, day: the last purchase day before the first line, if there was one.
    departments
        category, department.
    """
    if "ingested_at" not in lines.columns:
        once, each = _punctual(lines, cutoffs, reach, seeds, departments), None
        categories = once.categories
    else:
        late = retold(lines, "ordered_at", cutoffs)
        punctual = lines.anti_join(late, "customer_id").drop("ingested_at")
        once = _punctual(punctual, cutoffs, reach, seeds, departments)
        others = lines.semi_join(late, "customer_id")
        each = _each(others, cutoffs, reach, seeds, departments)
        categories = once.categories.union(each.categories.select(*once.categories.columns))
    return Events(
        Facts(once.baskets, each and each.baskets, "ordered_at", cutoffs),
        Facts(once.days, each and each.days, "first_at", cutoffs),
        categories,
    )


def baskets_of(lines: ir.Table, *by: str) -> ir.Table:
    """Return one row per order and moment: where, how much, what it cost.

    An order is a purchase unless all of its lines are returns (negative quantities); spend,
    units and discounts leave returned lines out. The moment is part of the key because a line
    added or returned later must not be known earlier. Lines with `own_brand` give
    `own_brand_lines`. A purchase says when the customer's `next_at` is, of two in the same second
    the one with the greater id.
    """
    kept = lines.quantity >= 0
    net = summable(lines.net_amount)
    own_brand = {}
    if "own_brand" in lines.columns:
        own_brand["own_brand_lines"] = (kept & lines.own_brand).sum().cast("float64")
    orders = lines.group_by("customer_id", "order_id", "ordered_at", *by).agg(
        store_id=lines.store_id.min(),
        channel=lines.channel.min(),
        is_purchase=kept.any(),
        lines=kept.sum().cast("float64"),
        units=lines.quantity.sum(where=kept).cast("float64"),
        spend=net.sum(where=kept),
        discount=summable(lines.discount_amount).sum(where=kept),
        coupon=summable(lines.coupon_amount).sum(where=kept),
        return_lines=(~kept).sum().cast("float64"),
        returned=(-net).sum(where=~kept),
        **own_brand,
    )
    empty = ("units", "spend", "discount", "coupon", "returned")
    filled = orders.mutate(**{name: orders[name].fill_null(0.0) for name in empty})
    alike = ibis.window(
        group_by=("customer_id", "is_purchase", *by), order_by=("ordered_at", "order_id")
    )
    return filled.mutate(next_at=filled.ordered_at.lead().over(alike))


def purchase_days(baskets: ir.Table, seeds: ir.Table | None, *by: str) -> ir.Table:
    """Return one row per customer and purchase day, with the days since the one before.

    Parameters
    ----------
    baskets
        As `baskets_of` returns them.
    seeds
        customer_id, day and the columns `by`: a day before all of them; None for none.
    """
    purchases = baskets.filter(baskets.is_purchase).mutate(day=lambda t: t.ordered_at.date())
    days = purchases.group_by("customer_id", "day", *by).agg(first_at=purchases.ordered_at.min())
    if seeds is not None:
        unknown = seeds.mutate(first_at=ibis.null("timestamp(6)"))
        days = days.union(unknown.select(*days.columns))
    before = days.day.lag().over(ibis.window(group_by=("customer_id", *by), order_by="day"))
    dated = days.mutate(gap_days=days.day.delta(before, unit="day").cast("float64"))
    return dated.filter(dated.first_at.notnull()) if seeds is not None else dated


def _punctual(
    lines: ir.Table,
    cutoffs: Cutoffs,
    reach: Reach,
    seeds: ir.Table | None,
    departments: ir.Table | None,
) -> _Tables:
    """Return the events of customers of whom nothing was told late; baskets and days once."""
    baskets = baskets_of(lines)
    bought, pairs = _category_baskets(lines)
    seen = known_lately(bought, "ordered_at", cutoffs, reach.window)
    counts = _category_counts(seen, reach, "pair")
    categories = counts.inner_join(_placed(pairs, departments), "pair").drop("pair")
    return _Tables(baskets, purchase_days(baskets, seeds), categories)


def _each(
    lines: ir.Table,
    cutoffs: Cutoffs,
    reach: Reach,
    seeds: ir.Table | None,
    departments: ir.Table | None,
) -> _Tables:
    """Return the events of any customers, summed anew for each cutoff."""
    seen = known(lines, "ordered_at", cutoffs)
    baskets = aged(baskets_of(seen, "as_of"), "ordered_at")
    seeded = None if seeds is None else seeds.cross_join(moments(cutoffs))
    days = aged(purchase_days(baskets, seeded, "as_of"), "first_at")
    key = (*KEY, "category")
    bought = seen.filter(seen.quantity >= 0, seen.category.notnull())
    by_basket = _with_parts(
        bought.group_by(*key, "order_id", "ordered_at", "age_days").agg(**_category_sums(bought)),
        "as_of",
    )
    firsts = by_basket.group_by(*key).agg(first_at=by_basket.ordered_at.min())
    within = by_basket
    if reach.window is not None:
        within = by_basket.filter(by_basket.age_days <= reach.window)
    counts = _category_counts(within, reach, "customer_id", "category")
    dated = counts.left_join(firsts, key).select(counts, firsts.first_at)
    return _Tables(baskets, days, _placed(dated, departments))


def _category_baskets(lines: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Return what was bought by category, and the pairs of customer and category.

    Returns
    -------
    baskets
        pair, ordered_at and sums: one row per order, moment and category, those of a pair side
        by side, where an engine groups them in less time.
    pairs
        pair, customer_id, category, first_at. A whole number stands for each pair because
        millions of rows are grouped by it.
    """
    bought = lines.filter(lines.quantity >= 0, lines.category.notnull())
    baskets = _with_parts(
        bought.group_by("customer_id", "order_id", "ordered_at", "category").agg(
            **_category_sums(bought)
        )
    )
    names = ["customer_id", "category"]
    firsts = baskets.group_by(names).agg(first_at=baskets.ordered_at.min())
    pairs = firsts.mutate(pair=ibis.row_number().over(ibis.window(order_by=names)).cast("int32"))
    return baskets.inner_join(pairs, names).drop("first_at", *names, "order_id").order_by(
        "pair"
    ), pairs


def _category_sums(bought: ir.Table) -> dict[str, ir.Value]:
    return {
        "lines": bought.count().cast("int32"),
        "spend": summable(bought.net_amount).sum(),
    }


def _with_parts(baskets: ir.Table, *by: str) -> ir.Table:
    """Add `part`: what share of its basket's categories one category is."""
    basket = ibis.window(group_by=("customer_id", "order_id", "ordered_at", *by))
    return baskets.mutate(part=summable(1.0 / baskets.count().over(basket)))


def _category_counts(seen: ir.Table, reach: Reach, *pair: str) -> ir.Table:
    """Return, per category bought within the window: how often, how lately, how much."""
    lately = None if reach.narrower is None else seen.age_days <= reach.narrower
    return seen.group_by(*pair, "as_of").agg(
        baskets=seen.count().cast("float64"),
        days_since=seen.age_days.min(),
        oldest=seen.age_days.max(),
        parts=seen.part.sum(),
        fading=faded(seen.age_days, reach.half_life).sum(),
        recent_baskets=seen.count(where=lately).cast("float64"),
        recent_parts=seen.part.sum(where=lately).fill_null(0.0),
        recent_lines=seen.lines.sum(where=lately).cast("float64").fill_null(0.0),
        recent_spend=seen.spend.sum(where=lately).fill_null(0.0),
    )


def _placed(rows: ir.Table, departments: ir.Table | None) -> ir.Table:
    if departments is None:
        return rows
    return rows.left_join(departments, "category").select(rows, departments.department)
