"""On which days and at what hours (UTC) the customer buys."""

from functools import reduce
from operator import add

import ibis.expr.types as ir

from features.transforms.feature import Feature
from features.transforms.formulas import entropy, n_log_n, share

FEATURES = (
    Feature(
        "weekend_share_180d",
        "habits",
        "share",
        "weekend share, 180 days",
        "近180天周末占比",
        "{value} of orders fall on weekends",
        "{value} 的订单在周末",
        actionable=False,
    ),
    Feature(
        "morning_share_180d",
        "habits",
        "share",
        "morning share, 180 days",
        "近180天上午占比",
        "{value} of orders come before noon",
        "{value} 的订单在上午",
        actionable=False,
    ),
    Feature(
        "afternoon_share_180d",
        "habits",
        "share",
        "afternoon share, 180 days",
        "近180天下午占比",
        "{value} of orders come in the afternoon",
        "{value} 的订单在下午",
        actionable=False,
    ),
    Feature(
        "evening_share_180d",
        "habits",
        "share",
        "evening share, 180 days",
        "近180天晚间占比",
        "{value} of orders come in the evening",
        "{value} 的订单在晚间",
        actionable=False,
    ),
    Feature(
        "weekday_entropy_180d",
        "habits",
        "nats",
        "spread over weekdays, 180 days",
        "近180天星期分散度",
        "spread of orders over the week: {value}",
        "订单在一周内的分散度为 {value}",
        actionable=False,
    ),
)
_WEEK, _WEEKEND = range(7), (5, 6)
_MORNING, _NOON, _EVENING = 5, 12, 18


def of_purchases(purchases: ir.Table) -> dict[str, ir.Value]:
    """Return orders of the last days by weekday and time of day."""
    hour = purchases.ordered_at.hour()
    weekday = purchases.ordered_at.day_of_week.index()
    return {
        **{f"on_{day}": (weekday == day).sum() for day in _WEEK},
        "in_the_morning": ((hour >= _MORNING) & (hour < _NOON)).sum(),
        "in_the_afternoon": ((hour >= _NOON) & (hour < _EVENING)).sum(),
        "in_the_evening": (hour >= _EVENING).sum(),
    }


def columns(row: ir.Table) -> dict[str, ir.Value]:
    """Return the habit features from the sums of `of_purchases`."""
    orders = row.orders_180d
    parts = reduce(add, (n_log_n(row[f"on_{day}"]) for day in _WEEK))
    return {
        "weekend_share_180d": share(reduce(add, (row[f"on_{d}"] for d in _WEEKEND)), orders),
        "morning_share_180d": share(row.in_the_morning, orders),
        "afternoon_share_180d": share(row.in_the_afternoon, orders),
        "evening_share_180d": share(row.in_the_evening, orders),
        "weekday_entropy_180d": entropy(parts, orders),
    }
