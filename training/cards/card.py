"""What is kept with a model version so that people can judge it; plain data that survives JSON."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Literal

from pydantic import TypeAdapter, ValidationError

from models_registry.errors import BundleError
from models_registry.meta import Kind

Better = Literal["higher", "lower", "near"]


@dataclass(frozen=True)
class Part:
    """The rows of one part of the data set.

    Attributes
    ----------
    first, last
        The first and the last moment looked at.
    rows, judged
        All rows, and those inside the population of the model.
    people
        Customers (leads nobody knows count as one each) among the judged rows.
    outcome
        Mean outcome of the judged rows; None where there are none.
    """

    name: str
    first: datetime
    last: datetime
    rows: int
    judged: int
    people: int
    outcome: float | None


@dataclass(frozen=True)
class Use:
    """How much a feature matters.

    Attributes
    ----------
    gain
        Its share of the loss that all splits saved while fitting.
    contribution
        Mean size of its exact contribution, on the scale of the margin.
    """

    feature: str
    en: str
    zh: str
    gain: float
    contribution: float


@dataclass(frozen=True)
class Point:
    """Rows of about the same value of a feature, never few enough to tell one person.

    Attributes
    ----------
    label
        The values in words.
    x
        Their mean; None for texts and for missing values.
    contribution, low, high
        Mean, and tenth and ninetieth percentile, of what the feature added to the margin.
    """

    label: str
    x: float | None
    rows: int
    contribution: float
    low: float
    high: float


@dataclass(frozen=True)
class Dependence:
    """How the contribution of a feature depends on its value."""

    feature: str
    en: str
    points: tuple[Point, ...]


@dataclass(frozen=True)
class Estimate:
    """A measured value; None where it cannot be measured, no ends where they were not estimated."""

    value: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True)
class Measured:
    """One metric of the model beside its baselines.

    Attributes
    ----------
    better
        Which way is better; "near" means near to `target`, or to nothing known.
    rival
        The baseline hardest to beat; "" without one.
    gain
        By how much the model is better than `rival` on the same rows; negative if it is worse.
    """

    metric: str
    better: Better
    target: float | None
    model: Estimate
    baselines: dict[str, Estimate]
    rival: str = ""
    gain: Estimate | None = None


@dataclass(frozen=True)
class Slice:
    """What was measured on a part of the test rows."""

    name: str
    rows: int
    measures: dict[str, float | None]


@dataclass(frozen=True)
class Bin:
    """Test rows of about the same prediction.

    Attributes
    ----------
    predicted, happened
        Means, or medians for days, of what was predicted and of what happened.
    chance
        How far apart the two may be by chance alone, 95 times of 100; None where it is not known.
    covered
        Share of outcomes inside the interval; None without one.
    off
        Further off than the gate allows on the whole.
    """

    rows: int
    predicted: float
    happened: float
    chance: float | None
    covered: float | None
    off: bool


@dataclass(frozen=True)
class Card:
    """All that is said of one trained model.

    Attributes
    ----------
    purpose, population
        What the value means and whom it is for, in words.
    outcome
        What `Part.outcome` is, in words.
    margin
        The scale of contributions, in words.
    explained
        Rows that contributions were measured on.
    rows_digest
        Equal for two cards iff they were measured on the same rows with the same outcomes.
    allowed
        What a bin may be off, in words; "" if the gate does not say.
    level
        Share of samples that the intervals of the metrics hold.
    reproduce
        What has to be the same for the same trees, by name.
    """

    model: str
    pipeline: str
    kind: Kind
    trained_at: datetime
    trained_as_of: datetime
    purpose: str
    population: tuple[str, ...]
    outcome: str
    margin: str
    split: str
    parts: tuple[Part, ...]
    features: tuple[Use, ...]
    explained: int
    dependence: tuple[Dependence, ...]
    rows: int
    rows_digest: str
    metrics: tuple[Measured, ...]
    level: float
    slices: tuple[Slice, ...]
    calibration: tuple[Bin, ...]
    allowed: str
    limits: tuple[str, ...]
    passed: bool
    gate: tuple[str, ...]
    command: str
    reproduce: dict[str, str]
    config: dict[str, Any]

    def to_json(self) -> str:
        """Return the card as JSON text."""
        return _CARD.dump_json(self, indent=1).decode()

    @classmethod
    def from_json(cls, text: str) -> "Card":
        """Return the card `text` holds; BundleError if it holds none."""
        try:
            return _CARD.validate_json(text)
        except ValidationError as error:
            raise BundleError(
                "The card of the model cannot be read",
                where=str(error).partition("\n")[0],
                todo="It was written by another release; train the model again.",
            ) from None


def known(value: float) -> float | None:
    """Return `value`, or None where it is no number that JSON can hold."""
    return float(value) if math.isfinite(value) else None


def all_known(measures: Mapping[str, float]) -> dict[str, float | None]:
    """Return `measures` with None where there is no number."""
    return {name: known(value) for name, value in measures.items()}


_CARD: TypeAdapter[Card] = TypeAdapter(Card)
