"""What a training run depends on: windows, hyper-parameters, population, gate; typed TOML."""

import hashlib
import tomllib
from importlib.resources import files
from typing import Annotated, Any, Literal

from pydantic import Field, TypeAdapter, ValidationError

from features.errors import InputError
from training.pooled import Pooled
from training.sections import (
    Band,
    Boosting,
    Frozen,
    LeadSplit,
    Limit,
    Requirement,
    SurvivalConfig,
    Windows,
)

__all__ = [
    "Boosting",
    "ChurnConfig",
    "ClvConfig",
    "Frozen",
    "LeadConfig",
    "LeadSplit",
    "Limit",
    "ModelConfig",
    "NextPurchaseConfig",
    "Requirement",
    "SurvivalConfig",
    "Windows",
    "digest",
    "family",
    "flat",
    "load",
    "models",
    "parse",
]

_FOLDER = files("training") / "config"
_FAMILIES = _FOLDER / "families"


class _Model(Frozen):
    """What every model states.

    Attributes
    ----------
    slices
        Columns that the test rows are cut by: numbers into tertiles, texts into levels.
    pooled
        The model that answers where the data are too few for this one.
    slice_margin
        By what share of the champion's error a challenger may be worse in a slice.
    """

    model: str
    service: str
    boosting: Boosting = Boosting()
    pooled: Pooled = Pooled()
    folds: int = Field(default=3, ge=2)
    population: tuple[Limit, ...] = ()
    bands: tuple[Band, ...] = ()
    slices: tuple[str, ...] = ()
    slice_margin: float = Field(default=0.05, ge=0)
    gate: tuple[Requirement, ...] = Field(min_length=1)


class ChurnConfig(_Model):
    """Whether a customer buys nothing within the horizon.

    Attributes
    ----------
    family
        Models of one family are trained together, on what the family's own file says.
    survival
        The curve that the probability is read from.
    rules
        Features that make a one-feature baseline each; the first serves the cold start.
    """

    pipeline: Literal["churn"]
    family: str = ""
    survival: SurvivalConfig = SurvivalConfig()
    rules: tuple[str, ...] = Field(default=("recency_days",), min_length=1)
    windows: Windows


class NextPurchaseConfig(_Model):
    """When a customer buys next, and what.

    Attributes
    ----------
    family, survival, rules
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
    family: str = ""
    survival: SurvivalConfig = SurvivalConfig()
    windows: Windows
    rules: tuple[str, ...] = Field(default=("recency_days",), min_length=1)
    gap_floor_days: float = Field(default=1.0, gt=0)
    category_boosting: Boosting = Boosting()
    category_features: tuple[str, ...] = ()
    category_cutoffs: int = Field(default=4, gt=0)
    top_categories: int = Field(default=5, gt=0)


class ClvConfig(_Model):
    """How much a customer spends within the horizon.

    Attributes
    ----------
    rules
        As in `ChurnConfig`.
    tweedie_power
        Variance power of the Tweedie loss: between many small counts (1) and one amount (2).
    basket_mean, basket_orders, basket_weight
        The features that say what a purchase is worth, and so many purchases as the shop's mean
        weighs.
    interval_level, interval_rounds
        Share of outcomes the interval should hold, and the trees of each of its ends.
    least_amount
        Ends of the interval are learned on a logarithm: less than this is taken as this.
    """

    pipeline: Literal["clv"]
    windows: Windows
    rules: tuple[str, ...] = Field(default=("spend_90d",), min_length=1)
    tweedie_power: float = Field(default=1.5, gt=1, lt=2)
    basket_mean: str = "basket_mean"
    basket_orders: str = "active_days"
    basket_weight: float = Field(default=3.0, gt=0)
    interval_level: float = Field(default=0.8, gt=0, lt=1)
    interval_rounds: int = Field(default=80, gt=0)
    least_amount: float = Field(default=1.0, gt=0)


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


def family(config: ModelConfig) -> list[ModelConfig]:
    """Return the configurations trained together with this one, shortest horizon first.

    They read one curve, so that the others take over its trees, curve and population.
    """
    if isinstance(config, LeadConfig | ClvConfig) or not config.family:
        return [config]
    shared = {name: getattr(config, name) for name in ("boosting", "survival", "population")}
    every = [load(name) for name in models() if name != config.model]
    of_it = (one for one in every if isinstance(one, ChurnConfig | NextPurchaseConfig))
    others = (one for one in of_it if one.family == config.family)
    named = [config, *(one.model_copy(update=shared) for one in others)]
    return [*sorted(named, key=lambda one: (one.windows.horizon_days, one.model))]


def parse(text: str, *, where: str = "configuration") -> ModelConfig:
    """Parse TOML text into a typed configuration; what a family's file says holds for its members.

    Raises
    ------
    InputError
        The text is no TOML, a key is unknown, missing or out of range.
    """
    try:
        said = tomllib.loads(text)
        shared = _FAMILIES / f"{said.get('family', '')}.toml"
        common = tomllib.loads(shared.read_text("utf-8")) if shared.is_file() else {}
        return _ADAPTER.validate_python({**common, **said})
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
