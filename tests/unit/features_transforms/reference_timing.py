"""When the customer buys, by definition."""

import math
from collections.abc import Mapping

from tests.unit.features_transforms.reference import Definition, Known
from tests.unit.features_transforms.reference_formulas import deviation, mean, median, rate, share


def recency(known: Known) -> float:
    return known.since(known.days[-1])


def recent_days(known: Known) -> list[int]:
    """Return the places of the purchase days whose first purchase is at most 90 days old."""
    firsts = [min(b.at for b in known.purchases if b.at.date() == day) for day in known.days]
    return [place for place, first in enumerate(firsts) if known.age(first) <= 90]


def recent_gaps(known: Known) -> list[float]:
    """Return the gaps that end on one of `recent_days`."""
    return [known.gaps[place - 1] for place in recent_days(known) if place > 0]


def percentile(known: Known) -> float:
    """Return the share of all gaps that were at most as long as the silence."""
    return rate(gap <= recency(known) for gap in known.gaps)


def active_weeks(known: Known) -> int:
    """Return in how many of the last twelve weeks (days 1 to 7, 8 to 14, ...) was bought."""
    ages = [known.since(day) for day in known.days]
    return len({math.ceil(max(age, 1.0) / 7) for age in ages if age <= 84})


FEATURES: Mapping[str, Definition] = {
    "recency_days": recency,
    "tenure_days": lambda known: known.since(known.days[0]),
    "active_days": lambda known: len(known.days),
    "active_days_90d": lambda known: len(recent_days(known)),
    "orders_total": lambda known: len(known.purchases),
    "ipt_mean": lambda known: mean(known.gaps),
    "ipt_median": lambda known: median(known.gaps),
    "ipt_std": lambda known: deviation(known.gaps),
    "ipt_last": lambda known: mean(known.gaps[-1:]),
    "ipt_trend": lambda known: share(mean(recent_gaps(known)), mean(known.gaps)),
    "gap_ratio": lambda known: share(recency(known), median(known.gaps)),
    "gap_z": lambda known: share(recency(known) - mean(known.gaps), deviation(known.gaps)),
    "gap_percentile": percentile,
    "active_weeks_84d": active_weeks,
}
