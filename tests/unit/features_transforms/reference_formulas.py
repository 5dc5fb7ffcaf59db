"""The formulas that features are made of."""

import math
import statistics
from collections.abc import Iterable, Mapping, Sequence
from typing import Any


def share(part: float, whole: float) -> float:
    """Return part / whole; not a number where there is no whole."""
    return part / whole if whole else math.nan


def mean(values: Sequence[float]) -> float:
    return statistics.fmean(values) if values else math.nan


def median(values: Sequence[float]) -> float:
    return statistics.median(values) if values else math.nan


def deviation(values: Sequence[float]) -> float:
    """Return the sample standard deviation, which takes two values."""
    return statistics.stdev(values) if len(values) > 1 else math.nan


def rate(happened: Iterable[bool]) -> float:
    """Return the share of those that are so."""
    return mean([float(each) for each in happened])


def entropy(counts: Mapping[Any, float]) -> float:
    """Return Shannon's entropy in nats; of nothing it is not a number."""
    total = math.fsum(counts.values())
    parts = [n / total for n in counts.values()] if total else [math.nan]
    return -math.fsum(p * math.log(p) for p in parts)
