"""Rules that turn a margin or a single feature into a value; plain numbers that survive JSON."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from models_registry.columns import Floats, Table, framed, numbers, require
from models_registry.errors import BundleError

_STEEPEST = 700.0  # exp() of more overflows a float64; the probability is 0 or 1 long before


def sigmoid(x: Floats) -> Floats:
    """Return 1 / (1 + exp(-x)), without overflow."""
    return 1.0 / (1.0 + np.exp(-np.clip(x, -_STEEPEST, _STEEPEST)))


@dataclass(frozen=True)
class Sigmoid:
    """Platt calibration: probability = sigmoid(a * margin + b).

    Attributes
    ----------
    a, b
        Slope and offset on the raw margin; (1, 0) leaves a logistic model as it is.
    """

    a: float = 1.0
    b: float = 0.0
    kind: Literal["sigmoid"] = "sigmoid"

    def __call__(self, margin: Floats) -> Floats:
        """Return the probability of each margin."""
        return sigmoid(self.a * margin + self.b)


@dataclass(frozen=True)
class Scale:
    """Multiplies an amount: undoes the bias of a mean taken on another scale (Duan's smearing).

    Attributes
    ----------
    factor
        Mean outcome over mean prediction on rows the model was not fitted on.
    """

    factor: float = 1.0
    kind: Literal["scale"] = "scale"

    def __call__(self, amount: Floats) -> Floats:
        """Return the corrected amounts."""
        return self.factor * amount


@dataclass(frozen=True)
class Curve:
    """A piecewise-linear rule over one numeric feature, flat beyond its ends.

    Attributes
    ----------
    feature
        The column it reads.
    xs, ys
        Knots, `xs` strictly increasing; a single knot is a constant.
    missing
        Answer where the feature is not known.
    """

    feature: str
    xs: tuple[float, ...]
    ys: tuple[float, ...]
    missing: float
    kind: Literal["curve"] = "curve"

    def __post_init__(self) -> None:
        """Refuse knots that do not describe a function."""
        if not self.xs or len(self.xs) != len(self.ys) or bool(np.any(np.diff(self.xs) <= 0)):
            raise BundleError("A curve needs as many ys as xs, with xs strictly increasing")

    def __call__(self, table: Table) -> Floats:
        """Return the rule's answer for each row of `table`."""
        x = numbers(table, self.feature)
        return np.where(np.isnan(x), self.missing, np.interp(x, self.xs, self.ys))


@dataclass(frozen=True)
class Levels:
    """A rule over one text feature: one answer per level.

    Attributes
    ----------
    feature
        The column it reads.
    values
        Level -> answer.
    otherwise
        Answer for a level not in `values` and where the feature is not known.
    """

    feature: str
    values: dict[str, float]
    otherwise: float
    kind: Literal["levels"] = "levels"

    def __call__(self, table: Table) -> Floats:
        """Return the rule's answer for each row of `table`."""
        require(table, [self.feature])
        if self.feature not in table:
            return np.full(len(table), self.otherwise)
        answers = framed(table)[self.feature].astype(object).map(self.values)
        return np.asarray(answers.fillna(self.otherwise), np.float64)


Calibration = Sigmoid | Scale
Rule = Curve | Levels
