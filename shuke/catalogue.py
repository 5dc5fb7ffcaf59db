"""The catalogue page of the documentation, written from the code."""

import math
from collections.abc import Iterable, Sequence
from itertools import groupby
from operator import attrgetter

from features.catalog import ARRAY_WORDS, FEATURES, Feature

_TITLES = {
    "timing": "When they buy",
    "value": "How much they buy",
    "basket": "What a basket looks like",
    "category": "Categories, departments and brands",
    "promotion": "Discounts and coupons",
    "stores": "Shops and channels",
    "habits": "Weekdays and hours",
    "returns": "Returns",
    "campaigns": "Campaign pressure and response",
    "service": "Service cases and interactions",
    "seasonality": "Time of the week and of the month",
    "peers": "Against other customers",
}
_COLUMNS = ("name", "unit", "English", "中文", "default", "typical")
_HEAD = """# Features

{count} features of a customer at a moment, and {arrays} arrays of candidate categories. Written
from the code by `shuke features catalogue --to docs/features.md`; do not edit.

- **unit**: `days`, `count`, `money` (of the lake), `share` (0 to 1), `ratio`, `nats` (natural
  logarithms), `score` (on the scale given).
- **default**: the value of a customer of whom there is nothing to count. `missing` (NaN) where it
  then cannot be known: a share of nothing, the time since what never was, anything told by a table
  that the lake does not have. Where the lake has the table, its counts are 0 for whom it does not
  name.
- **typical**: what the sentence about a customer compares with: this customer's own usual value,
  or the median of all customers.

Windows reach back from the moment asked about, in days of 24 hours; what was not yet known then
does not count ([architecture](architecture.md)). A customer without any known purchase has no row.
Times are UTC. `shuke features describe NAME` shows the values
of the newest build; [how to add a feature](how-to/add-a-feature.md)."""
_ARRAYS = """## Candidate categories

What a customer may buy next: the categories bought within 180 days, and the most popular ones of
the last 90. Place n of every array tells of the same category; ordered by name."""


def page() -> str:
    """Return `docs/features.md` as the code would have it."""
    by_topic = groupby(FEATURES.values(), key=attrgetter("topic"))
    tables = [
        f"## {_TITLES[topic]}\n\n{_table(map(_row, features))}" for topic, features in by_topic
    ]
    arrays = _table(
        (f"`{name}`", words.unit, words.en, words.zh, words.default, "")
        for name, words in ARRAY_WORDS.items()
    )
    head = _HEAD.format(count=len(FEATURES), arrays=len(ARRAY_WORDS))
    return "\n\n".join([head, *tables, _ARRAYS, arrays]) + "\n"


def _row(feature: Feature) -> Sequence[str]:
    default = "missing" if math.isnan(feature.default) else f"{feature.default:g}"
    typical = f"own `{feature.typical_from}`" if feature.typical_from else "median"
    return (f"`{feature.name}`", feature.unit, feature.en, feature.zh, default, typical)


def _table(rows: Iterable[Sequence[str]]) -> str:
    lines = [_COLUMNS, ("---",) * len(_COLUMNS), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
