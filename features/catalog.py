"""The catalogue: every customer feature by name, and what the category arrays hold."""

from collections.abc import Mapping
from dataclasses import dataclass
from difflib import get_close_matches

from features.errors import InputError
from features.transforms.customer import FEATURES as _ALL
from features.transforms.feature import Feature
from features.transforms.lead_words import lead_feature

__all__ = ["ARRAY_WORDS", "FEATURES", "ArrayWords", "Feature", "described", "feature"]

FEATURES: dict[str, Feature] = {feature.name: feature for feature in _ALL}


@dataclass(frozen=True, slots=True)
class ArrayWords:
    """What one array of the candidate categories holds; place n of each is the same category.

    Attributes
    ----------
    default
        What stands for a candidate that the customer did not buy within the window.
    """

    unit: str
    en: str
    zh: str
    default: str


ARRAY_WORDS: Mapping[str, ArrayWords] = {
    "category_names": ArrayWords("name", "candidate categories", "候选品类", "the name"),
    "category_baskets_180d": ArrayWords(
        "count", "baskets with the category, 180 days", "近180天含该品类的订单数", "0"
    ),
    "category_days_since": ArrayWords(
        "days", "days since the category was last bought", "距上次购买该品类天数", "missing"
    ),
    "category_interval_days": ArrayWords(
        "days", "mean days between purchases of the category", "该品类平均购买间隔", "missing"
    ),
    "category_overdue_days": ArrayWords(
        "days", "days beyond that interval", "超出平均间隔的天数", "missing"
    ),
    "category_share_180d": ArrayWords(
        "share", "share of own baskets with the category, 180 days", "近180天含该品类订单占比", "0"
    ),
    "category_part_180d": ArrayWords(
        "share",
        "share of the categories of an own basket, 180 days",
        "近180天该品类占每单品类之比",
        "0",
    ),
    "category_fading_share_180d": ArrayWords(
        "share",
        "share of own baskets with the category, half as much for every 60 days, 180 days",
        "近180天含该品类订单占比（每60天权重减半）",
        "0",
    ),
    "category_popularity_90d": ArrayWords(
        "share",
        "share of all baskets with the category, 90 days",
        "近90天全体订单含该品类占比",
        "0",
    ),
    "category_popular_part_90d": ArrayWords(
        "share",
        "share of the categories of anybody's basket, 90 days",
        "近90天该品类占全体每单品类之比",
        "0",
    ),
}


def feature(name: str) -> Feature:
    """Return a feature; raise InputError, naming the nearest, where there is none of that name."""
    if name in FEATURES:
        return FEATURES[name]
    near = get_close_matches(name, FEATURES, n=3)
    todo = f"Did you mean {' or '.join(near)}?" if near else "See `shuke features list`."
    raise InputError(f"There is no feature {name!r}", todo=todo)


def described(name: str) -> Feature | None:
    """Return a feature of customers or of leads by name; None for what has no words of its own."""
    return FEATURES.get(name) or lead_feature(name)
