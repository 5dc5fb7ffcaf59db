"""Where and at what hours the customer buys, by definition."""

from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from datetime import date

from tests.unit.features_transforms.reference import Basket, Definition, Known
from tests.unit.features_transforms.reference_formulas import entropy, rate

SATURDAY = 5


def shops(baskets: Sequence[Basket]) -> Counter[str]:
    """Return the orders of each shop; an order without a shop counts for none."""
    return Counter(basket.store for basket in baskets if basket.store is not None)


def main_shop(baskets: Sequence[Basket]) -> str | None:
    """Return the shop with most of the orders; of several the first by name."""
    visits = shops(baskets)
    return min(visits, key=lambda shop: (-visits[shop], shop), default=None)


def main_share(baskets: Sequence[Basket]) -> float:
    main = main_shop(baskets)
    return rate(basket.store == main for basket in baskets if main is not None)


def new_shops(known: Known) -> int:
    """Return the shops whose first purchase is at most 90 days old."""
    return len(shops(known.purchases).keys() - shops(known.older(90)).keys())


STORES: Mapping[str, Definition] = {
    "stores_90d": lambda known: len(shops(known.within(90))),
    "stores_total": lambda known: len(shops(known.purchases)),
    "top_store_share_90d": lambda known: main_share(known.within(90)),
    "top_store_share_total": lambda known: main_share(known.purchases),
    "online_share_90d": lambda known: rate(b.channel == "online" for b in known.within(90)),
    "new_stores_90d": new_shops,
}


def share_of(is_so: Callable[[Basket], bool]) -> Definition:
    return lambda known: rate(is_so(basket) for basket in known.within(180))


def weekdays(known: Known) -> Counter[int]:
    return Counter(basket.at.weekday() for basket in known.within(180))


def month_part(day: date) -> int:
    """Return 0, 1 or 2: days 1 to 10, 11 to 20, 21 to the end."""
    return min((day.day - 1) // 10, 2)


SEASONS: Mapping[str, Definition] = {
    "same_weekday_share_180d": lambda known: rate(
        basket.at.weekday() == known.cutoff.weekday() for basket in known.within(180)
    ),
    "month_start_share_180d": share_of(lambda basket: basket.at.day <= 10),
    "same_month_part_share_180d": lambda known: rate(
        month_part(basket.at) == month_part(known.cutoff) for basket in known.within(180)
    ),
}

HABITS: Mapping[str, Definition] = {
    "weekend_share_180d": share_of(lambda basket: basket.at.weekday() >= SATURDAY),
    "morning_share_180d": share_of(lambda basket: 5 <= basket.at.hour < 12),
    "afternoon_share_180d": share_of(lambda basket: 12 <= basket.at.hour < 18),
    "evening_share_180d": share_of(lambda basket: basket.at.hour >= 18),
    "weekday_entropy_180d": lambda known: entropy(weekdays(known)),
}

FEATURES: Mapping[str, Definition] = {**STORES, **HABITS, **SEASONS}
