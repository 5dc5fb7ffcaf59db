"""When the customer buys: how long ago, how often, how regularly."""

import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, share

FEATURES = (
    Feature(
        "recency_days",
        "timing",
        "days",
        "days since last purchase",
        "距上次购买天数",
        "{value} days since the last purchase; usually every {typical} days",
        "距上次购买已 {value} 天，平时约每 {typical} 天一次",
        actionable=True,
        typical_from="ipt_median",
    ),
    Feature(
        "tenure_days",
        "timing",
        "days",
        "days since first purchase",
        "首次购买至今天数",
        "customer for {value} days",
        "成为顾客已 {value} 天",
        actionable=False,
    ),
    Feature(
        "active_days",
        "timing",
        "count",
        "purchase days so far",
        "累计购买天数",
        "{value} purchase days so far",
        "累计有 {value} 天购买",
        actionable=False,
    ),
    Feature(
        "active_days_90d",
        "timing",
        "count",
        "purchase days, 90 days",
        "近90天购买天数",
        "bought on {value} days in the last 90",
        "近90天有 {value} 天购买",
        actionable=True,
    ),
    Feature(
        "orders_total",
        "timing",
        "count",
        "orders so far",
        "累计订单数",
        "{value} orders so far",
        "累计 {value} 笔订单",
        actionable=False,
    ),
    Feature(
        "ipt_mean",
        "timing",
        "days",
        "mean days between purchases",
        "平均购买间隔",
        "buys every {value} days on average",
        "平均每 {value} 天购买一次",
        actionable=False,
    ),
    Feature(
        "ipt_median",
        "timing",
        "days",
        "usual days between purchases",
        "通常购买间隔",
        "usually buys every {value} days",
        "通常每 {value} 天购买一次",
        actionable=False,
    ),
    Feature(
        "ipt_std",
        "timing",
        "days",
        "spread of days between purchases",
        "购买间隔波动",
        "days between purchases vary by {value}",
        "购买间隔波动约 {value} 天",
        actionable=False,
    ),
    Feature(
        "ipt_last",
        "timing",
        "days",
        "last days between purchases",
        "最近一次购买间隔",
        "the last two purchases were {value} days apart; usually {typical}",
        "最近两次购买相隔 {value} 天，平时约 {typical} 天",
        actionable=False,
        typical_from="ipt_median",
    ),
    Feature(
        "ipt_trend",
        "timing",
        "ratio",
        "recent against usual interval",
        "近期间隔与平时之比",
        "recent intervals are {value} times the usual ones",
        "近期购买间隔是平时的 {value} 倍",
        actionable=True,
    ),
    Feature(
        "gap_ratio",
        "timing",
        "ratio",
        "silence against usual interval",
        "未购天数与平时之比",
        "silent for {value} times the usual interval",
        "未购买时长是平时间隔的 {value} 倍",
        actionable=True,
    ),
    Feature(
        "gap_z",
        "timing",
        "ratio",
        "silence in spreads above usual",
        "未购天数偏离程度",
        "silence lies {value} spreads above this customer's usual interval",
        "未购买时长比平时高出 {value} 个标准差",
        actionable=True,
    ),
)


def build(inputs: Inputs) -> ir.Table:
    """Return the timing features of every customer and cutoff."""
    days = inputs.days
    recent = days.age_days <= WINDOWS.recent
    stats = days.group_by(*KEY).agg(
        first_day=days.day.min(),
        last_day=days.day.max(),
        active_days=days.count().cast("float64"),
        active_days_90d=recent.sum().cast("float64"),
        orders_total=days.orders.sum().cast("float64"),
        ipt_mean=days.gap_days.mean(),
        ipt_median=days.gap_days.median(),
        ipt_std=days.gap_days.std(how="sample"),
        ipt_last=days.gap_days.argmax(days.day),
        ipt_recent=days.gap_days.mean(where=recent),
    )
    today = stats.as_of.date()
    recency = today.delta(stats.last_day, unit="day").cast("float64")
    return stats.select(
        *KEY,
        recency_days=recency,
        tenure_days=today.delta(stats.first_day, unit="day").cast("float64"),
        active_days=stats.active_days,
        active_days_90d=stats.active_days_90d,
        orders_total=stats.orders_total,
        ipt_mean=stats.ipt_mean,
        ipt_median=stats.ipt_median,
        ipt_std=stats.ipt_std,
        ipt_last=stats.ipt_last,
        ipt_trend=share(stats.ipt_recent, stats.ipt_mean),
        gap_ratio=share(recency, stats.ipt_median),
        gap_z=share(recency - stats.ipt_mean, stats.ipt_std),
    )
