"""What a model says of some rows, as columns."""

from dataclasses import dataclass, fields

import numpy as np
import numpy.typing as npt

from models_registry.columns import Floats


@dataclass(frozen=True, slots=True)
class Answers:
    """What a model says of some rows, n of them.

    Attributes
    ----------
    value
        A row outside the population has `baseline` as its value, and no interval.
    low, high
        NaN without an interval.
    margin
        Raw, of the main booster.
    baseline
        NaN without a rule.
    eligible
        Whether the row lies inside the population.
    """

    value: Floats
    low: Floats
    high: Floats
    margin: Floats
    baseline: Floats
    eligible: npt.NDArray[np.bool_]

    def columns(self) -> dict[str, npt.NDArray[np.generic]]:
        """Return the columns by name."""
        return {each.name: getattr(self, each.name) for each in fields(self)}
