"""On which days and at what hours (UTC) the customer buys."""

from functools import reduce
from operator import add

import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, entropy, n_log_n, share

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
_WEEK = range(7)
_SATURDAY = 5
_MORNING, _NOON, _EVENING = 5, 12, 18


def build(inputs: Inputs) -> ir.Table:
    """Return the habit features of every customer and cutoff that bought in the window."""
    history = inputs.history
    orders = history.filter(history.is_purchase, history.age_days <= WINDOWS.habit)
    hour, total = orders.ordered_at.hour(), orders.count()
    weekday = orders.ordered_at.day_of_week.index()
    counts = orders.group_by(*KEY).agg(
        **{f"on_{day}": (weekday == day).sum() for day in _WEEK},
        total=total,
        weekend_share_180d=share((weekday >= _SATURDAY).sum(), total),
        morning_share_180d=share(((hour >= _MORNING) & (hour < _NOON)).sum(), total),
        afternoon_share_180d=share(((hour >= _NOON) & (hour < _EVENING)).sum(), total),
        evening_share_180d=share((hour >= _EVENING).sum(), total),
    )
    parts = reduce(add, (n_log_n(counts[f"on_{day}"]) for day in _WEEK))
    return counts.mutate(weekday_entropy_180d=entropy(parts, counts.total)).drop(
        "total", *(f"on_{d}" for d in _WEEK)
    )
