"""Whether the cutoff lies at a time of the week and of the month at which the customer buys."""

from functools import reduce
from operator import add

import ibis.expr.types as ir

from features.transforms.feature import Feature
from features.transforms.formulas import share

FEATURES = (
    Feature(
        "same_weekday_share_180d",
        "seasonality",
        "share",
        "share of orders on this weekday, 180 days",
        "近180天同一星期几订单占比",
        "{value} of orders fall on the same day of the week",
        "{value} 的订单在同一星期几",
        actionable=False,
    ),
    Feature(
        "month_start_share_180d",
        "seasonality",
        "share",
        "share of orders on days 1 to 10, 180 days",
        "近180天上旬订单占比",
        "{value} of orders fall on the first ten days of a month",
        "{value} 的订单在每月上旬",
        actionable=False,
    ),
    Feature(
        "same_month_part_share_180d",
        "seasonality",
        "share",
        "share of orders in this part of the month, 180 days",
        "近180天同一旬订单占比",
        "{value} of orders fall in the same third of a month",
        "{value} 的订单在每月同一旬",
        actionable=False,
    ),
)
_WEEK, _PARTS = range(7), range(3)
_PART_DAYS = 10  # the third part has the rest of the month


def of_purchases(purchases: ir.Table) -> dict[str, ir.Value]:
    """Return orders of the last days by part of the month."""
    part = _part(purchases.ordered_at)
    return {f"in_part_{n}": (part == n).sum() for n in _PARTS}


def columns(row: ir.Table) -> dict[str, ir.Value]:
    """Return the seasonality features from the sums of `of_purchases`, here and of the habits."""
    weekday, part = row.as_of.day_of_week.index(), _part(row.as_of)
    same_day = reduce(add, ((weekday == day).ifelse(row[f"on_{day}"], 0) for day in _WEEK))
    same_part = reduce(add, ((part == n).ifelse(row[f"in_part_{n}"], 0) for n in _PARTS))
    return {
        "same_weekday_share_180d": share(same_day, row.orders_180d),
        "month_start_share_180d": share(row.in_part_0, row.orders_180d),
        "same_month_part_share_180d": share(same_part, row.orders_180d),
    }


def _part(moment: ir.TimestampValue) -> ir.IntegerValue:
    """Return 0 for days 1 to 10 of a month, 1 for days 11 to 20, 2 for the rest."""
    day = moment.day()
    return (day > _PART_DAYS).cast("int8") + (day > 2 * _PART_DAYS).cast("int8")
