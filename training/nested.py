"""Data sets further back in time, cut from what a fit may look at: where settings are chosen.

The test part is never read. In each inner data set, as in the whole, every outcome of train and
valid is settled before the inner test begins.
"""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from features.errors import CutoffError, EmptyDataError
from features.transforms.knowledge import SECONDS_PER_DAY
from training.config import (
    ChurnConfig,
    LeadConfig,
    LeadSplit,
    ModelConfig,
    NextPurchaseConfig,
    Windows,
)
from training.cutoffs import plan
from training.dataset import LEAST_ROWS, Dataset, rows_at

SPLITS = 2
VALID_SHARE = 0.3


def inner_datasets(
    dataset: Dataset, config: ModelConfig, *, splits: int = SPLITS
) -> tuple[Dataset, ...]:
    """Return up to `splits` data sets inside the known rows, the newest test first.

    Raises
    ------
    EmptyDataError
        The history does not hold a single one.
    """
    cut = (
        _by_lead(dataset, config.split, splits)
        if isinstance(config, LeadConfig)
        else _by_cutoff(dataset, config.windows, splits)
    )
    made = tuple(_with_spells(inner, dataset.spells, config) for inner in cut)
    if not made:
        raise EmptyDataError(
            "The history is too short to choose settings on a part of it",
            where=config.model,
            todo="Train without --tune, or import a longer history.",
        )
    return made


def spells_until(spells: pd.DataFrame, moment: datetime, least_days: int) -> pd.DataFrame:
    """Return spells as they were known at `moment`; what only later days tell is taken away.

    Parameters
    ----------
    least_days
        Rows followed for less are left out.
    """
    room = (pd.Timestamp(moment) - spells["as_of"]).dt.total_seconds() / SECONDS_PER_DAY
    followed = np.minimum(spells["followed_days"], room)
    days = np.minimum(spells["days_to_next"], followed)
    cut = spells.assign(followed_days=followed, days_to_next=days)
    known: pd.DataFrame = cut.drop(columns=["churned", "spend", "basket"], errors="ignore")
    long_enough: pd.DataFrame = known[followed >= least_days].reset_index(drop=True)
    return long_enough


def _with_spells(inner: Dataset, spells: pd.DataFrame | None, config: ModelConfig) -> Dataset:
    if spells is None or not isinstance(config, ChurnConfig | NextPurchaseConfig):
        return inner
    begins = inner.test["as_of"].min()
    return replace(inner, spells=spells_until(spells, begins, config.survival.least_days))


def _by_cutoff(dataset: Dataset, windows: Windows, splits: int) -> Iterator[Dataset]:
    known = dataset.known
    cutoffs = sorted(moment.to_pydatetime() for moment in known["as_of"].unique())
    horizon = timedelta(days=windows.horizon_days)
    tests = [cutoff for cutoff in cutoffs if cutoff - horizon >= cutoffs[0]]
    for newest in _apart(tests, horizon, splits):
        inner = _at(known, dataset, windows, cutoffs[0], newest)
        if all(len(part) >= LEAST_ROWS for part in (inner.train, inner.valid, inner.test)):
            yield inner


def _apart(moments: list[datetime], apart: timedelta, count: int) -> Iterator[datetime]:
    """Yield the newest moment and older ones, as far apart as wanted or as there is room for."""
    if not moments:
        return
    step = min(apart, (moments[-1] - moments[0]) / count)
    wanted = [moments[-1] - place * step for place in range(count)]
    yield from dict.fromkeys(max(m for m in moments if m <= at) for at in wanted)


def _at(
    known: pd.DataFrame, dataset: Dataset, windows: Windows, first: datetime, newest: datetime
) -> Dataset:
    """Return the data set whose test is at `newest`, laid out as the whole one would have been."""
    steps = -(-windows.horizon_days // windows.step_days)
    today = newest + timedelta(days=steps * windows.step_days)
    try:
        laid = plan(windows, first - timedelta(days=windows.warm_up_days), today)
    except CutoffError:
        return _of_one_past(known, dataset, windows, newest)
    return _inner(
        dataset,
        train=rows_at(known, laid.train),
        between=rows_at(known, laid.between),
        valid=rows_at(known, laid.valid),
        test=rows_at(known, laid.test),
    )


def _of_one_past(
    known: pd.DataFrame, dataset: Dataset, windows: Windows, newest: datetime
) -> Dataset:
    """Deal persons into train and valid: too few cutoffs are settled to deal those."""
    horizon = timedelta(days=windows.horizon_days)
    settled = known[known["as_of"] <= newest - horizon]
    codes, people = pd.factorize(settled["customer_id"], sort=True)
    order = np.random.default_rng(0).permutation(len(people))
    held_out = order[codes] < VALID_SHARE * len(people)
    return _inner(
        dataset,
        train=settled[~held_out],
        between=settled.iloc[:0],
        valid=settled[held_out],
        test=rows_at(known, (newest,)),
    )


def _by_lead(dataset: Dataset, split: LeadSplit, splits: int) -> Iterator[Dataset]:
    """Cut the known leads as all settled leads were cut, then what is known inside that, again."""
    known = dataset.known
    for _ in range(splits):
        leads = known.drop_duplicates("lead_id")
        start = leads["created_at"].quantile(1 - split.test_share, interpolation="lower")
        before = known["settled_at"] <= start
        settled = known[before].drop_duplicates("lead_id")["settled_at"]
        turn = settled.quantile(1 - split.valid_share, interpolation="lower")
        inner = _inner(
            dataset,
            train=known[before & (known["settled_at"] < turn)],
            between=known.iloc[:0],
            valid=known[before & (known["settled_at"] >= turn)],
            test=known[known["created_at"] >= start],
        )
        if not all(_tells(part, split) for part in (inner.train, inner.valid, inner.test)):
            return
        yield inner
        known = inner.known


def _tells(leads: pd.DataFrame, split: LeadSplit) -> bool:
    enough = leads["lead_id"].nunique() >= split.least_rows // 2
    return enough and leads["converted"].nunique() > 1


def _inner(
    dataset: Dataset,
    *,
    train: pd.DataFrame,
    between: pd.DataFrame,
    valid: pd.DataFrame,
    test: pd.DataFrame,
) -> Dataset:
    """Make a data set of these rows alone: a field this does not name stays empty, not whole."""
    return Dataset(
        train=train.reset_index(drop=True),
        between=between.reset_index(drop=True),
        valid=valid.reset_index(drop=True),
        test=test.reset_index(drop=True),
        features=dataset.features,
        texts=dataset.texts,
    )
