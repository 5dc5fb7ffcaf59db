"""Which categories the customer buys and what comes back, by definition."""

import math
from collections import Counter
from collections.abc import Mapping
from datetime import datetime, timedelta

from tests.unit.features_transforms.reference import Basket, Definition, Known
from tests.unit.features_transforms.reference_formulas import entropy, rate, share


def lines_by_category(known: Known) -> Counter[str]:
    """Return the bought lines of each category of the last 90 days."""
    lines = [line for basket in known.within(90) for line in basket.bought]
    return Counter(line.category for line in lines if line.category is not None)


def top_share(lines: Counter[str], count: int) -> float:
    return share(sum(n for _, n in lines.most_common(count)), lines.total())


def first_bought(known: Known, category: str) -> datetime:
    return min(basket.at for basket in known.purchases if category in basket.categories)


def new_share(known: Known) -> float:
    found = lines_by_category(known)
    since = known.cutoff - timedelta(days=90)
    return share(sum(first_bought(known, category) >= since for category in found), len(found))


def department(known: Known, category: str) -> str | None:
    """Return the department of most products of a category; of several the first by name."""
    found = Counter(
        product.department
        for product in known.products or ()
        if product.category == category and product.department is not None
    )
    return min(found, key=lambda name: (-found[name], name), default=None)


def lines_by_department(known: Known) -> Counter[str]:
    """Return the bought lines of each department of the last 90 days."""
    lines: Counter[str] = Counter()
    for category, count in lines_by_category(known).items():
        if (found := department(known, category)) is not None:
            lines[found] += count
    return lines


def own_brand_share(known: Known) -> float:
    if known.products is None:
        return math.nan
    own = {x.product_id for x in known.products if (x.brand or "").lower() == "private"}
    return rate(x.product_id in own for basket in known.within(90) for x in basket.bought)


CATEGORY: Mapping[str, Definition] = {
    # Nothing bought lately of a known category: missing, not 0.
    "categories_90d": lambda known: len(lines_by_category(known)) or math.nan,
    "category_entropy_90d": lambda known: entropy(lines_by_category(known)),
    "top_category_share_90d": lambda known: top_share(lines_by_category(known), 1),
    "top3_category_share_90d": lambda known: top_share(lines_by_category(known), 3),
    "new_category_share_90d": new_share,
    "repeat_category_share_90d": lambda known: rate(
        sum(category in basket.categories for basket in known.within(90)) > 1
        for category in lines_by_category(known)
    ),
    "departments_90d": lambda known: len(lines_by_department(known)) or math.nan,
    "top_department_share_90d": lambda known: top_share(lines_by_department(known), 1),
    "own_brand_share_90d": own_brand_share,
}


def lately(known: Known) -> list[Basket]:
    """Return the baskets, purchases or returns, of the last 180 days."""
    return [basket for basket in known.baskets if known.age(basket.at) <= 180]


def returned_share(known: Known) -> float:
    baskets = lately(known)
    returned = sum(len(basket.returned) for basket in baskets)
    return share(returned, sum(len(basket.lines) for basket in baskets))


def returned_amount(known: Known) -> float:
    return -math.fsum(line.net_amount for basket in lately(known) for line in basket.returned)


def since_return(known: Known) -> float:
    returns = [basket.at for basket in known.baskets if basket.returned]
    return known.age(max(returns)) if returns else math.nan


RETURNS: Mapping[str, Definition] = {
    "return_line_share_180d": returned_share,
    "returned_amount_180d": returned_amount,
    "days_since_return": since_return,
}

FEATURES: Mapping[str, Definition] = {**CATEGORY, **RETURNS}
