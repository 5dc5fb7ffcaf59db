"""What the values of one feature look like over all customers of a build."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from features.errors import FeaturesMissingError
from features.feature_files import FeatureFiles
from features.feature_sets import CUSTOMER, definitions_fingerprint
from features.settings import Settings


@dataclass(frozen=True, slots=True)
class DescriptionPolicy:
    """What a description shows.

    Attributes
    ----------
    quantiles
        Shares of the customers below the values shown.
    bars, trimmed
        Bars of the histogram, and the share of the customers left out at each end of it.
    """

    quantiles: tuple[float, ...] = (0.0, 0.05, 0.25, 0.5, 0.75, 0.95, 1.0)
    bars: int = 12
    trimmed: float = 0.01


POLICY = DescriptionPolicy()


@dataclass(frozen=True, slots=True)
class Bar:
    """How many customers lie from `low` up to `high`; the last bar holds its `high`."""

    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Description:
    """The values of one feature.

    Attributes
    ----------
    customers, missing
        Rows of the build, and those of them without a value.
    median
        NaN where all are missing.
    quantiles
        Value by share of the customers below it; empty where all are missing.
    bars
        Histogram without the outermost customers.
    """

    customers: int
    missing: int
    median: float
    quantiles: dict[float, float]
    bars: tuple[Bar, ...]


def newest_values(settings: Settings, name: str) -> tuple[datetime, "pd.Series[float]"]:
    """Return the newest moment features were built for, and one feature of every customer.

    Raises
    ------
    FeaturesMissingError
        If nothing of the present definitions is built.
    """
    files = FeatureFiles(settings.feature_dir / CUSTOMER.name, definitions_fingerprint())
    built = files.cutoffs()
    if not built:
        raise FeaturesMissingError(
            "No features are built",
            where=str(files.folder),
            todo="Run `shuke features build`.",
        )
    return built[-1], files.frame(built[-1], [name])[name]


def described(values: "pd.Series[float]", policy: DescriptionPolicy = POLICY) -> Description:
    """Return what the values of a feature (NaN: missing) look like."""
    known: NDArray[np.floating[Any]] = values.dropna().to_numpy("float64")
    missing = len(values) - len(known)
    if not len(known):
        return Description(len(values), missing, float("nan"), {}, ())
    found = np.quantile(known, policy.quantiles)
    return Description(
        customers=len(values),
        missing=missing,
        median=float(np.median(known)),
        quantiles={q: float(value) for q, value in zip(policy.quantiles, found, strict=True)},
        bars=_bars(known, policy),
    )


def _bars(known: NDArray[np.floating[Any]], policy: DescriptionPolicy) -> tuple[Bar, ...]:
    low, high = np.quantile(known, (policy.trimmed, 1 - policy.trimmed))
    if low == high:
        return (Bar(float(low), float(high), int((known == low).sum())),)
    counts, edges = np.histogram(known, policy.bars, (low, high))
    return tuple(
        Bar(float(edges[n]), float(edges[n + 1]), int(count)) for n, count in enumerate(counts)
    )
