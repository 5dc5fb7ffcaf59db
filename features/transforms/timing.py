"""When the customer buys: how long ago, how often, how regularly."""

import ibis
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
        default=0.0,
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
        default=0.0,
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
        default=0.0,
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
    Feature(
        "gap_percentile",
        "timing",
        "share",
        "rank of the silence among own intervals",
        "未购天数在自身间隔中的位次",
        "the silence is at least as long as {value} of this customer's intervals",
        "未购买时长不短于自身 {value} 的购买间隔",
        actionable=True,
    ),
    Feature(
        "active_weeks_84d",
        "timing",
        "count",
        "weeks with a purchase, of 12",
        "近12周有购买的周数",
        "bought in {value} of the last 12 weeks",
        "近12周中有 {value} 周购买",
        actionable=True,
        default=0.0,
    ),
)

_WEEKS, _WEEK = 12, 7.0


def lately(inputs: Inputs) -> tuple[ir.Table, ...]:
    """Return purchase days of the last days."""
    days = inputs.days.seen("day", "gap_days", days=WINDOWS.habit)
    recent = days.age_days <= WINDOWS.recent
    back = days.as_of.date().delta(days.day, unit="day").cast("float64")
    # Of the purchase days in one week the oldest is followed by a day of another week.
    opens_week = days.gap_days.isnull() | (_week(back) != _week(back + days.gap_days))
    sums = days.group_by(*KEY).agg(
        active_days_90d=recent.sum().cast("float64"),
        active_weeks_84d=(opens_week & (back <= _WEEKS * _WEEK)).sum().cast("float64"),
        ipt_recent=days.gap_days.mean(where=recent),
    )
    return (sums,)


def columns(row: ir.Table) -> dict[str, ir.Value]:
    """Return the timing features from the sums of `lately` and of the lifetime."""
    today = row.as_of.date()
    recency = today.delta(row.last_day, unit="day").cast("float64")
    # Between n days lie n - 1 gaps, and together they reach from the first day to the last.
    gaps = row.days - 1.0
    reach = row.last_day.delta(row.first_day, unit="day").cast("float64")
    mean = share(reach, gaps)
    std = share(row.gap_squares - share(reach * reach, gaps), gaps - 1.0).sqrt()
    return {
        "recency_days": recency,
        "tenure_days": today.delta(row.first_day, unit="day").cast("float64"),
        "active_days": row.days,
        "active_days_90d": row.active_days_90d.fill_null(0.0),
        "orders_total": row.orders,
        "ipt_mean": mean,
        "ipt_median": row.gap_median,
        "ipt_std": std,
        "ipt_last": row.last_gap,
        "ipt_trend": share(row.ipt_recent, mean),
        "gap_ratio": share(recency, row.gap_median),
        "gap_z": share(recency - mean, std),
        "gap_percentile": row.gap_percentile,
        "active_weeks_84d": row.active_weeks_84d.fill_null(0.0),
    }


def _week(days_back: ir.FloatingValue) -> ir.NumericValue:
    """Return which week before the cutoff a day lies in; the cutoff's own day is in the last."""
    return ((ibis.greatest(days_back, 1.0) - 1.0) / _WEEK).floor()
