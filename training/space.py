"""Which settings of the trees are searched, and between which bounds."""

from typing import TYPE_CHECKING, Self

from pydantic import Field, model_validator

from training.config import Boosting, Frozen

if TYPE_CHECKING:
    from optuna import Trial


class Between(Frozen):
    """Bounds of one setting, both included.

    Attributes
    ----------
    log
        Search orders of magnitude and not differences.
    """

    low: float
    high: float
    log: bool = False

    @model_validator(mode="after")
    def _ascends(self) -> Self:
        if self.low >= self.high:
            raise ValueError(f"from {self.low:g} to {self.high:g} there is nothing to search")
        return self

    def holding(self, value: float) -> "Between":
        """Return bounds wide enough for `value`."""
        return self.model_copy(update={"low": min(self.low, value), "high": max(self.high, value)})


class Space(Frozen):
    """Bounds of the settings that are searched; all others stay as configured.

    Trees are not counted here: the early stop counts them, up to the configured rounds, and more
    leaves than 31 would make every reason slower.
    """

    learning_rate: Between = Between(low=0.02, high=0.2, log=True)
    num_leaves: Between = Between(low=4, high=31, log=True)
    min_data_in_leaf: Between = Between(low=20, high=400, log=True)
    feature_fraction: Between = Between(low=0.2, high=1.0)
    bagging_fraction: Between = Between(low=0.5, high=1.0)
    lambda_l2: Between = Between(low=0.1, high=50.0, log=True)

    def around(self, boosting: Boosting) -> "Space":
        """Return the space with bounds wide enough for the settings there are."""
        return Space(**{name: bounds.holding(getattr(boosting, name)) for name, bounds in self})

    def settings(self, boosting: Boosting) -> dict[str, float]:
        """Return those settings of `boosting` that are searched."""
        return {name: getattr(boosting, name) for name, _ in self}

    def suggest(self, trial: "Trial", boosting: Boosting) -> Boosting:
        """Return `boosting` with what a trial proposes."""
        proposed: dict[str, float] = {}
        for name, bounds in self:
            if isinstance(getattr(boosting, name), int):
                low, high = int(bounds.low), int(bounds.high)
                proposed[name] = trial.suggest_int(name, low, high, log=bounds.log)
            else:
                proposed[name] = trial.suggest_float(name, bounds.low, bounds.high, log=bounds.log)
        return Boosting.model_validate({**boosting.model_dump(), **proposed})


class Search(Frozen):
    """How settings are searched.

    Attributes
    ----------
    trials, seconds
        The search ends with whichever comes first; a trial that has begun is finished. The same
        seed gives the same choice as long as the seconds do not end it.
    splits
        Inner tests each trial is measured on, where the history holds so many.
    fits
        Fits a trial at least takes: on fewer inner tests it is repeated with other seeds, because
        the luck of one seed differs by more than neighbouring settings do.
    least_gain
        Share of the error the best trial must save; below, the settings stay as they are.
    """

    trials: int = Field(default=60, gt=0)
    seconds: float = Field(default=600.0, gt=0)
    splits: int = Field(default=2, gt=0)
    fits: int = Field(default=4, gt=0)
    least_gain: float = Field(default=0.002, ge=0)
    seed: int = 20170101
    space: Space = Space()
