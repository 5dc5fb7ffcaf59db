"""How much the customer buys, and whether it grows or shrinks."""

import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, share

_SHORT, _LONG = 30, 90


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
)


def build(inputs: Inputs) -> ir.Table:
    """Return the value features of every customer and cutoff."""
    baskets = inputs.history.filter(inputs.history.is_purchase)
    within = {days: baskets.age_days <= days for days in WINDOWS.activity}
    orders = {f"orders_{d}d": w.sum().cast("float64") for d, w in within.items()}
    spend = {f"spend_{d}d": baskets.spend.sum(where=w).fill_null(0.0) for d, w in within.items()}
    sums = baskets.group_by(*KEY).agg(
        **orders,
        **spend,
        spend_total=baskets.spend.sum(),
        basket_mean=baskets.spend.mean(),
        basket_max=baskets.spend.max(),
        basket_std=baskets.spend.std(how="sample"),
        basket_last=baskets.spend.argmin(baskets.age_days),
    )
    return sums.mutate(
        orders_trend=_pace(sums, "orders"),
        spend_trend=_pace(sums, "spend"),
    )


def _pace(sums: ir.Table, what: str) -> ir.FloatingValue:
    return share(sums[f"{what}_{_SHORT}d"] * (_LONG / _SHORT), sums[f"{what}_{_LONG}d"])
