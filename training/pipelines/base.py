"""The contract every pipeline keeps, and the steps they share."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Generic, Protocol, TypeVar

import numpy as np
import pandas as pd

from features.lake.lake import Lake
from models_registry.bundle import Bundle
from models_registry.calibration import Rule
from models_registry.columns import Floats, numbers
from models_registry.meta import Condition, Kind
from training.config import ChurnConfig, ClvConfig, Limit, NextPurchaseConfig
from training.dataset import Context, Dataset, customer_dataset, planned, settled_customers
from training.evaluate import Evaluation

Config = TypeVar("Config", ChurnConfig, NextPurchaseConfig, ClvConfig)
PERCENTILES = np.linspace(0.0, 1.0, 101)


class Pipeline(Protocol):
    """From lake to measured model.

    `fit` never looks at `dataset.test`; the same dataset and configuration give the same trees.
    """

    @property
    def name(self) -> str:
        """Name of the model."""
        ...

    @property
    def service(self) -> str:
        """Feature service it reads."""
        ...

    def moments(self, lake: Lake, today: datetime) -> dict[str, Sequence[datetime]]:
        """Return the moments whose features `prepare` will ask for, by feature service."""
        ...

    def prepare(self, ctx: Context) -> Dataset:
        """Return rows with features and outcomes, split by time."""
        ...

    def fit(self, dataset: Dataset) -> Bundle:
        """Return a calibrated model that describes itself."""
        ...

    def evaluate(self, bundle: Bundle, dataset: Dataset) -> Evaluation:
        """Return the model beside its baselines on `dataset.test`."""
        ...

    @property
    def kind(self) -> Kind:
        """What its values are."""
        ...

    def happened(self, frame: pd.DataFrame) -> Floats:
        """Return what a value is held against, shape (n,)."""
        ...

    def settled(self, ctx: Context) -> Dataset:
        """Return every row whose outcome is known, all in `train`: too few for any other part."""
        ...

    def rule(self, dataset: Dataset) -> Rule:
        """Return the rule of one feature that answers for those the model does not judge."""
        ...


@dataclass(frozen=True)
class OfCustomers(Generic[Config]):
    """What pipelines whose rows are customers at planned cutoffs have in common."""

    config: Config

    @property
    def name(self) -> str:
        """Name of the model."""
        return self.config.model

    @property
    def service(self) -> str:
        """Feature service it reads."""
        return self.config.service

    def moments(self, lake: Lake, today: datetime) -> dict[str, Sequence[datetime]]:
        """Return the moments whose features `prepare` will ask for, by feature service."""
        return {self.config.service: planned(lake, today, self.config.windows).all}

    def prepare(self, ctx: Context) -> Dataset:
        """Return every known customer at the planned cutoffs."""
        return customer_dataset(ctx, self.config.windows, self.config.service)

    def settled(self, ctx: Context) -> Dataset:
        """Return every row whose outcome is known, all in `train`: too few for any other part."""
        return settled_customers(ctx, self.config.windows, self.config.service)


def conditions(population: Iterable[Limit]) -> tuple[Condition, ...]:
    """Return the configured population as the bundle states it."""
    return tuple(Condition(limit.feature, limit.side, limit.value) for limit in population)


def inside(frame: pd.DataFrame, population: Sequence[Condition]) -> pd.DataFrame:
    """Return the rows inside the population."""
    kept = np.ones(len(frame), dtype=bool)
    for condition in population:
        kept &= condition.holds(frame)
    return frame[kept].reset_index(drop=True)


def whose(frame: pd.DataFrame) -> "pd.Series[str]":
    """Return whose row each is: the customer's, or the lead's that is no customer yet."""
    who: pd.Series[str] = frame["customer_id"]
    return who.fillna(frame["lead_id"]) if "lead_id" in frame else who


def outcome(frame: pd.DataFrame, column: str) -> Floats:
    """Return an outcome column as float64, shape (n,)."""
    return frame[column].to_numpy(np.float64)


def typical(
    frame: pd.DataFrame, features: Sequence[str], levels: Mapping[str, Sequence[str]]
) -> dict[str, float | str]:
    """Return what is usual: the median of a number, the most frequent level of a text."""
    usual: dict[str, float | str] = {}
    for name in features:
        if name in levels:
            known = frame[name].dropna()
            if len(known):
                usual[name] = str(known.mode().iloc[0])
        else:
            values = numbers(frame, name)
            if not np.isnan(values).all():
                usual[name] = float(np.nanmedian(values))
    return usual


def quantiles(values: Floats) -> tuple[float, ...]:
    """Return 101 evenly spaced quantiles, the scale that percentiles are read from."""
    return tuple(np.quantile(values, PERCENTILES).tolist())
