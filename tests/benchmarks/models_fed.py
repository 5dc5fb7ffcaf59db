"""A data set that also tells what a buy-till-you-die model makes of each customer's history."""

from collections.abc import Callable
from dataclasses import replace
from typing import Literal, TypeVar

import numpy as np
import pandas as pd

from tests.benchmarks.models_btyd import Btyd, histories
from tests.benchmarks.models_shops import Shop
from training.config import ChurnConfig, ClvConfig
from training.dataset import Dataset

PURCHASES, ALIVE, MONEY = "bg_purchases", "bg_alive", "bg_money"
FOR_CHURN, FOR_MONEY = (PURCHASES, ALIVE), (PURCHASES, MONEY)
Config = TypeVar("Config", ChurnConfig, ClvConfig)
Feed = Callable[[Shop, Dataset], Dataset]


def feed(btyd: Btyd, horizon: int, columns: tuple[str, ...]) -> Feed:
    """Return what adds expected purchases and money within `horizon` days, or the chance to live.

    At each cutoff the model is fitted on what was bought before it, so that nothing later is told.
    """

    def fed(shop: Shop, dataset: Dataset) -> Dataset:
        told: dict[pd.Timestamp, pd.DataFrame] = {}

        def more(rows: pd.DataFrame) -> pd.DataFrame:
            added = np.full((len(rows), len(columns)), np.nan)
            for cutoff in rows["as_of"].unique():
                places = np.flatnonzero(rows["as_of"] == cutoff)
                if cutoff not in told:
                    history = histories(shop.days, cutoff.to_pydatetime())
                    said = btyd.ask(history, [horizon]).set_index("customer")
                    told[cutoff] = said.assign(**{MONEY: said[PURCHASES] * said["monetary"]})
                known = told[cutoff].reindex(rows["customer_id"].to_numpy()[places])
                added[places] = known[list(columns)].to_numpy(np.float64)
            return rows.assign(**dict(zip(columns, added.T, strict=True)))

        spells = dataset.spells
        return replace(
            dataset,
            train=more(dataset.train),
            between=more(dataset.between),
            valid=more(dataset.valid),
            test=more(dataset.test),
            spells=None if spells is None else more(spells),
            features=(*dataset.features, *columns),
        )

    return fed


def reading(config: Config, column: str, direction: Literal[-1, 1]) -> Config:
    """Return the configuration of a model that reads them, held to the direction of one."""
    boosting = config.boosting
    monotone = boosting.monotone | {column: direction}
    update = {"boosting": boosting.model_copy(update={"monotone": monotone})}
    return config.model_copy(update=update)
