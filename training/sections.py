"""The sections a model's configuration is made of, each with its defaults."""

from typing import Literal, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator


class Frozen(BaseModel):
    """A value that cannot change and accepts no key it does not know."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Windows(Frozen):
    """Where cutoffs may lie.

    Attributes
    ----------
    horizon_days
        Length of the outcome window that starts at a cutoff.
    warm_up_days
        History every cutoff needs behind it.
    step_days
        Days between neighbouring cutoffs.
    test_cutoffs, valid_cutoffs
        How many of the newest cutoffs measure the model, and calibrate it.
    least_train_cutoffs
        Below this, training and calibration windows may overlap each other (never the test).
    """

    horizon_days: int = Field(gt=0)
    warm_up_days: int = Field(default=90, ge=0)
    step_days: int = Field(default=7, gt=0)
    test_cutoffs: int = Field(default=1, gt=0)
    valid_cutoffs: int = Field(default=1, gt=0)
    least_train_cutoffs: int = Field(default=4, gt=0)


class LeadSplit(Frozen):
    """How settled leads are cut in time.

    Attributes
    ----------
    test_share
        The newest share of settled leads, by capture, that measures the model.
    valid_share
        Of the leads settled before that, the share settled last: it stops and calibrates.
    feature_cutoffs
        At most so many moments to know customers at; a lead reads the newest before its capture.
    level_count
        A categorical value seen in fewer training leads is treated as missing.
    least_rows
        Fewer training or test leads than this are refused.
    """

    test_share: float = Field(default=0.25, gt=0, lt=1)
    valid_share: float = Field(default=0.35, gt=0, lt=1)
    feature_cutoffs: int = Field(default=60, gt=0)
    level_count: int = Field(default=20, ge=1)
    least_rows: int = Field(default=100, ge=1)


class Boosting(Frozen):
    """LightGBM's hyper-parameters; reasons cost time in proportion to trees and leaves.

    One thread: these fits take seconds, and on a busy machine threads wait for one another.
    """

    rounds: int = Field(default=200, gt=0)
    early_stopping: int = Field(default=20, ge=0)
    learning_rate: float = Field(default=0.05, gt=0)
    num_leaves: int = Field(default=15, ge=2)
    min_data_in_leaf: int = Field(default=100, ge=1)
    feature_fraction: float = Field(default=0.7, gt=0, le=1)
    bagging_fraction: float = Field(default=0.8, gt=0, le=1)
    lambda_l2: float = Field(default=5.0, ge=0)
    seed: int = 20170101
    num_threads: int = Field(default=1, ge=1)
    monotone: dict[str, Literal[-1, 1]] = {}


class SurvivalConfig(Frozen):
    """How the curve of silence is learned.

    Attributes
    ----------
    service
        Feature service that all of a family read the rows of the curve from; "" for each its own.
    longest_days
        The curve ends here.
    least_days
        A customer watched for less is left out.
    draws
        Days that each row is asked about.
    most_pairs
        Rows times draws at most; of more rows, so many are drawn.
    reported_days
        Horizons that models of their own report: the curve is read at them too.
    daily_days, growth
        So far days are read one by one from the curve, then each so many times the one before.
    interval_level
        Share of outcomes the interval of days should hold.
    level_rows, least_level_rows, level_step
        Its ends are set on at most and at least so many rows, in such steps.
    """

    service: str = ""
    longest_days: int = Field(default=90, gt=0)
    least_days: int = Field(default=7, gt=0)
    draws: int = Field(default=3, gt=0)
    most_pairs: int = Field(default=150_000, gt=0)
    reported_days: tuple[float, ...] = ()
    daily_days: int = Field(default=14, gt=0)
    growth: float = Field(default=1.2, gt=1)
    interval_level: float = Field(default=0.8, gt=0, lt=1)
    level_rows: int = Field(default=4_000, gt=0)
    least_level_rows: int = Field(default=200, gt=0)
    level_step: float = Field(default=0.005, gt=0, lt=0.5)

    @property
    def grid_days(self) -> tuple[float, ...]:
        """Days at which waiting times are read from the curve, ascending."""
        days = [float(day) for day in range(1, self.daily_days + 1)]
        while days[-1] * self.growth < self.longest_days:
            days.append(float(round(days[-1] * self.growth)))
        inside = {day for day in (*days, *self.reported_days) if day < self.longest_days}
        return (*sorted(inside), float(self.longest_days))


class Limit(Frozen):
    """One condition a customer must meet to be scored by the model and not by the baseline."""

    feature: str
    side: Literal["at_least", "at_most"]
    value: float


class Requirement(Frozen):
    """One condition of the gate: at least one of its bounds must be given.

    Attributes
    ----------
    beats_baselines_by
        Margin over the best baseline that has this metric.
    beats_champion_by
        Margin over the champion, where there is one; below zero it is what may be lost. A metric
        with a right value (coverage) gains by coming nearer to it.
    as_share
        Read these margins as shares of the rival's value.
    """

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    beats_baselines_by: float | None = None
    beats_champion_by: float = 0.0
    as_share: bool = False

    @model_validator(mode="after")
    def _asks_something(self) -> Self:
        if self.at_least is None and self.at_most is None and self.beats_baselines_by is None:
            raise ValueError(f"gate condition on {self.metric} asks nothing")
        return self


class Band(Frozen):
    """A named cut of a calibrated probability; `low` is its lower bound."""

    name: str
    low: float = Field(ge=0, lt=1)
