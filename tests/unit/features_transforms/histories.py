"""Small random histories, and the features by hand: one customer at a time, in plain Python."""

import math
import statistics
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import ibis
import ibis.expr.types as ir
import pandas as pd
from hypothesis import strategies as st

from features.clock import naive
from features.engine import connect
from features.transforms.customer import customer_features

START = naive(datetime(2017, 1, 1, tzinfo=UTC))
CATEGORIES = ("bread", "milk", "tea", "soap", None)
STORES = ("s1", "s2", "s3")
ORDER_LINES = {
    "order_id": "string",
    "customer_id": "string",
    "ordered_at": "timestamp(6)",
    "store_id": "string",
    "channel": "string",
    "category": "string",
    "quantity": "float64",
    "net_amount": "float64",
    "discount_amount": "float64",
    "coupon_amount": "float64",
}


@dataclass(frozen=True)
class Line:
    """One line of a receipt."""

    order_id: str
    customer_id: str
    ordered_at: datetime
    store_id: str
    channel: str
    category: str | None
    quantity: float
    net_amount: float
    discount_amount: float
    coupon_amount: float


@dataclass(frozen=True)
class Frames:
    """Lake tables that are frames."""

    tables: Mapping[str, ir.Table]

    def table(self, name: str) -> ir.Table:
        return self.tables[name]

    def has(self, name: str) -> bool:
        return name in self.tables


def frames(lines: Sequence[Line]) -> Frames:
    frame = pd.DataFrame([vars(line) for line in lines], columns=list(ORDER_LINES))
    return Frames({"order_lines": ibis.memtable(frame, schema=ORDER_LINES)})


def fast(lines: Sequence[Line], cutoffs: Sequence[datetime]) -> pd.DataFrame:
    """Return what the project builds, indexed by customer and cutoff."""
    built = connect(1).execute(customer_features(frames(lines), cutoffs))
    return built.set_index(["customer_id", "as_of"]).sort_index()


@st.composite
def histories(draw: st.DrawFn) -> list[Line]:
    """Draw up to 25 orders of up to three customers within a year."""
    cents = st.integers(0, 5000).map(lambda n: n / 100)
    lines = []
    for number in range(draw(st.integers(1, 25))):
        customer = draw(st.sampled_from(("a", "b", "c")))
        moment = START + timedelta(
            days=draw(st.integers(0, 360)), seconds=draw(st.sampled_from((0, 1, 36_000, 86_399)))
        )
        store = draw(st.sampled_from(STORES))
        is_return = draw(st.integers(0, 9)) == 0
        for category in draw(st.lists(st.sampled_from(CATEGORIES), min_size=1, max_size=3)):
            quantity = float(draw(st.integers(0, 3)))
            amount = draw(cents)
            lines.append(
                Line(
                    order_id=str(number),
                    customer_id=customer,
                    ordered_at=moment,
                    store_id=store,
                    channel=draw(st.sampled_from(("store", "online"))),
                    category=category,
                    quantity=-1.0 if is_return else quantity,
                    net_amount=-amount if is_return else amount,
                    discount_amount=draw(cents),
                    coupon_amount=0.0,
                )
            )
    return lines


def slow(lines: Sequence[Line], customer: str, cutoff: datetime) -> dict[str, float] | None:
    """Return some features by their definition; None for a customer who never bought before."""
    known = [x for x in lines if x.customer_id == customer and x.ordered_at < cutoff]
    kept = [x for x in known if x.quantity >= 0]
    if not kept:
        return None
    orders = {x.order_id: x.ordered_at for x in kept}
    spend = dict.fromkeys(orders, 0.0)
    for x in kept:
        spend[x.order_id] += x.net_amount
    days = sorted({moment.date() for moment in orders.values()})
    gaps = [float((b - a).days) for a, b in pairwise(days)]
    recency = float((cutoff.date() - days[-1]).days)
    return {
        **_timing(days, gaps, recency, cutoff),
        "orders_total": float(len(orders)),
        "spend_total": sum(spend.values()),
        "basket_mean": statistics.fmean(spend.values()),
        "basket_std": _stdev(list(spend.values())),
        **{f"orders_{n}d": float(len(_within(orders, cutoff, n))) for n in (7, 30, 60, 90, 180)},
        **{
            f"spend_{n}d": sum(spend[order] for order in _within(orders, cutoff, n))
            for n in (7, 30, 60, 90, 180)
        },
        **_categories(kept, cutoff),
        **_habits(orders, cutoff),
        **_returns(known, cutoff),
        **_stores({x.order_id: x.store_id for x in kept}),
        "discount_share_total": _share(
            sum(x.discount_amount for x in kept),
            sum(x.discount_amount + x.net_amount + x.coupon_amount for x in kept),
        ),
    }


def _timing(
    days: list[date], gaps: list[float], recency: float, cutoff: datetime
) -> dict[str, float]:
    mean = statistics.fmean(gaps) if gaps else math.nan
    median = statistics.median(gaps) if gaps else math.nan
    return {
        "recency_days": recency,
        "tenure_days": float((cutoff.date() - days[0]).days),
        "active_days": float(len(days)),
        "ipt_mean": mean,
        "ipt_median": median,
        "ipt_std": _stdev(gaps),
        "ipt_last": gaps[-1] if gaps else math.nan,
        "gap_ratio": recency / median,
        "gap_z": _share(recency - mean, _stdev(gaps)),
    }


def _categories(kept: list[Line], cutoff: datetime) -> dict[str, float]:
    since = cutoff - timedelta(days=90)
    named = [x for x in kept if x.category is not None]
    counts = Counter(x.category for x in named if x.ordered_at >= since)
    total = sum(counts.values())
    if not total:
        return dict.fromkeys(("categories_90d", "category_entropy_90d"), math.nan)
    old = {x.category for x in named if x.ordered_at < since}
    return {
        "categories_90d": float(len(counts)),
        "category_entropy_90d": _entropy(counts),
        "top_category_share_90d": max(counts.values()) / total,
        "top3_category_share_90d": sum(n for _, n in counts.most_common(3)) / total,
        "new_category_share_90d": len(counts.keys() - old) / len(counts),
    }


def _habits(orders: dict[str, datetime], cutoff: datetime) -> dict[str, float]:
    recent = [orders[order] for order in _within(orders, cutoff, 180)]
    if not recent:
        return dict.fromkeys(("weekend_share_180d", "weekday_entropy_180d"), math.nan)
    return {
        "weekend_share_180d": sum(m.weekday() >= 5 for m in recent) / len(recent),
        "morning_share_180d": sum(5 <= m.hour < 12 for m in recent) / len(recent),
        "weekday_entropy_180d": _entropy(Counter(m.weekday() for m in recent)),
    }


def _returns(known: list[Line], cutoff: datetime) -> dict[str, float]:
    back = [x for x in known if x.quantity < 0]
    recent = [x for x in known if x.ordered_at >= cutoff - timedelta(days=180)]
    lines = [x for x in recent if x.quantity < 0]
    return {
        "return_line_share_180d": _share(len(lines), len(recent)),
        "returned_amount_180d": -sum(x.net_amount for x in lines),
        "days_since_return": min(
            ((cutoff - x.ordered_at) / timedelta(days=1) for x in back), default=math.nan
        ),
    }


def _stores(visits: dict[str, str]) -> dict[str, float]:
    counts = Counter(visits.values())
    return {
        "stores_total": float(len(counts)),
        "top_store_share_total": max(counts.values()) / len(visits),
    }


def _within(orders: dict[str, datetime], cutoff: datetime, days: int) -> list[str]:
    return [o for o, moment in orders.items() if moment >= cutoff - timedelta(days=days)]


def _entropy(counts: Mapping[object, int]) -> float:
    total = sum(counts.values())
    return -sum(n / total * math.log(n / total) for n in counts.values())


def _share(part: float, whole: float) -> float:
    return part / whole if whole else math.nan


def _stdev(values: list[float]) -> float:
    return statistics.stdev(values) if len(values) > 1 else math.nan
