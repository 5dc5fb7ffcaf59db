"""The categories a customer may buy next, by definition."""

import math
from collections.abc import Sequence
from dataclasses import astuple, dataclass
from datetime import datetime

from features.transforms.categories import CandidatePolicy
from features.transforms.events import Reach
from tests.unit.features_transforms.drawn_moments import midnight
from tests.unit.features_transforms.reference import Basket, Known
from tests.unit.features_transforms.reference_formulas import share
from tests.unit.features_transforms.reference_peers import everybody
from tests.unit.features_transforms.worlds import World


@dataclass(frozen=True)
class Candidate:
    """One category, in the order of the arrays."""

    name: str
    baskets: float
    days_since: float
    interval_days: float
    overdue_days: float
    share: float
    part: float
    fading_share: float
    popularity: float
    popular_part: float


def popularity(others: Sequence[Known], days: int) -> dict[str, tuple[float, float]]:
    """Return how many of everybody's baskets of the last `days` hold each category, as a share,
    and what part of them it is."""
    baskets = [basket for other in others for basket in other.within(days)]
    held = sorted({category for basket in baskets for category in basket.categories})
    return {
        category: (share(len(holding(baskets, category)), len(baskets)), part(baskets, category))
        for category in held
    }


def part(baskets: Sequence[Basket], category: str) -> float:
    """Return what part of a basket's categories one of them is, on average."""
    return share(
        sum(1 / len(set(basket.categories)) for basket in holding(baskets, category)), len(baskets)
    )


def holding(baskets: Sequence[Basket], category: str) -> list[Basket]:
    return [basket for basket in baskets if category in basket.categories]


def fading(own: Known, baskets: Sequence[Basket]) -> float:
    """Return what baskets weigh that lose half of it every `Reach.half_life` days."""
    return sum(0.5 ** (own.age(basket.at) / Reach().half_life) for basket in baskets)


def candidate(own: Known, category: str, popular: tuple[float, float], days: int) -> Candidate:
    baskets = own.within(days)
    held = holding(baskets, category)
    ages = [own.age(basket.at) for basket in held]
    since = min(ages, default=math.nan)
    interval = share(max(ages, default=math.nan) - since, len(ages) - 1) if ages else math.nan
    return Candidate(
        category,
        len(held),
        since,
        interval,
        since - interval,
        share(len(held), len(baskets)) if held else 0.0,
        part(baskets, category) if held else 0.0,
        share(fading(own, held), fading(own, baskets)) if held else 0.0,
        *popular,
    )


def arrays(
    world: World, cutoff: datetime, policy: CandidatePolicy
) -> dict[str, list[tuple[str | float, ...]]]:
    """Return the candidates, by name, of every customer who has any."""
    others = list(everybody(world, midnight(cutoff)).values())
    popular = popularity(others, policy.popularity_days)
    favourites = sorted(popular, key=lambda name: (-popular[name][0], name))[: policy.popular]
    found = {}
    for name, own in everybody(world, cutoff).items():
        bought = {c for basket in own.within(policy.own_days) for c in basket.categories}
        every = [
            candidate(own, category, popular.get(category, (0.0, 0.0)), policy.own_days)
            for category in {*bought, *favourites}
        ]
        best = sorted(every, key=lambda each: (-each.baskets, -each.popularity, each.name))
        kept = sorted(best[: policy.at_most], key=lambda each: each.name)
        if kept:
            found[name] = [astuple(each) for each in kept]
    return found
