"""How well the relation with a customer stands: 0 to 100 in named parts that add up."""

from collections.abc import Iterator
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class HealthPolicy:
    """What each part weighs and where it is full.

    Attributes
    ----------
    rhythm, frequency, trend, spend, outlook, response
        Most points each part can give; they add up to 100.
    unknown_share
        Share (0 to 1) of a part's points given when its facts are missing.
    typical_gap_days
        Stands in for a customer's own usual gap between purchases when that is unknown.
    shortest_gap_days
        A usual gap below this counts as this: a daily shopper may miss a day.
    silent_at
        Usual gaps of silence at which rhythm is empty; it is full up to one.
    orders_full, spend_full
        Orders, and spend in the tenant's currency, of 90 days that fill their parts.
    redemptions_full
        Coupons redeemed in 90 days that fill response.
    """

    version: str = "health-1"
    rhythm: float = 30.0
    frequency: float = 15.0
    trend: float = 15.0
    spend: float = 15.0
    outlook: float = 20.0
    response: float = 5.0
    unknown_share: float = 0.5
    typical_gap_days: float = 14.0
    shortest_gap_days: float = 2.0
    silent_at: float = 5.0
    orders_full: float = 12.0
    spend_full: float = 500.0
    redemptions_full: float = 2.0


@dataclass(frozen=True, slots=True)
class HealthFacts:
    """What is known of a customer; None (or NaN) where it is not.

    Attributes
    ----------
    recency_days
        Days since the last purchase.
    ipt_median
        Usual days between purchases.
    orders_90d, orders_before_90d
        Orders of the last 90 days and of the 90 days before them.
    spend_90d
        Spend of the last 90 days.
    churn_60d
        Calibrated probability of no purchase in the next 60 days.
    redemptions_90d
        Coupons redeemed in the last 90 days.
    """

    recency_days: float | None = None
    ipt_median: float | None = None
    orders_90d: float | None = None
    orders_before_90d: float | None = None
    spend_90d: float | None = None
    churn_60d: float | None = None
    redemptions_90d: float | None = None


@dataclass(frozen=True, slots=True)
class Part:
    """One part of the score: the points it gives, out of how many, and why."""

    name: str
    points: float
    of: float
    reason: str


@dataclass(frozen=True, slots=True)
class Health:
    """The score, 0 to 100, is the sum of its parts' points."""

    score: float
    parts: tuple[Part, ...]
    policy_version: str


def health(facts: HealthFacts, policy: HealthPolicy) -> Health:
    """Return how well the relation stands; missing facts give `unknown_share` of their part."""
    parts = tuple(_parts(facts, policy))
    return Health(sum(part.points for part in parts), parts, policy.version)


def _parts(facts: HealthFacts, policy: HealthPolicy) -> Iterator[Part]:
    yield _rhythm(_known(facts.recency_days), _known(facts.ipt_median), policy)
    yield _level(
        "frequency",
        _known(facts.orders_90d),
        policy.orders_full,
        policy.frequency,
        "orders",
        policy,
    )
    yield _trend(_known(facts.orders_90d), _known(facts.orders_before_90d), policy)
    yield _level("spend", _known(facts.spend_90d), policy.spend_full, policy.spend, "spent", policy)
    yield _outlook(_known(facts.churn_60d), policy)
    yield _level(
        "response",
        _known(facts.redemptions_90d),
        policy.redemptions_full,
        policy.response,
        "coupons redeemed",
        policy,
    )


def _rhythm(recency: float | None, gap: float | None, policy: HealthPolicy) -> Part:
    if recency is None:
        return _unknown("rhythm", policy.rhythm, "the last purchase is not known", policy)
    usual = max(policy.typical_gap_days if gap is None else gap, policy.shortest_gap_days)
    filled = (policy.silent_at - recency / usual) / (policy.silent_at - 1)
    whose = "other customers buy" if gap is None else "usually"
    reason = f"{recency:.0f} days since the last purchase; {whose} every {usual:.0f}"
    return _part("rhythm", filled, policy.rhythm, reason)


def _trend(orders: float | None, before: float | None, policy: HealthPolicy) -> Part:
    if orders is None or before is None:
        return _unknown("trend", policy.trend, "orders of both periods are not known", policy)
    filled = orders / before if before > 0 else float(orders > 0)
    reason = f"{orders:.0f} orders in 90 days after {before:.0f} in the 90 days before"
    return _part("trend", filled, policy.trend, reason)


def _outlook(churn: float | None, policy: HealthPolicy) -> Part:
    if churn is None:
        return _unknown("outlook", policy.outlook, "no churn score", policy)
    reason = f"{churn:.0%} likely to buy nothing in the next 60 days"
    return _part("outlook", 1 - churn, policy.outlook, reason)


def _level(
    name: str, value: float | None, full: float, of: float, noun: str, policy: HealthPolicy
) -> Part:
    if value is None:
        return _unknown(name, of, f"{noun} of the last 90 days not known", policy)
    return _part(name, value / full, of, f"{value:,.0f} {noun} in 90 days; full at {full:,.0f}")


def _unknown(name: str, of: float, why: str, policy: HealthPolicy) -> Part:
    reason = f"{why}; counted as {policy.unknown_share:.0%}"
    return _part(name, policy.unknown_share, of, reason)


def _part(name: str, filled: float, of: float, reason: str) -> Part:
    return Part(name, of * min(max(filled, 0.0), 1.0), of, reason)


def _known(value: float | None) -> float | None:
    return None if value is None or value != value else value
