"""Everything a bundle knows besides its trees."""

from dataclasses import dataclass, field
from datetime import datetime
from itertools import pairwise
from typing import Literal, cast

import numpy as np
from pydantic import TypeAdapter, ValidationError

from models_registry.calibration import Calibration, Rule, Sigmoid, sigmoid
from models_registry.columns import Floats, Table, numbers
from models_registry.errors import BundleError
from models_registry.rungs import Rung, Shortage

Kind = Literal["probability", "days", "amount"]
Link = Literal["identity", "log", "log1p", "logit"]

_LARGEST_LOG = 50.0  # e**50 is more money, and more days, than there is


@dataclass(frozen=True)
class Condition:
    """One bound of the population a model was trained on; a missing value does not meet it."""

    feature: str
    op: Literal["at_least", "at_most"]
    value: float

    def holds(self, table: Table) -> np.ndarray:
        """Return, for each row of `table`, whether the bound is met."""
        x = numbers(table, self.feature)
        return x >= self.value if self.op == "at_least" else x <= self.value


@dataclass(frozen=True)
class Survival:
    """How a booster that knows the silence to come is read.

    Its last input, after the features, is a number of days, and its margin says how likely nothing
    is bought within them: one booster, so that all that is read from it agrees.

    Attributes
    ----------
    at_days
        For a "probability": the days that are asked about.
    grid_days
        For "days": where the curve is read, ascending; straight lines between.
    quantiles
        For "days": the probabilities of having bought at which low, value and high are read.
    """

    at_days: float | None = None
    grid_days: tuple[float, ...] = ()
    quantiles: tuple[float, float, float] = (0.1, 0.5, 0.9)


@dataclass(frozen=True)
class Basket:
    """What one purchase of a customer is worth: their own mean, shrunk towards the shop's.

    An expected spend over an expected basket is an expected number of purchases, so that the two
    never disagree.

    Attributes
    ----------
    mean, orders
        Features: the customer's mean spend a purchase, and the number of purchases it is of.
    usual
        The shop's mean.
    weight
        So many purchases of the customer weigh as much as the shop's mean does.
    """

    mean: str
    orders: str
    usual: float
    weight: float

    def __call__(self, table: Table) -> Floats:
        """Return the expected spend a purchase of each row; above 0."""
        own, orders = np.nan_to_num(numbers(table, self.mean)), numbers(table, self.orders)
        seen = np.nan_to_num(orders)
        shrunk: Floats = (own * seen + self.usual * self.weight) / (seen + self.weight)
        return shrunk


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
        Sigmoid for "probability" (None: the plain logistic function) and for whatever is read
        from a survival curve, Scale or None for "amount".
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
        Widening of both ends, on the scale of the margin, that makes the interval hold its level.
    link
        Scale of the raw margin: value = inverse link of margin, then calibration. "probability"
        is always logit.
    survival
        Given where the main booster knows the silence of any number of days.
    basket
        For an amount: how it is made up of purchases.
    family
        Equal in versions that came from one training and belong together; "" for those alone.
    category
        Only next_purchase: the head that ranks categories.
    groups
        Features so alike that a reason names one for all; a feature of none stands alone.
    rung
        Which rung of the ladder answers: "rule" has no trees and answers everybody by `baseline`.
    shortage
        What the full model lacks; given on the lower rungs.
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
    survival: Survival | None = None
    basket: Basket | None = None
    family: str = ""
    category: CategoryHead | None = None
    groups: tuple[tuple[str, ...], ...] = ()
    rung: Rung = "full"
    shortage: Shortage | None = None

    def __post_init__(self) -> None:
        """Refuse a description that contradicts itself."""
        if self.population and self.baseline is None:
            raise BundleError("A population needs a baseline for the rows outside it")
        if (self.rung == "full") != (self.shortage is None):
            raise BundleError("A lower rung says what the full model lacks, and no other does")
        if self.rung == "rule" and self.baseline is None:
            raise BundleError("Without a baseline no rule can answer")
        if any(b < a for a, b in pairwise(self.reference)):
            raise BundleError("The reference quantiles are not ascending")
        if any(b <= a for (_, a), (_, b) in pairwise(self.bands)):
            raise BundleError("The bands are not ascending")
        logistic = self.kind == "probability" or self.survival is not None
        if self.calibration is not None and isinstance(self.calibration, Sigmoid) != logistic:
            raise BundleError(f"{self.calibration.kind} cannot calibrate a {self.kind}")
        grouped = [name for group in self.groups for name in group]
        if len(grouped) > len(set(grouped)) or not set(grouped) <= set(self.features):
            raise BundleError("A group names a feature twice, or one the model does not read")
        if any(len(group) < 2 for group in self.groups):
            raise BundleError("A group of features needs at least two")

    def value(self, margin: Floats) -> Floats:
        """Return the calibrated value of each raw margin, within its natural bounds."""
        if self.kind == "probability":
            return self.probability(margin)
        value = _inverse(self.link, margin)
        return self.clip(self.calibration(value) if self.calibration else value)

    def probability(self, margin: Floats) -> Floats:
        """Return the calibrated probability of each raw margin on the logit scale."""
        return (cast(Sigmoid | None, self.calibration) or Sigmoid())(margin)

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
