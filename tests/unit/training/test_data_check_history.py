from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from features.errors import CutoffError
from training.config import Windows
from training.cutoffs import plan
from training.data_check.finding import Level
from training.data_check.history import customers_of, days_missing, history_of
from training.data_check.policy import DataCheckPolicy
from training.data_check.receipts import Receipts

FIRST = datetime(2024, 1, 1, tzinfo=UTC)
MONTH = Windows(horizon_days=28, warm_up_days=90, step_days=7)
POLICY = DataCheckPolicy()


@given(
    st.builds(
        Windows,
        horizon_days=st.integers(1, 120),
        warm_up_days=st.integers(0, 120),
        step_days=st.integers(1, 30),
        test_cutoffs=st.integers(1, 3),
        valid_cutoffs=st.integers(1, 3),
    ),
    st.integers(0, 500),
    st.booleans(),
)
def test_the_missing_days_are_just_enough(windows: Windows, days: int, apart: bool) -> None:
    today = FIRST + timedelta(days=days)
    missing = days_missing(windows, FIRST, today, apart=apart)
    found = plan(windows, FIRST, today + timedelta(days=missing))
    assert found.apart or not apart
    assume(missing > 0)
    try:
        earlier = plan(windows, FIRST, today + timedelta(days=missing - 1))
    except CutoffError:
        return
    assert apart
    assert not earlier.apart


def test_a_short_history_says_how_many_days_and_in_which_month() -> None:
    today = FIRST + timedelta(days=100)
    missing = days_missing(MONTH, FIRST, today)
    found = history_of("churn_28d", MONTH, FIRST, today)
    assert missing > 0
    assert found.level is Level.PROBLEM
    assert f"{missing} more days" in found.what
    assert f"{today + timedelta(days=missing):%B %Y}" in found.todo


def test_enough_history_has_nothing_to_do_and_a_scant_one_is_a_warning() -> None:
    need = days_missing(MONTH, FIRST, FIRST)
    scant = history_of("churn_28d", MONTH, FIRST, FIRST + timedelta(days=need))
    assert scant.level is Level.WARNING
    assert "overlap" in scant.what
    plenty = history_of("churn_28d", MONTH, FIRST, FIRST + timedelta(days=400))
    assert (plenty.level, plenty.todo) == (Level.OK, "")


def receipts(customers: int, regulars: int, purchases: int, busiest: int) -> Receipts:
    return Receipts(
        days=pd.DataFrame({"day": [], "purchases": []}),
        customers=customers,
        regulars=regulars,
        purchases=purchases,
        busiest="0000",
        busiest_purchases=busiest,
        missing=pd.Series(dtype=float),
        numbers=pd.DataFrame(),
    )


@pytest.mark.parametrize(
    ("customers", "regulars", "level"),
    [(5, 5, Level.PROBLEM), (500, 100, Level.WARNING), (500, 400, Level.OK)],
)
def test_customers_who_came_back_are_counted(customers: int, regulars: int, level: Level) -> None:
    (found,) = customers_of(receipts(customers, regulars, 5_000, 20), POLICY)
    assert found.level is level
    assert f"{regulars:,} of them" in found.what


def test_walk_ins_under_one_number_are_named() -> None:
    _, crowd = customers_of(receipts(1_000, 800, 10_000, 3_000), POLICY)
    assert "0000" in crowd.what
    assert "30.0 %" in crowd.what
    # In a small shop a faithful customer is a large share and no crowd.
    assert len(customers_of(receipts(30, 30, 300, 40), POLICY)) == 1
