"""When and what next, beside a customer's own gaps, buy-till-you-die models, and own habits."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from models_registry.columns import Floats
from tests.benchmarks.models_bootstrap import OURS, Columns
from tests.benchmarks.models_btyd import Btyd, histories, median_days
from tests.benchmarks.models_case import Case
from tests.benchmarks.models_rolling import Fitted, identity, rolling
from tests.benchmarks.models_shops import ACTIVE, Shop
from training.cards.weighted import Weighed, averages, interval
from training.config import NextPurchaseConfig
from training.evaluate import Answers
from training.metrics import ranking_rows
from training.pipelines.next_categories import BASKET
from training.pipelines.next_purchase import LABEL

MEDIAN_GAP, MEAN_GAP, LEFT, BG = "median gap", "mean gap", "rest of the median gap", "BG/NBD"
GAPS = (MEDIAN_GAP, LEFT, MEAN_GAP, BG)
MOST, LATEST, POPULAR = "most frequent", "most recent", "most popular of all"
HABITS = (MOST, LATEST, POPULAR)
HORIZONS = (1.0, 2.0, 3.0, 5.0, 7.0, 10.0, 14.0, 21.0, 28.0, 42.0, 60.0, 75.0)
LISTED = 5
_OF_LISTS = (f"recall_at_{LISTED}", f"ndcg_at_{LISTED}")


def next_cases(
    shop: Shop, btyd: Btyd, config: NextPurchaseConfig, todays: Sequence[datetime], kept: Path
) -> list[Case]:
    """Return the questions when an active customer buys next and, where shops have more than one
    category, what; the second is asked of those who do buy."""
    rows = rolling(shop, config, todays, _said(btyd, config), kept)
    lists = [name for name in rows if str(name).startswith(_OF_LISTS)]
    when = Case(
        name=f"next purchase, {shop.name}",
        title=f"Days to the next purchase, at most {config.windows.horizon_days}, {shop.name}",
        rows=rows.drop(columns=lists),
        prepare=lambda columns: waited(columns, config.survival.interval_level),
        baselines=GAPS,
        digits={"mae": 2, "coverage": 3, "width": 1, "crossed": 4},
    )
    bought = rows.dropna(subset=lists)[["customer", "as_of", *lists]].reset_index(drop=True)
    what = Case(
        name=f"next categories, {shop.name}",
        title=f"Categories of the next basket, {shop.name}",
        rows=bought,
        prepare=listed,
        baselines=HABITS,
        digits=dict.fromkeys(_OF_LISTS, 4),
    )
    return [when, what]


def waited(columns: Columns, level: float) -> dict[str, Weighed]:
    """Measure days, and our interval, whose quantiles must not cross."""
    days = columns["days"]
    missed = {
        name: {"mae": np.abs(said - days)}
        for name, said in columns.items()
        if name in (OURS, *GAPS)
    }
    low, high = columns["low"], columns["high"]
    missed[OURS] |= interval(Answers(pd.Series(dtype=str), days, {}, low, high), level)
    crossed = (low > columns[OURS]) | (columns[OURS] > high)
    missed[OURS]["crossed"] = crossed.astype(np.float64)
    return {name: averages(rowwise) for name, rowwise in missed.items()}


def listed(columns: Columns) -> dict[str, Weighed]:
    """Average what each list of a customer reached."""
    return {
        name: averages({measure: columns[f"{measure} {name}"] for measure in _OF_LISTS})
        for name in (OURS, *HABITS)
    }


def _said(btyd: Btyd, config: NextPurchaseConfig) -> Callable[[Fitted], pd.DataFrame]:
    horizon = float(config.windows.horizon_days)

    def said(fitted: Fitted) -> pd.DataFrame:
        test, known = ACTIVE.of(fitted.dataset.test), ACTIVE.of(fitted.dataset.known)
        ours = fitted.bundle.predict(test)
        usual = float(known[LABEL].median())
        gap = test["ipt_median"].fillna(usual)
        columns: dict[str, Any] = {
            "days": test[LABEL],
            OURS: ours["value"],
            "low": ours["low"],
            "high": ours["high"],
            MEDIAN_GAP: gap.clip(upper=horizon),
            LEFT: (gap - test["recency_days"]).clip(1.0, horizon),
            MEAN_GAP: test["ipt_mean"].fillna(usual).clip(upper=horizon),
            BG: _expected(btyd, fitted, test, horizon),
        }
        return identity(test).assign(**columns, **lists(fitted, test))

    return said


def _expected(btyd: Btyd, fitted: Fitted, test: pd.DataFrame, horizon: float) -> Floats:
    cutoff = test["as_of"].iloc[0].to_pydatetime()
    horizons = [*HORIZONS, horizon]
    told = btyd.ask(histories(fitted.shop.days, cutoff), horizons)
    sums = told.pivot(index="customer", columns="horizon", values="bg_purchases")
    return median_days(np.array(horizons), sums.loc[test["customer_id"]].to_numpy())


def lists(fitted: Fitted, test: pd.DataFrame) -> dict[str, Floats]:
    """Return what each list of each row reached; NaN for who bought nothing with a category."""
    ours = [
        [each.category for each in told] for told in fitted.bundle.next_categories(test, LISTED)
    ]
    by = {
        OURS: ours,
        MOST: _ranked(test, "category_baskets_180d"),
        LATEST: _ranked(test, "category_days_since", rising=True),
        POPULAR: _ranked(test, "category_popularity_90d"),
    }
    baskets = [frozenset(_array(basket)) for basket in test[BASKET]]
    return {
        f"{measure} {name}": reached
        for name, ranked in by.items()
        for measure, reached in ranking_rows(ranked, baskets, LISTED).items()
    }


def _ranked(test: pd.DataFrame, column: str, *, rising: bool = False) -> list[list[str]]:
    """Return the first candidates by a number, of equals the more popular; NaN comes last."""
    columns = zip(
        test["category_names"], test[column], test["category_popularity_90d"], strict=True
    )
    return [
        first(_array(names), _array(numbers), _array(popular), rising=rising)
        for names, numbers, popular in columns
    ]


def first(
    names: Sequence[str],
    numbers: Sequence[float],
    popular: Sequence[float],
    *,
    rising: bool = False,
) -> list[str]:
    """Return the `LISTED` names with the largest (or smallest) number, of equals the popular."""
    order = np.asarray(numbers, dtype=np.float64) * (1.0 if rising else -1.0)
    return [names[place] for place in np.lexsort((-np.asarray(popular), order))[:LISTED]]


def _array(value: object) -> list[Any]:
    return list(value) if isinstance(value, list | tuple | np.ndarray) else []
