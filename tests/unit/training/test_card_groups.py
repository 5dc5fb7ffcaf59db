import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.unit.training.small_card import a_bin
from training.cards.calibrated import bins, too_far_for_chance
from training.cards.groups import GroupPolicy, parts_of_people
from training.config import Requirement
from training.evaluate import Answers, Evaluation

ECE = Requirement(metric="ece", at_most=0.03)
POLICY = GroupPolicy(least_people=10)


@settings(deadline=None)
@given(
    st.lists(st.tuples(st.integers(0, 12), st.integers(0, 40)), min_size=1, max_size=300),
    st.integers(1, 12),
)
def test_no_part_is_of_few_people(rows: list[tuple[int, int]], parts: int) -> None:
    values = np.array([value for value, _ in rows], dtype=float)
    who = pd.Series([f"c{person}" for _, person in rows])
    place = parts_of_people(values, who, parts, POLICY)
    if who.nunique() < POLICY.least_people:
        assert (place == -1).all()
        return
    assert set(place) == set(range(place.max() + 1))
    assert place.max() < parts
    assert all(who[place == part].nunique() >= POLICY.least_people for part in set(place))
    order = np.argsort(values, kind="stable")
    assert (np.diff(place[order]) >= 0).all()


def evaluated(said: np.ndarray, happened: np.ndarray, **more: np.ndarray) -> Evaluation:
    answers = Answers(pd.Series(range(len(said))), happened, {"m": said}, **more)
    return Evaluation("m", len(said), {}, {}, answers=answers)


def test_bins_hold_every_row_and_the_one_that_is_off_is_marked() -> None:
    said = np.repeat(np.arange(1, 11) / 20, 100)
    happened = np.concatenate([np.arange(100) < 100 * p for p in np.arange(1, 11) / 20])
    happened = happened.astype(float)
    happened[:100] = np.arange(100) < 30  # promised 0.05
    found, allowed = bins("probability", evaluated(said, happened), [ECE])
    assert allowed == "a calibration error (ece) of at most 0.03"
    assert [one.rows for one in found] == [100] * 10
    assert [one.off for one in found] == [True] + [False] * 9
    assert (found[0].predicted, found[0].happened) == pytest.approx((0.05, 0.3))
    assert too_far_for_chance(found[0])


def test_few_rows_give_few_bins() -> None:
    said = np.linspace(0.1, 0.9, 35)
    found, _ = bins("probability", evaluated(said, (said > 0.5).astype(float)), [ECE])
    assert 1 < len(found) <= 3
    assert all(one.rows >= 10 for one in found)
    assert bins("probability", evaluated(said[:9], said[:9].round()), [ECE])[0] == ()


def test_days_are_judged_by_what_the_interval_holds() -> None:
    days = np.tile(np.arange(1.0, 21.0), 10)
    said = np.repeat([5.0, 15.0], 100)
    gate = [Requirement(metric="coverage", at_least=0.5, at_most=0.9)]
    wide = np.where(said < 10, 10.0, 1.0)
    found, allowed = bins("days", evaluated(said, days, low=said - wide, high=said + wide), gate)
    assert allowed.endswith("of at least 0.5 and at most 0.9")
    assert [(one.covered, one.off) for one in found] == [(0.75, False), (0.15, True)]
    assert found[0].happened == 10.5


def test_a_gate_that_does_not_speak_of_calibration_marks_nothing() -> None:
    said = np.linspace(1, 9, 100)
    found, allowed = bins("amount", evaluated(said, said * 3), [ECE])
    assert allowed == ""
    assert not any(one.off for one in found)


def test_chance_explains_what_is_within_it() -> None:
    assert not too_far_for_chance(a_bin(predicted=0.2, happened=0.27))
    assert too_far_for_chance(a_bin(predicted=0.2, happened=0.29))
