"""What a training run depends on: windows, hyper-parameters, population, gate; typed TOML."""

import hashlib
import tomllib
from importlib.resources import files
from typing import Annotated, Any, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, TypeAdapter, ValidationError, model_validator

from features.errors import InputError

_FOLDER = files("training") / "config"


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
    as_share
        Read that margin as a share of the baseline's value.
    """

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    beats_baselines_by: float | None = None
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


class _Model(Frozen):
    model: str
    service: str
    boosting: Boosting = Boosting()
    folds: int = Field(default=3, ge=2)
    population: tuple[Limit, ...] = ()
    bands: tuple[Band, ...] = ()
    slices: tuple[str, ...] = ()
    gate: tuple[Requirement, ...] = Field(min_length=1)


class ChurnConfig(_Model):
    """Whether a customer buys nothing within the horizon.

    Attributes
    ----------
    rules
        Features that make a one-feature baseline each; the first serves the cold start.
    """

    pipeline: Literal["churn"]
    rules: tuple[str, ...] = Field(default=("recency_days",), min_length=1)
    windows: Windows


class NextPurchaseConfig(_Model):
    """When a customer buys next, and what.

    Attributes
    ----------
    interval_level
        Share of outcomes the interval should hold.
    rules
        As in `ChurnConfig`.
    gap_floor_days
        The remaining-gap baseline never promises less than this.
    category_boosting, category_features, category_cutoffs
        The categories head: its trees, its inputs beside the candidate's own, and from how many
        of the training cutoffs it learns (each brings a row per customer and candidate).
    top_categories
        Length of the list that recall and NDCG look at.
    """

    pipeline: Literal["next_purchase"]
    windows: Windows
    interval_level: float = Field(default=0.8, gt=0, lt=1)
    rules: tuple[str, ...] = Field(default=("recency_days",), min_length=1)
    gap_floor_days: float = Field(default=1.0, gt=0)
    category_boosting: Boosting = Boosting()
    category_features: tuple[str, ...] = ()
    category_cutoffs: int = Field(default=7, gt=0)
    top_categories: int = Field(default=5, gt=0)


class ClvConfig(_Model):
    """How much a customer spends within the horizon.

    Attributes
    ----------
    rules
        As in `ChurnConfig`.
    tweedie_power
        Variance power of the Tweedie loss: between many small counts (1) and one amount (2).
    """

    pipeline: Literal["clv"]
    windows: Windows
    rules: tuple[str, ...] = Field(default=("spend_90d",), min_length=1)
    tweedie_power: float = Field(default=1.5, gt=1, lt=2)


class LeadConfig(_Model):
    """Whether a lead converts before it expires.

    Attributes
    ----------
    averages
        Text features whose average is a baseline; the first that says anything is the cold start.
    rules
        Features that make a one-feature baseline each, where leads are known customers.
    leave_out
        What is known of a lead and the model must not read.
    scoring_ages_days
        Days after capture at which a lead still open gives a row to learn from.
    """

    pipeline: Literal["lead_score"]
    averages: tuple[str, ...] = Field(default=("lead_source",), min_length=1)
    rules: tuple[str, ...] = ()
    leave_out: tuple[str, ...] = ()
    scoring_ages_days: tuple[Annotated[int, Field(ge=0)], ...] = (0,)
    split: LeadSplit = LeadSplit()


ModelConfig = Annotated[
    ChurnConfig | NextPurchaseConfig | ClvConfig | LeadConfig, Field(discriminator="pipeline")
]
_ADAPTER: TypeAdapter[ModelConfig] = TypeAdapter(ModelConfig)


def models() -> list[str]:
    """Names of all models that have a configuration, in order."""
    return sorted(f.name.removesuffix(".toml") for f in _FOLDER.iterdir() if f.name[-5:] == ".toml")


def load(model: str) -> ModelConfig:
    """Read the packaged configuration of `model`.

    Raises
    ------
    InputError
        There is no such model.
    """
    known = models()
    if model not in known:
        raise InputError(f"No model is called {model}", todo=f"Choose one of {', '.join(known)}.")
    return parse((_FOLDER / f"{model}.toml").read_text("utf-8"), where=f"{model}.toml")


def parse(text: str, *, where: str = "configuration") -> ModelConfig:
    """Parse TOML text into a typed configuration.

    Raises
    ------
    InputError
        The text is no TOML, a key is unknown, missing or out of range.
    """
    try:
        return _ADAPTER.validate_python(tomllib.loads(text))
    except tomllib.TOMLDecodeError as error:
        raise InputError(f"Not valid TOML: {error}", where=where) from error
    except ValidationError as error:
        first = error.errors()[0]
        place = ".".join(str(part) for part in first["loc"])
        raise InputError(f"{place}: {first['msg']}", where=where) from error


def digest(config: ModelConfig) -> str:
    """Return a short hash that changes when any value of the configuration does."""
    return hashlib.sha256(config.model_dump_json().encode()).hexdigest()[:16]


def flat(config: ModelConfig) -> dict[str, Any]:
    """Return the configuration as `section.key -> value`, for the run's parameters."""
    return dict(_flat("", config.model_dump(mode="json")))


def _flat(prefix: str, value: Any) -> list[tuple[str, Any]]:
    if isinstance(value, dict):
        return [pair for key, item in value.items() for pair in _flat(f"{prefix}.{key}", item)]
    return [(prefix.lstrip("."), value)]
