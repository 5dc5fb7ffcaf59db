"""All features of everybody: each customer's own, and set against peers, by definition."""

import math
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from tests.unit.features_transforms import (
    reference_campaigns,
    reference_goods,
    reference_places,
    reference_promotion,
    reference_service,
    reference_timing,
    reference_value,
)
from tests.unit.features_transforms.drawn_moments import midnight
from tests.unit.features_transforms.reference import Definition, Known, known
from tests.unit.features_transforms.reference_formulas import mean, share
from tests.unit.features_transforms.worlds import World

Group = Callable[[Known], str | None]

OWN: Mapping[str, Definition] = {
    **reference_timing.FEATURES,
    **reference_value.FEATURES,
    **reference_goods.FEATURES,
    **reference_places.FEATURES,
    **reference_promotion.FEATURES,
    **reference_campaigns.FEATURES,
    **reference_service.FEATURES,
}


def shop(customer: Known) -> str | None:
    return reference_places.main_shop(customer.purchases)


def cohort(customer: Known) -> str:
    """Return the month of the first purchase."""
    return f"{customer.days[0]:%Y-%m}"


PEERS: Mapping[str, tuple[Group, str]] = {
    "spend_90d_vs_store": (shop, "spend_90d"),
    "orders_90d_vs_store": (shop, "orders_90d"),
    "basket_mean_vs_store": (shop, "basket_mean"),
    "recency_days_vs_store": (shop, "recency_days"),
    "discount_share_90d_vs_store": (shop, "discount_share_90d"),
    "spend_90d_vs_cohort": (cohort, "spend_90d"),
    "orders_90d_vs_cohort": (cohort, "orders_90d"),
    "active_days_90d_vs_cohort": (cohort, "active_days_90d"),
    "recency_days_vs_cohort": (cohort, "recency_days"),
    "categories_90d_vs_cohort": (cohort, "categories_90d"),
}


def everybody(world: World, cutoff: datetime) -> dict[str, Known]:
    """Return what was known of every customer who had bought something, by name."""
    names = sorted({line.customer_id for line in world.lines})
    found = {name: known(world, name, cutoff) for name in names}
    return {name: customer for name, customer in found.items() if customer.purchases}


def against(own: Known, others: Sequence[Known], group: Group, measure: str) -> float:
    """Return the measure against its mean over the others of the same group who have it."""
    if group(own) is None:
        return math.nan
    values = [OWN[measure](other) for other in others if group(other) == group(own)]
    return share(OWN[measure](own), mean([value for value in values if not math.isnan(value)]))


def features(world: World, cutoff: datetime) -> dict[str, dict[str, float]]:
    """Return every feature of every customer with a purchase known at the cutoff."""
    others = list(everybody(world, midnight(cutoff)).values())
    return {
        name: {
            **{feature: float(definition(own)) for feature, definition in OWN.items()},
            **{name_: against(own, others, *peers) for name_, peers in PEERS.items()},
        }
        for name, own in everybody(world, cutoff).items()
    }
