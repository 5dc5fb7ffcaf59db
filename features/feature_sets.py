"""The feature sets: what is built, stored and served together."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from features import transforms
from features.catalog import FEATURES
from features.errors import InputError
from features.online.packing import Kind
from features.transforms.categories import ARRAYS, customer_categories
from features.transforms.customer import customer_features
from features.transforms.transform import Transform

MAX_AGE = timedelta(days=35)  # older rows are not given for a moment in the past


@dataclass(frozen=True, slots=True, eq=False)
class FeatureSet:
    """Columns keyed by (customer_id, as_of) that one query builds.

    Attributes
    ----------
    name
        Names the folder of files and the Feast view.
    columns
        Feature columns in order, with what they hold.
    transform
        From lake tables and cutoffs to one row per customer and cutoff.
    at_once
        Cutoffs a query may hold; more gain nothing and cost memory.
    """

    name: str
    columns: Mapping[str, Kind]
    transform: Transform
    at_once: int


CUSTOMER = FeatureSet("customer", dict.fromkeys(FEATURES, "number"), customer_features, at_once=100)
CATEGORIES = FeatureSet("categories", ARRAYS, customer_categories, at_once=6)
SETS = (CUSTOMER, CATEGORIES)
SERVICES: Mapping[str, tuple[FeatureSet, ...]] = {
    "churn_28d_v1": (CUSTOMER,),
    "churn_60d_v1": (CUSTOMER,),
    "next_purchase_v1": (CUSTOMER, CATEGORIES),
    "clv_90d_v1": (CUSTOMER,),
    "lead_score_v1": (CUSTOMER,),
}


def sets_of(service: str | None) -> tuple[FeatureSet, ...]:
    """Return the sets a service is made of; all for None. InputError for an unknown service."""
    if service is None:
        return SETS
    if service not in SERVICES:
        raise InputError(
            f"There is no feature service {service!r}", todo=f"Known: {', '.join(SERVICES)}."
        )
    return SERVICES[service]


def columns(service: str) -> dict[str, Kind]:
    """Return the columns of a service in their order, with what they hold."""
    return columns_of(sets_of(service))


def columns_of(sets: Sequence[FeatureSet]) -> dict[str, Kind]:
    """Return the columns of feature sets in their order, with what they hold."""
    return {name: kind for each in sets for name, kind in each.columns.items()}


def typed(
    sets: Sequence[FeatureSet],
    found: Mapping[str, Sequence[Any]] | pd.DataFrame,
    index: pd.Index,
) -> pd.DataFrame:
    """Return the columns of sets on `index`: numbers as float64, arrays as lists or None."""
    kinds = columns_of(sets)
    names = [name for name, kind in kinds.items() if kind == "number"]
    shape = len(names), len(index)  # also of no number at all
    numbers = np.array([found[name] for name in names], dtype="float64").reshape(shape)
    arrays = {
        name: pd.Series([_listed(each) for each in found[name]], index=index, dtype="object")
        for name in kinds
        if name not in names
    }
    return pd.DataFrame(numbers.T, columns=names, index=index).assign(**arrays)[list(kinds)]


def _listed(array: Any) -> list[Any] | None:
    if isinstance(array, np.ndarray):
        return list(array.tolist())
    return list(array) if isinstance(array, list) else None


@cache
def definitions_fingerprint() -> str:
    """Return a digest of the source that defines every feature; it changes iff that changes."""
    digest = hashlib.sha256()
    for folder in transforms.__path__:
        for source in sorted(Path(folder).glob("*.py")):
            digest.update(source.name.encode() + source.read_bytes())
    return digest.hexdigest()[:16]
