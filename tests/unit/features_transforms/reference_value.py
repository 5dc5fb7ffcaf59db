"""How much the customer buys and what a basket holds, by definition."""

import math
import statistics
from collections.abc import Mapping, Sequence

from tests.unit.features_transforms.reference import Basket, Definition, Known
from tests.unit.features_transforms.reference_formulas import deviation, mean, rate, share

DAYS = (7, 30, 60, 90, 180)


def spend(baskets: Sequence[Basket]) -> float:
    return math.fsum(basket.spend for basket in baskets)


def spends(known: Known) -> list[float]:
    return [basket.spend for basket in known.purchases]


def last(known: Known) -> Basket:
    """Return the last purchase; of two at the same moment the one with the greater id."""
    return max(known.purchases, key=lambda basket: (basket.at, basket.order_id))


def _orders(days: int) -> Definition:
    return lambda known: len(known.within(days))


def _spend(days: int) -> Definition:
    return lambda known: spend(known.within(days))


def periods(known: Known) -> list[float]:
    """Return the spend of each of the last six times 30 days, the newest first."""
    return [
        spend(
            [
                b
                for b in known.purchases
                if (k == 0 or 30 * k < known.age(b.at)) and known.age(b.at) <= 30 * (k + 1)
            ]
        )
        for k in range(6)
    ]


def slope(known: Known) -> float:
    """Return the least squares slope of ln(1 + spend) over the six periods, towards today."""
    heights = [math.log(1 + amount) for amount in reversed(periods(known))]
    return statistics.linear_regression(range(6), heights).slope


VALUE: Mapping[str, Definition] = {
    **{f"orders_{days}d": _orders(days) for days in DAYS},
    **{f"spend_{days}d": _spend(days) for days in DAYS},
    "spend_total": lambda known: spend(known.purchases),
    "orders_trend": lambda known: share(len(known.within(30)) / 30, len(known.within(90)) / 90),
    "spend_trend": lambda known: share(spend(known.within(30)) / 30, spend(known.within(90)) / 90),
    "basket_mean": lambda known: mean(spends(known)),
    "basket_max": lambda known: max(spends(known)),
    "basket_std": lambda known: deviation(spends(known)),
    "basket_last": lambda known: last(known).spend,
    "spend_slope_180d": slope,
    "spend_30d_vs_best_180d": lambda known: share(periods(known)[0], max(periods(known))),
    "spend_per_30d": lambda known: (
        spend(known.purchases) * 30 / max(known.since(known.days[0]), 30)
    ),
    "basket_trend_90d": lambda known: share(
        mean([b.spend for b in known.within(90)]), mean(spends(known))
    ),
    "largest_basket_share_180d": lambda known: share(
        max([b.spend for b in known.within(180)], default=0.0), spend(known.within(180))
    ),
}

BASKET: Mapping[str, Definition] = {
    "lines_per_basket_90d": lambda known: mean([len(b.bought) for b in known.within(90)]),
    "units_per_basket_90d": lambda known: mean([b.units for b in known.within(90)]),
    "categories_per_basket_90d": lambda known: mean([len(b.categories) for b in known.within(90)]),
    "price_per_unit_90d": lambda known: share(
        spend(known.within(90)), math.fsum(b.units for b in known.within(90))
    ),
    "small_basket_share_90d": lambda known: rate(len(b.bought) <= 2 for b in known.within(90)),
    "spend_per_line_90d": lambda known: share(
        spend(known.within(90)), sum(len(b.bought) for b in known.within(90))
    ),
}


FEATURES: Mapping[str, Definition] = {**VALUE, **BASKET}
