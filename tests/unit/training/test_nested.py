from dataclasses import replace
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import EmptyDataError
from tests.unit.training.small_history import WINDOWS, clv, history
from training import config as configs
from training.config import LeadConfig, Windows
from training.dataset import Dataset
from training.nested import inner_datasets, spells_until

LEADS_FROM = datetime(2017, 1, 1, tzinfo=UTC)


def settled_before_the_test(inner: Dataset, horizon_days: int) -> bool:
    settled = inner.known["as_of"] + pd.Timedelta(days=horizon_days)
    return bool(settled.max() <= inner.test["as_of"].min())


@settings(deadline=None, max_examples=25)
@given(st.integers(20, 45), st.integers(2, 9), st.integers(1, 2))
def test_no_outcome_that_is_learned_reaches_into_an_inner_test(
    weeks: int, horizon_weeks: int, tests: int
) -> None:
    days = 7 * horizon_weeks - 3
    windows = Windows(horizon_days=days, warm_up_days=28, test_cutoffs=tests)
    try:
        dataset = history(weeks, 60, windows)
        inner = inner_datasets(dataset, clv(windows=windows))
    except (EmptyDataError, configs.InputError):
        return
    for one in inner:
        assert settled_before_the_test(one, days)
        assert one.test["as_of"].max() <= dataset.known["as_of"].max()
        assert min(len(one.train), len(one.valid), len(one.test)) >= 20


def test_two_inner_tests_lie_a_horizon_apart_where_there_is_room() -> None:
    inner = inner_datasets(history(), clv())
    newest, older = (one.test["as_of"].unique() for one in inner)
    assert len(newest) == len(older) == WINDOWS.test_cutoffs
    assert newest[0] - older[0] == pd.Timedelta(days=WINDOWS.horizon_days)
    assert newest[0] == history().known["as_of"].max()


def test_one_settled_cutoff_is_dealt_by_persons() -> None:
    windows = Windows(horizon_days=84, warm_up_days=28)
    (inner,) = inner_datasets(history(40, 120, windows), clv(windows=windows))
    assert settled_before_the_test(inner, 84)
    assert inner.train["as_of"].nunique() == 1
    assert not set(inner.train["customer_id"]) & set(inner.valid["customer_id"])
    assert len(inner.train) + len(inner.valid) == 120


def test_the_test_part_is_not_read() -> None:
    blind = replace(history(), test=pd.DataFrame(), spells=pd.DataFrame())
    inner = inner_datasets(blind, clv())
    assert len(inner) == 2
    assert all(one.spells is None for one in inner)


@settings(deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 60), st.integers(1, 60), st.integers(1, 60)),
        min_size=1,
    ),
    st.integers(0, 60),
)
def test_spells_tell_what_was_known_at_the_moment_and_no_more(
    rows: list[tuple[int, int, int]], at: int
) -> None:
    begun, waits, followed = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    spells = pd.DataFrame(
        {
            "as_of": pd.Timestamp(LEADS_FROM) + pd.to_timedelta(begun, "D"),
            "days_to_next": np.minimum(waits, followed),
            "followed_days": followed,
            "spend": 1.0,
        }
    )
    cut = spells_until(spells, LEADS_FROM + timedelta(days=at), least_days=1)
    expected = [
        (start, min(wait, watched, at - start), min(watched, at - start))
        for start, wait, watched in rows
        if min(watched, at - start) >= 1
    ]
    began = (cut["as_of"] - pd.Timestamp(LEADS_FROM)) / pd.Timedelta(days=1)
    found = zip(began, cut["days_to_next"], cut["followed_days"], strict=True)
    assert [tuple(map(float, row)) for row in found] == expected
    assert "spend" not in cut


def test_a_history_too_short_says_so() -> None:
    dataset = history(16)
    short = replace(dataset, train=dataset.train.iloc[:0], between=dataset.train.iloc[:0])
    with pytest.raises(EmptyDataError, match="too short to choose settings"):
        inner_datasets(short, clv())


def leads(count: int) -> Dataset:
    draw = np.random.default_rng(5)
    created = pd.Timestamp(LEADS_FROM) + pd.to_timedelta(np.sort(draw.uniform(0, 300, count)), "D")
    known = pd.DataFrame(
        {
            "lead_id": [f"l{i}" for i in range(count)],
            "as_of": created,
            "created_at": created,
            "settled_at": created + pd.Timedelta(days=20),
            "converted": (draw.random(count) < 0.3).astype(float),
        }
    )
    aged = known.assign(as_of=known["as_of"] + timedelta(days=7))
    rows = pd.concat([known, aged]).sort_values("as_of", ignore_index=True)
    return Dataset(rows, rows.iloc[:0], rows.iloc[:0], pd.DataFrame(), features=())


def test_leads_are_cut_as_the_whole_was_and_once_more_inside_that() -> None:
    config = configs.load("lead_score")
    assert isinstance(config, LeadConfig)
    whole = leads(2000)
    inner = inner_datasets(whole, config)
    assert len(inner) == 2
    for one in inner:
        assert one.known["settled_at"].max() <= one.test["created_at"].min()
        assert one.train["settled_at"].max() < one.valid["settled_at"].min()
        parts = [set(part["lead_id"]) for part in (one.train, one.valid, one.test)]
        assert len(set.union(*parts)) == sum(map(len, parts))
    assert inner[1].test["created_at"].max() < inner[0].test["created_at"].min()
    assert len(inner_datasets(leads(260), config)) == 1


def test_too_few_leads_say_so() -> None:
    with pytest.raises(EmptyDataError, match="too short"):
        inner_datasets(leads(60), configs.load("lead_score"))
