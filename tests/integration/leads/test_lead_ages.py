"""Leads to learn from, at capture and while they are still open."""

from datetime import timedelta

import pandas as pd
import pytest

from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store
from training import config
from training.dataset import Context, Dataset
from training.lead_dataset import lead_dataset
from training.train import today_of

AGES = (0, 1, 3, 7)


def dataset(lake: Lake, *ages: int) -> Dataset:
    store = Store(Settings(home=lake.root.parent), lake)
    loaded = config.load("lead_score")
    return lead_dataset(Context(lake, store, today_of(lake)), loaded, ages)


@pytest.fixture(scope="module")
def aged(lead_lake: Lake) -> Dataset:
    return dataset(lead_lake, *AGES)


def test_no_lead_is_in_two_parts(aged: Dataset) -> None:
    parts = [set(part["lead_id"]) for part in (aged.train, aged.valid, aged.test)]
    assert all(parts)
    assert sum(map(len, parts)) == len(set.union(*parts))


def test_everything_learnt_was_settled_before_the_test_begins(aged: Dataset) -> None:
    start = aged.test["created_at"].min()
    assert aged.known["settled_at"].max() <= start
    assert (aged.known["as_of"] < aged.known["settled_at"]).all()


def test_a_lead_gives_a_row_as_long_as_it_is_open(aged: Dataset, lead_lake: Lake) -> None:
    rows = pd.concat([aged.known, aged.test])
    age = rows["as_of"] - rows["created_at"]
    assert set(age) == {timedelta(days=days) for days in AGES}
    decided = lead_lake.frame("lead_outcomes").set_index("lead_id")["decided_at"]
    later = rows[age > timedelta(0)]
    closed = later["lead_id"].map(decided).fillna(later["settled_at"])
    assert (later["as_of"] < closed).all()
    assert (
        rows.groupby("lead_id")["as_of"].min() == rows.groupby("lead_id")["created_at"].min()
    ).all()


def test_later_rows_change_nothing_at_capture(aged: Dataset, lead_lake: Lake) -> None:
    plain = dataset(lead_lake, 0)
    at_capture = aged.test[aged.test["as_of"] == aged.test["created_at"]]
    names = ["lead_id", "converted", *plain.features]
    pd.testing.assert_frame_equal(
        plain.test[names], at_capture[names].reset_index(drop=True), check_exact=True
    )
    assert "lead_age_days" in aged.features
    assert "lead_age_days" not in plain.features
