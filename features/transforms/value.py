"""How much the customer buys, and whether it grows or shrinks."""

from collections.abc import Mapping, Sequence
from functools import reduce
from itertools import pairwise
from operator import add

import ibis
import ibis.expr.types as ir

from features.transforms.base import WINDOWS
from features.transforms.feature import Feature
from features.transforms.formulas import share

_SHORT, _LONG = 30, 90
_PERIOD, _PERIODS = 30, 6
_REACHES = tuple(_PERIOD * (n + 1) for n in range(_PERIODS))
_SUMS = [f"{what}_{days}d" for what in ("orders", "spend") for days in WINDOWS.activity]


def _orders(days: int) -> Feature:
    return Feature(
        f"orders_{days}d",
        "value",
        "count",
        f"orders, {days} days",
        f"近{days}天订单数",
        f"{{value}} orders in the last {days} days",
        f"近{days}天 {{value}} 笔订单",
        actionable=True,
        default=0.0,
    )


def _spend(days: int) -> Feature:
    return Feature(
        f"spend_{days}d",
        "value",
        "money",
        f"spend, {days} days",
        f"近{days}天消费",
        f"spent {{value}} in the last {days} days",
        f"近{days}天消费 {{value}}",
        actionable=True,
        default=0.0,
    )


FEATURES = (
    *map(_orders, WINDOWS.activity),
    *map(_spend, WINDOWS.activity),
    Feature(
        "spend_total",
        "value",
        "money",
        "spend so far",
        "累计消费",
        "spent {value} so far",
        "累计消费 {value}",
        actionable=False,
        default=0.0,
    ),
    Feature(
        "orders_trend",
        "value",
        "ratio",
        "order pace, 30 against 90 days",
        "近期订单频率变化",
        "orders in the last 30 days run at {value} times the pace of the last 90",
        "近30天订单频率是近90天的 {value} 倍",
        actionable=True,
    ),
    Feature(
        "spend_trend",
        "value",
        "ratio",
        "spend pace, 30 against 90 days",
        "近期消费变化",
        "spend in the last 30 days runs at {value} times the pace of the last 90",
        "近30天消费水平是近90天的 {value} 倍",
        actionable=True,
    ),
    Feature(
        "basket_mean",
        "value",
        "money",
        "mean basket",
        "平均客单价",
        "baskets average {value}",
        "平均客单价 {value}",
        actionable=True,
    ),
    Feature(
        "basket_max",
        "value",
        "money",
        "largest basket",
        "最高客单价",
        "the largest basket was {value}",
        "最高一单 {value}",
        actionable=False,
    ),
    Feature(
        "basket_std",
        "value",
        "money",
        "spread of baskets",
        "客单价波动",
        "baskets vary by {value}",
        "客单价波动约 {value}",
        actionable=False,
    ),
    Feature(
        "basket_last",
        "value",
        "money",
        "last basket",
        "最近客单价",
        "the last basket was {value}; usually {typical}",
        "最近一单 {value}，平时约 {typical}",
        actionable=True,
        typical_from="basket_mean",
    ),
    Feature(
        "spend_slope_180d",
        "value",
        "nats",
        "slope of log spend, 180 days",
        "近180天消费对数斜率",
        "log spend moves by {value} every 30 days",
        "消费对数每30天变化 {value}",
        actionable=True,
        default=0.0,
    ),
    Feature(
        "spend_30d_vs_best_180d",
        "value",
        "share",
        "spend of 30 days against own best, 180 days",
        "近30天消费占自身最佳30天之比",
        "spend of the last 30 days is {value} of the best 30 days in 180",
        "近30天消费为180天内最佳30天的 {value}",
        actionable=True,
    ),
    Feature(
        "spend_per_30d",
        "value",
        "money",
        "spend per 30 days so far",
        "每30天平均消费",
        "spends {value} every 30 days",
        "平均每30天消费 {value}",
        actionable=False,
    ),
    Feature(
        "basket_trend_90d",
        "value",
        "ratio",
        "basket of 90 days against usual",
        "近90天客单价与平时之比",
        "recent baskets are {value} times the usual ones",
        "近90天客单价是平时的 {value} 倍",
        actionable=True,
    ),
    Feature(
        "largest_basket_share_180d",
        "value",
        "share",
        "share of the largest basket, 180 days",
        "近180天最大一单占比",
        "one basket makes up {value} of the spend of 180 days",
        "近180天最大一单占消费 {value}",
        actionable=False,
    ),
)


def of_purchases(purchases: ir.Table) -> dict[str, ir.Value]:
    """Return orders and spend of the last days, and spend of each period of 30 days."""
    within = {days: purchases.age_days <= days for days in (*WINDOWS.activity, *_REACHES)}
    return {
        **{f"orders_{d}d": within[d].sum().cast("float64") for d in WINDOWS.activity},
        **{f"spend_{d}d": purchases.spend.sum(where=each) for d, each in within.items()},
        "largest_basket": purchases.spend.max(),
    }


def columns(row: ir.Table) -> dict[str, ir.Value]:
    """Return the value features from the sums of `of_purchases` and of the lifetime."""
    sums = {name: row[name].fill_null(0.0) for name in _SUMS}
    periods = _by_period(row)
    tenure = row.as_of.date().delta(row.first_day, unit="day").cast("float64")
    return {
        **sums,
        "spend_total": row.spend,
        "orders_trend": _pace(sums, "orders"),
        "spend_trend": _pace(sums, "spend"),
        "basket_mean": row.spend_mean,
        "basket_max": row.spend_max,
        "basket_std": share(row.spend_m2, row.orders - 1.0).sqrt(),
        "basket_last": row.last_spend,
        "spend_slope_180d": _slope([(spend + 1.0).ln() for spend in periods]),
        "spend_30d_vs_best_180d": share(periods[0], ibis.greatest(*periods)),
        "spend_per_30d": row.spend * float(_PERIOD) / ibis.greatest(tenure, float(_PERIOD)),
        "basket_trend_90d": share(share(sums["spend_90d"], sums["orders_90d"]), row.spend_mean),
        "largest_basket_share_180d": share(row.largest_basket, row.spend_180d),
    }


def _by_period(row: ir.Table) -> list[ir.FloatingValue]:
    """Return the spend of each period of 30 days, the newest first."""
    reached = [row[f"spend_{d}d"].fill_null(0.0) for d in _REACHES]
    return [reached[0], *(later - sooner for sooner, later in pairwise(reached))]


def _slope(newest_first: Sequence[ir.FloatingValue]) -> ir.FloatingValue:
    """Return the least-squares slope over equal steps of time, per step."""
    middle = (len(newest_first) - 1) / 2.0
    weights = [middle - place for place in range(len(newest_first))]
    terms = [y * weight for y, weight in zip(newest_first, weights, strict=True)]
    return reduce(add, terms) / sum(weight * weight for weight in weights)


def _pace(sums: Mapping[str, ir.NumericValue], what: str) -> ir.FloatingValue:
    return share(sums[f"{what}_{_SHORT}d"] * (_LONG / _SHORT), sums[f"{what}_{_LONG}d"])
