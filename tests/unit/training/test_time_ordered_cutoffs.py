from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from features.errors import CutoffError
from training.config import Windows
from training.cutoffs import plan

FIRST = datetime(2017, 1, 1, 11, 53, tzinfo=UTC)

windows = st.builds(
    Windows,
    horizon_days=st.integers(1, 120),
    warm_up_days=st.integers(0, 120),
    step_days=st.integers(1, 30),
    test_cutoffs=st.integers(1, 4),
    valid_cutoffs=st.integers(1, 4),
    least_train_cutoffs=st.integers(1, 6),
)


@settings(deadline=None)
@given(windows=windows, days=st.integers(1, 800))
def test_no_outcome_the_model_learns_from_reaches_into_the_test(
    windows: Windows, days: int
) -> None:
    today = FIRST + timedelta(days=days)
    try:
        found = plan(windows, FIRST, today)
    except CutoffError:
        assume(False)
    horizon = timedelta(days=windows.horizon_days)
    learnt = found.train + found.between + found.valid
    assert max(learnt) + horizon <= min(found.test)
    assert max(found.test) + horizon <= today
    assert max(found.train) < min(found.valid)
    assert not found.apart or max(found.train) + horizon <= min(found.valid)
    assert all(cutoff >= FIRST + timedelta(days=windows.warm_up_days) for cutoff in found.all)


@settings(deadline=None)
@given(windows=windows, days=st.integers(1, 800))
def test_every_cutoff_is_used_once_and_lies_on_the_grid_of_today(
    windows: Windows, days: int
) -> None:
    today = FIRST + timedelta(days=days)
    try:
        found = plan(windows, FIRST, today)
    except CutoffError:
        assume(False)
    assert list(found.all) == sorted(set(found.all))
    step = timedelta(days=windows.step_days)
    assert all((today - cutoff) % step == timedelta() for cutoff in found.all)


def test_a_year_gives_a_short_horizon_windows_that_stand_apart() -> None:
    found = plan(Windows(horizon_days=28), FIRST, datetime(2018, 1, 1, tzinfo=UTC))
    assert found.apart
    assert found.test == (datetime(2017, 12, 4, tzinfo=UTC),)
    assert found.valid == (datetime(2017, 11, 6, tzinfo=UTC),)
    assert found.train[-1] == datetime(2017, 10, 9, tzinfo=UTC)
    assert len(found.between) == 3


def test_a_year_gives_a_long_horizon_windows_that_overlap_before_the_test_only() -> None:
    found = plan(Windows(horizon_days=90), FIRST, datetime(2018, 1, 1, tzinfo=UTC))
    assert not found.apart
    assert found.between == ()
    assert len(found.train) >= 10


def test_a_history_too_short_is_refused_with_the_days_it_takes() -> None:
    with pytest.raises(CutoffError, match="at least 171 days"):
        plan(Windows(horizon_days=30), FIRST, FIRST + timedelta(days=100))


def test_the_days_asked_for_suffice() -> None:
    for horizon in (7, 28, 60, 90):
        windows = Windows(horizon_days=horizon)
        needed = windows.warm_up_days + 2 * horizon + 3 * windows.step_days
        assert plan(windows, FIRST, FIRST + timedelta(days=needed)).train
