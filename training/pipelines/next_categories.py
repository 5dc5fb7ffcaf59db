"""The categories head of the next purchase: which of the candidates the next basket holds."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC

import lightgbm as lgb
import numpy as np
import pandas as pd

from features.lake.lake import Lake
from features.transforms.categories import ARRAYS
from models_registry.bundle import Bundle
from models_registry.categories import candidates
from models_registry.columns import Floats
from models_registry.meta import CategoryHead
from training.boosting import Learner, fit_sigmoid, margins
from training.config import NextPurchaseConfig
from training.dataset import PARTS, Dataset
from training.labels import next_basket
from training.metrics import ranking_rows

KEY, *NUMBERS = ARRAYS
BASKET = "basket"
MOST_BOUGHT, MOST_POPULAR = "category_baskets_180d", "category_popularity_90d"


def with_baskets(dataset: Dataset, lake: Lake, horizon_days: int) -> Dataset:
    """Add the column `basket`: the categories of the first purchase after each cutoff."""
    rows = pd.concat([dataset.known, dataset.test])
    cutoffs = [moment.to_pydatetime() for moment in rows["as_of"].unique()]
    lines = lake.table("order_lines")
    baskets = lake.con.execute(next_basket(lines, cutoffs, horizon_days))
    baskets = baskets.assign(as_of=baskets["as_of"].dt.tz_localize(UTC))
    parts = {
        part: getattr(dataset, part).merge(baskets, how="left", on=["customer_id", "as_of"])
        for part in PARTS
    }
    return replace(dataset, **parts)


def fit_head(
    config: NextPurchaseConfig, train: pd.DataFrame, valid: pd.DataFrame
) -> tuple[CategoryHead, lgb.Booster]:
    """Fit what a candidate adds to a list's recall; calibrate its chance on `valid`.

    The best list for a measure that divides by the size of a basket, as recall does, is ordered by
    the expected share and not by the chance: a category of small baskets counts for more. A place
    on a list of k counts for at most 1/k, however large the basket.
    """
    features, k = (*NUMBERS, *config.category_features), config.top_categories
    head = CategoryHead(key=KEY, arrays=tuple(NUMBERS), features=features)
    x, _, share = _pairs(head, _thinned(train, config.category_cutoffs), k)
    valid_x, held, valid_share = _pairs(head, valid, k)
    learner = Learner(config.category_boosting, {"objective": "cross_entropy"}, features)
    booster = learner.fit(x, share, valid=(valid_x, valid_share))
    return replace(head, calibration=fit_sigmoid(margins(booster, valid_x), held)), booster


def category_rows(bundle: Bundle, test: pd.DataFrame, k: int) -> dict[str, dict[str, Floats]]:
    """Measure lists of `k` categories, row by row: the model's, most bought, most popular."""
    truth = [frozenset(basket) for basket in _baskets(test)]
    model = [[each.category for each in told] for told in bundle.next_categories(test, k)]
    lists = {
        bundle.meta.model: model,
        "most bought": _by(test, MOST_BOUGHT, k),
        "most popular": _by(test, MOST_POPULAR, k),
    }
    return {name: ranking_rows(ranked, truth, k) for name, ranked in lists.items()}


def _thinned(frame: pd.DataFrame, most: int) -> pd.DataFrame:
    """Keep the rows of at most that many cutoffs, spread evenly over time."""
    cutoffs = np.sort(frame["as_of"].unique())
    places = np.linspace(0, len(cutoffs) - 1, min(most, len(cutoffs))).round().astype(int)
    return frame[frame["as_of"].isin(cutoffs[places])]


def _pairs(head: CategoryHead, frame: pd.DataFrame, k: int) -> tuple[Floats, Floats, Floats]:
    """Return inputs, whether the next basket held the candidate, and that over its size."""
    bought = frame[frame[BASKET].notna()]
    pairs = candidates(head, bought)
    baskets = pd.Series(_baskets(bought))
    held = baskets.explode()
    taken = pd.MultiIndex.from_arrays([held.index, held.to_numpy(object)])
    asked = pd.MultiIndex.from_arrays([pairs.rows, pairs.names])
    inside = asked.isin(taken).astype(np.float64)
    size = baskets.map(len).clip(1, k).to_numpy()[pairs.rows]
    return pairs.x, inside, inside / size


def _by(frame: pd.DataFrame, column: str, k: int) -> list[list[str]]:
    """Return the k candidates with the highest number, of equals the more popular."""
    return [
        [
            str(names[place])
            for place in np.lexsort((-np.asarray(popular), -np.asarray(numbers)))[:k]
        ]
        if _is_list(names)
        else []
        for names, numbers, popular in zip(
            frame[KEY], frame[column], frame[MOST_POPULAR], strict=True
        )
    ]


def _baskets(frame: pd.DataFrame) -> list[Sequence[str]]:
    return [basket if _is_list(basket) else () for basket in frame[BASKET]]


def _is_list(value: object) -> bool:
    return isinstance(value, list | tuple | np.ndarray)
