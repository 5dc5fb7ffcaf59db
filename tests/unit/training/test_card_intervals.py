from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.cards import weighted
from training.cards.intervals import Resampling, measured
from training.evaluate import Answers, Evaluation
from training.metrics import (
    amount_metrics,
    days_metrics,
    interval_metrics,
    lift,
    probability_metrics,
)

# A value with few digits ties often, which is where ranking metrics go wrong.
ROW = st.tuples(st.booleans(), st.integers(1, 9), st.integers(0, 3))


def probabilities(n: int, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(seed)
    said = draw.beta(1, 3, n)
    return (draw.random(n) < said).astype(float), said


def evaluated(happened: np.ndarray, said: np.ndarray, who: list[int] | None = None) -> Evaluation:
    rule = np.full(len(said), happened.mean()) + 0.1 * (said > 0.5)
    answers = Answers(
        pd.Series(np.arange(len(said)) if who is None else who),
        happened,
        {"model": said, "rule": rule},
    )
    return Evaluation(
        "model",
        len(said),
        probability_metrics(happened, said),
        {"rule": probability_metrics(happened, rule)},
        answers=answers,
    )


@settings(deadline=None)
@given(st.lists(ROW, min_size=2, max_size=60))
def test_a_weight_of_two_is_the_row_twice(rows: list[tuple[bool, int, int]]) -> None:
    happened, tenths, times = (np.array(column) for column in zip(*rows, strict=True))
    happened, said = happened.astype(float), tenths / 10
    again = np.repeat(np.arange(len(rows)), times)
    if len(np.unique(happened[again])) < 2:
        return
    found = weighted.probability(happened, said)(times.astype(float))
    asked = probability_metrics(happened[again], said[again])
    for metric in ("auc", "average_precision", "brier", "log_loss"):
        assert found[metric] == pytest.approx(asked[metric]), metric
    assert found["lift_top_decile"] == pytest.approx(lift(happened[again], said[again]))


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(0, 5), st.integers(1, 5), st.integers(0, 3)), min_size=2))
def test_money_twice_is_the_customer_twice(rows: list[tuple[int, int, int]]) -> None:
    spent, said, times = (np.array(column, dtype=float) for column in zip(*rows, strict=True))
    again = np.repeat(np.arange(len(rows)), times.astype(int))
    if len(again) == 0 or spent[again].sum() == 0:
        return
    found = weighted.amount(spent, said)(times)
    assert found == pytest.approx(amount_metrics(spent[again], said[again]), abs=1e-9)


def test_rows_as_they_are_have_the_metrics_that_were_logged() -> None:
    happened, said = probabilities(500)
    found = weighted.probability(happened, said)(np.ones(500))
    assert found == pytest.approx(probability_metrics(happened, said))

    days = np.random.default_rng(2).exponential(10, 500)
    guess, rowwise = np.full(500, 9.0), {"model": {"recall_at_5": np.array([0.5, np.nan] * 250)}}
    answers = Answers(pd.Series(range(500)), days, {"model": guess}, guess - 8, guess + 8, rowwise)
    found = weighted.prepared("days", answers, "model", 0.8)(np.ones(500))
    asked = days_metrics(days, guess) | interval_metrics(days, guess - 8, guess + 8, 0.8)
    assert found == pytest.approx({**asked, "recall_at_5": 0.5})


def test_an_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    happened, said = probabilities(2000)
    brier = next(
        m for m in measured(evaluated(happened, said), "probability", {}) if m.metric == "brier"
    )
    error = (happened - said) ** 2
    assert brier.model.low is not None
    assert brier.model.high is not None
    wide = brier.model.high - brier.model.low
    assert wide == pytest.approx(2 * 1.96 * error.std() / np.sqrt(2000), rel=0.2)


def test_rows_of_one_customer_are_one_witness() -> None:
    happened, said = probabilities(300)
    once = measured(evaluated(happened, said), "probability", {})
    four = [np.tile(x, 4) for x in (happened, said)]
    same = measured(evaluated(*four, who=[*range(300)] * 4), "probability", {})
    strangers = measured(evaluated(*four), "probability", {})
    for a, b, c in zip(once, same, strangers, strict=True):
        if a.metric in ("brier", "log_loss"):
            assert (b.model.low, b.model.high) == pytest.approx((a.model.low, a.model.high))
            assert c.model.high - c.model.low < 0.7 * (b.model.high - b.model.low)


def test_every_metric_and_every_baseline_lies_in_its_interval_and_can_be_repeated() -> None:
    evaluation = evaluated(*probabilities(400))
    found = measured(evaluation, "probability", {})
    assert found == measured(evaluation, "probability", {})
    assert {one.metric for one in found} == set(evaluation.metrics)
    for one in found:
        for estimate in (one.model, one.baselines["rule"]):
            assert estimate.low <= estimate.value <= estimate.high
        assert one.rival == "rule"
        assert one.gain is not None
    auc = next(one for one in found if one.metric == "auc")
    assert auc.gain.value == pytest.approx(auc.model.value - auc.baselines["rule"].value)
    brier = next(one for one in found if one.metric == "brier")
    assert brier.gain.value == pytest.approx(brier.baselines["rule"].value - brier.model.value)


def test_a_model_that_is_its_baseline_gains_nothing_for_sure() -> None:
    evaluation = evaluated(*probabilities(200))
    said = evaluation.answers.said["model"]
    twin = replace(
        evaluation,
        baselines={"rule": evaluation.metrics},
        answers=replace(evaluation.answers, said={"model": said, "rule": said}),
    )
    for one in measured(twin, "probability", {}):
        assert (one.gain.value, one.gain.low, one.gain.high) == (0.0, 0.0, 0.0)


def test_drawing_from_fewer_rows_gives_about_the_same_interval() -> None:
    evaluation = evaluated(*probabilities(8000))
    whole = measured(evaluation, "probability", {})
    part = measured(evaluation, "probability", {}, Resampling(most_rows=2000))
    for a, b in zip(whole, part, strict=True):
        if a.metric != "ece":
            wide = a.model.high - a.model.low
            assert b.model.high - b.model.low == pytest.approx(wide, rel=0.35), a.metric


def test_without_the_rows_there_is_no_interval() -> None:
    evaluation = replace(evaluated(*probabilities(100)), answers=None)
    assert all(one.model.low is None for one in measured(evaluation, "probability", {}))


def test_a_metric_with_a_right_value_says_which() -> None:
    spent, said = np.arange(1.0, 101.0), np.full(100, 40.0)
    answers = Answers(pd.Series(range(100)), spent, {"model": said})
    evaluation = Evaluation("model", 100, amount_metrics(spent, said), {}, answers=answers)
    ratio = measured(evaluation, "amount", {"total_ratio": 1.0})[-1]
    assert (ratio.metric, ratio.better, ratio.target) == ("total_ratio", "near", 1.0)
    assert ratio.gain is None
