"""Everything a bundle knows besides its trees."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Literal, cast

import numpy as np
import pandas as pd
from pydantic import TypeAdapter, ValidationError

from models_registry.calibration import Calibration, Rule, Sigmoid, sigmoid
from models_registry.columns import Floats, numbers
from models_registry.errors import BundleError

Kind = Literal["probability", "days", "amount"]
Link = Literal["identity", "log", "log1p", "logit"]

_LARGEST_LOG = 50.0  # e**50 is more money, and more days, than there is


@dataclass(frozen=True)
class Condition:
    """One bound of the population a model was trained on; a missing value does not meet it."""

    feature: str
    op: Literal["at_least", "at_most"]
    value: float

    def holds(self, frame: pd.DataFrame) -> np.ndarray:
        """Return, for each row of `frame`, whether the bound is met."""
        x = numbers(frame, self.feature)
        return x >= self.value if self.op == "at_least" else x <= self.value


@dataclass(frozen=True)
class CategoryHead:
    """How the "category" booster of next_purchase reads a customer.

    Attributes
    ----------
    key
        Column holding, per customer, the array of category names.
    arrays
        Columns holding arrays of the same length, one element per category.
    features
        Inputs of the booster in order: names of `arrays`, of `key` (if it has levels) and of
        plain customer features.
    levels
        Text inputs: level -> code by position.
    calibration
        From the head's margin to the probability that the next basket holds the category.
    """

    key: str
    arrays: tuple[str, ...]
    features: tuple[str, ...]
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    calibration: Sigmoid = field(default_factory=Sigmoid)


@dataclass(frozen=True)
class Meta:
    """The description of one trained model.

    Attributes
    ----------
    version
        Number given by the registry; "" until registered.
    features
        Inputs of the main boosters, in order.
    levels
        Text features: level -> code by position; unseen or missing -> NaN.
    typical
        Population median of a number, most frequent level of a text; a feature without one is
        left out.
    horizon_days
        Length of the outcome window; "days" are clipped to it. None if the outcome has no window.
    calibration
        Sigmoid for "probability" (None: the plain logistic function), Scale or None for "amount".
    baseline
        The simple rule the model had to beat; it answers for rows outside `population`.
    population
        Bounds of the rows the model may judge; needs a `baseline`.
    bands
        (name, lower bound) ascending; the first also takes everything below its bound.
    reference
        Evenly spaced quantiles of `value` in the reference population, first the least and last
        the greatest (101 give percentiles); empty if there is none.
    interval_level
        Probability that the outcome lies within [low, high]; None without such boosters.
    interval_pad
        Widening of both ends, in the value's unit, that makes the interval hold its level.
    link
        Scale of the raw margin: value = inverse link of margin, then calibration. "probability"
        is always logit.
    category
        Only next_purchase: the head that ranks categories.
    """

    model: str
    kind: Kind
    feature_service: str
    features: tuple[str, ...]
    trained_at: datetime
    trained_as_of: datetime
    data_fingerprint: str
    version: str = ""
    levels: dict[str, tuple[str, ...]] = field(default_factory=dict)
    typical: dict[str, float | str] = field(default_factory=dict)
    horizon_days: int | None = None
    calibration: Calibration | None = None
    baseline: Rule | None = None
    population: tuple[Condition, ...] = ()
    bands: tuple[tuple[str, float], ...] = ()
    reference: tuple[float, ...] = ()
    interval_level: float | None = None
    interval_pad: float = 0.0
    link: Link = "identity"
    category: CategoryHead | None = None

    def __post_init__(self) -> None:
        """Refuse a description that contradicts itself."""
        if self.population and self.baseline is None:
            raise BundleError("A population needs a baseline for the rows outside it")
        if any(b < a for a, b in pairwise(self.reference)):
            raise BundleError("The reference quantiles are not ascending")
        if any(b <= a for (_, a), (_, b) in pairwise(self.bands)):
            raise BundleError("The bands are not ascending")
        if isinstance(self.calibration, Sigmoid) != (self.kind == "probability") and (
            self.calibration is not None
        ):
            raise BundleError(f"{self.calibration.kind} cannot calibrate a {self.kind}")

    def value(self, margin: Floats) -> Floats:
        """Return the calibrated value of each raw margin, within its natural bounds."""
        if self.kind == "probability":
            calibration = cast(Sigmoid | None, self.calibration) or Sigmoid()
            return calibration(margin)
        value = _inverse(self.link, margin)
        return self.clip(self.calibration(value) if self.calibration else value)

    def clip(self, value: Floats) -> Floats:
        """Return `value` kept possible: [0, 1], [0, horizon] days or money not below 0."""
        if self.kind == "probability":
            return np.clip(value, 0.0, 1.0)
        cap = self.horizon_days if self.kind == "days" else None
        return np.clip(value, 0.0, cap)

    def to_json(self) -> str:
        """Return the description as JSON text."""
        text = _META.dump_json(self).decode()
        if not _reads_back(text, self):
            raise BundleError(
                "The description does not survive JSON",
                where=self.model,
                todo="Replace NaN and infinities, and use tuples, str keys and aware times.",
            )
        return text

    @classmethod
    def from_json(cls, text: str) -> "Meta":
        """Return the description `text` holds; BundleError if it holds none."""
        try:
            return _META.validate_json(text)
        except ValidationError as error:
            raise BundleError(
                "The description of the model cannot be read", where=str(error)
            ) from None


def _inverse(link: Link, margin: Floats) -> Floats:
    if link == "log":
        return np.exp(np.minimum(margin, _LARGEST_LOG))
    if link == "log1p":
        return np.expm1(np.minimum(margin, _LARGEST_LOG))
    return sigmoid(margin) if link == "logit" else margin


def _reads_back(text: str, meta: Meta) -> bool:
    try:
        return _META.validate_json(text) == meta
    except ValidationError:
        return False


_META: TypeAdapter[Meta] = TypeAdapter(Meta)
