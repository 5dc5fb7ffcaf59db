"""What came off the price, by definition."""

import math
from collections.abc import Mapping, Sequence

from tests.unit.features_transforms.reference import Basket, Definition, Known
from tests.unit.features_transforms.reference_formulas import mean, rate, share


def discount_share(baskets: Sequence[Basket]) -> float:
    shelf = math.fsum(basket.shelf for basket in baskets)
    return share(math.fsum(basket.discount for basket in baskets), shelf)


def coupon_share(baskets: Sequence[Basket]) -> float:
    shelf = math.fsum(basket.shelf for basket in baskets)
    return share(math.fsum(basket.coupon for basket in baskets), shelf)


def reduced(known: Known) -> list[Basket]:
    return [basket for basket in known.within(90) if basket.discount > 0]


def depth(known: Known) -> float:
    """Return the discount as a share of the shelf price of what was reduced."""
    return discount_share(reduced(known))


def reduced_against_full(known: Known) -> float:
    """Return the mean spend of discounted purchases by that of the others."""
    full = [basket.spend for basket in known.within(90) if not basket.discount > 0]
    return share(mean([basket.spend for basket in reduced(known)]), mean(full))


FEATURES: Mapping[str, Definition] = {
    "discount_share_90d": lambda known: discount_share(known.within(90)),
    "discount_share_total": lambda known: discount_share(known.purchases),
    "discount_basket_share_90d": lambda known: rate(b.discount > 0 for b in known.within(90)),
    "coupon_share_90d": lambda known: coupon_share(known.within(90)),
    "coupon_basket_share_90d": lambda known: rate(b.coupon > 0 for b in known.within(90)),
    "coupon_basket_share_total": lambda known: rate(b.coupon > 0 for b in known.purchases),
    "discount_depth_90d": depth,
    "discounted_basket_ratio_90d": reduced_against_full,
}
