"""Lake tables as events, and the events each cutoff knows."""

from collections.abc import Sequence
from datetime import datetime

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.clock import naive

SECONDS_PER_DAY = 86_400.0


def baskets_of(lines: ir.Table) -> ir.Table:
    """Return one row per order and moment: where, how much, what it cost.

    An order is a purchase unless all of its lines are returns (negative quantities); spend,
    units and discounts leave returned lines out. The moment is part of the key because a line
    added or returned later must not be known earlier.
    """
    kept = lines.quantity >= 0
    orders = lines.group_by("customer_id", "order_id", "ordered_at").agg(
        store_id=lines.store_id.min(),
        channel=lines.channel.min(),
        is_purchase=kept.any(),
        lines=kept.sum().cast("float64"),
        units=lines.quantity.sum(where=kept).cast("float64"),
        spend=lines.net_amount.sum(where=kept).cast("float64"),
        discount=lines.discount_amount.sum(where=kept).cast("float64"),
        coupon=lines.coupon_amount.sum(where=kept).cast("float64"),
        categories=lines.category.nunique(where=kept).cast("float64"),
        return_lines=(~kept).sum().cast("float64"),
        returned=(-lines.net_amount).sum(where=~kept).cast("float64"),
    )
    return orders.mutate(spend=orders.spend.fill_null(0.0), returned=orders.returned.fill_null(0.0))


def purchase_days(purchases: ir.Table) -> ir.Table:
    """Return one row per customer and purchase day, with the days since the one before."""
    dated = purchases.mutate(day=purchases.ordered_at.date())
    days = dated.group_by("customer_id", "day").agg(
        first_at=dated.ordered_at.min(), orders=dated.count()
    )
    before = days.day.lag().over(ibis.window(group_by="customer_id", order_by="day"))
    return days.mutate(gap_days=days.day.delta(before, unit="day").cast("float64"))


def category_baskets(lines: ir.Table) -> tuple[ir.Table, ir.Table]:
    """Return what was bought by category, and the pairs of customer and category.

    Returns
    -------
    baskets
        pair, ordered_at, lines: one row per order, moment and category.
    pairs
        pair, customer_id, category, first_at. A whole number stands for each pair because
        millions of rows are grouped by it.
    """
    bought = lines.filter(lines.quantity >= 0, lines.category.notnull())
    baskets = bought.group_by("customer_id", "order_id", "ordered_at", "category").agg(
        lines=bought.count().cast("int32")
    )
    names = ["customer_id", "category"]
    firsts = baskets.group_by(names).agg(first_at=baskets.ordered_at.min())
    pairs = firsts.mutate(pair=ibis.row_number().over(ibis.window(order_by=names)).cast("int32"))
    return baskets.inner_join(pairs, names).select("pair", "ordered_at", "lines"), pairs


def known(events: ir.Table, time: str, cutoffs: Sequence[datetime]) -> ir.Table:
    """Return each event beside every cutoff after its `time`, with `age_days` between them."""
    moments = ibis.memtable(
        pd.DataFrame({"as_of": _moments(cutoffs)}), schema={"as_of": "timestamp(6)"}
    )
    return _aged(events.join(moments, events[time] < moments.as_of), time)


def known_lately(events: ir.Table, time: str, cutoffs: Sequence[datetime], days: int) -> ir.Table:
    """Return each event beside every cutoff at most `days` after it, as `known` does.

    The join is on calendar days: an engine hashes them, where it would have to compare every
    event with every cutoff.
    """
    reached = [
        (moment.normalize() - pd.Timedelta(days=back), moment)
        for moment in _moments(cutoffs)
        for back in range(days + 1)
    ]
    calendar = ibis.memtable(
        pd.DataFrame(reached, columns=["day", "as_of"]),
        schema={"day": "timestamp(6)", "as_of": "timestamp(6)"},
    )
    dated = events.mutate(day=events[time].truncate("D"))
    near = _aged(dated.inner_join(calendar, "day").drop("day"), time)
    return near.filter(near[time] < near.as_of, near.age_days <= days)


def _moments(cutoffs: Sequence[datetime]) -> "pd.Series[pd.Timestamp]":
    return pd.Series(sorted({naive(cutoff) for cutoff in cutoffs}), dtype="datetime64[us]")


def _aged(joined: ir.Table, time: str) -> ir.Table:
    age = joined.as_of.delta(joined[time], unit="second") / SECONDS_PER_DAY
    return joined.mutate(age_days=age)
