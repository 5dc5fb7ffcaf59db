"""From feature rows to the facts the health rule looks at."""

from collections.abc import Mapping
from typing import Any

from service.crm.health import Health, HealthFacts, HealthPolicy, health


def customer_health(
    row: Mapping[Any, Any], churn_60d: float | None, policy: HealthPolicy
) -> Health:
    """Return how well the relation with one customer stands.

    Parameters
    ----------
    row
        Customer features by name (NaN where missing), as the feature store gives them.
    churn_60d
        Calibrated probability of no purchase in the next 60 days; None without a champion.
    """
    recent = row["orders_90d"]
    facts = HealthFacts(
        recency_days=row["recency_days"],
        ipt_median=row["ipt_median"],
        orders_90d=recent,
        orders_before_90d=row["orders_180d"] - recent,
        spend_90d=row["spend_90d"],
        churn_60d=churn_60d,
        redemptions_90d=row["redemptions_90d"],
    )
    return health(facts, policy)


def weakest(found: Health) -> str:
    """Return the part with the most points missing, as a sentence for a list."""
    part = max(found.parts, key=lambda part: part.of - part.points)
    return f"health {found.score:.0f} of 100, weakest in {part.name}: {part.reason}"
