import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from training.data_check.finding import Level
from training.data_check.inputs import Input, gaps_and_constants, inputs_of, leaks, separation
from training.data_check.outcomes import PartLabels, judged
from training.data_check.policy import DataCheckPolicy

POLICY = DataCheckPolicy()
ROWS = 600
RNG = np.random.default_rng(3)
OUTCOME = (RNG.uniform(size=ROWS) < 0.2).astype("float64")
NOISE = RNG.normal(size=ROWS)


def found(features: dict[str, object], *, texts: tuple[str, ...] = ()) -> dict[str, Input]:
    rows = pd.DataFrame(features)
    numbers = [name for name in rows if name not in texts]
    return {each.name: each for each in inputs_of(rows, numbers, texts, OUTCOME, POLICY)}


def test_a_feature_equal_to_the_outcome_is_named_and_a_clean_one_is_not() -> None:
    seen = found({"planted": OUTCOME, "honest": OUTCOME + 3 * NOISE, "noise": NOISE})
    assert seen["planted"].auc == 1.0
    (named,) = leaks({"churn_28d": list(seen.values())}, POLICY)
    assert named.level is Level.PROBLEM
    assert named.what.startswith("planted alone tells the outcome of churn_28d")
    assert named.where == "churn_28d"


def test_without_a_leak_the_strongest_is_told() -> None:
    seen = found({"honest": OUTCOME + NOISE, "noise": NOISE})
    (fine,) = leaks({"churn_28d": list(seen.values())}, POLICY)
    assert fine.level is Level.OK
    assert "honest" in fine.what


def test_a_leak_turned_round_or_hidden_in_what_is_missing_is_a_leak() -> None:
    filled_after = np.where(OUTCOME == 1, NOISE, np.nan)
    seen = found({"turned": -OUTCOME + 0.01 * NOISE, "filled_after": filled_after})
    assert seen["turned"].auc > POLICY.leak_auc
    assert (seen["filled_after"].auc, seen["filled_after"].by_gaps) == (1.0, True)
    (one, _) = leaks({"m": [seen["filled_after"], seen["turned"]]}, POLICY)
    assert "by where it is missing" in one.what


def test_a_word_written_afterwards_is_a_leak_and_an_id_is_not() -> None:
    words = np.where(OUTCOME == 1, "signed", "open").astype(object)
    ids = np.array([f"id {n}" for n in range(ROWS)], dtype=object)
    seen = found({"stage": words, "id": ids}, texts=("stage", "id"))
    assert seen["stage"].auc == 1.0
    assert seen["id"].auc == 0.5


def test_too_few_rows_of_an_outcome_say_nothing() -> None:
    happened = np.zeros(100)
    happened[:5] = 1
    assert separation(happened, happened, least=20) == 0.5
    assert separation(np.array([]), np.array([]), least=0) == 0.5


@given(st.lists(st.floats(-1e6, 1e6), min_size=50, max_size=50))
def test_which_way_round_does_not_matter(scores: list[float]) -> None:
    score, happened = np.array(scores), np.tile([0.0, 1.0], 25)
    told = separation(score, happened, least=1)
    assert 0.5 <= told <= 1.0
    assert told == pytest.approx(separation(-score, happened, least=1))


def test_many_rows_are_sampled_and_keep_the_leak() -> None:
    policy = DataCheckPolicy(max_rows=200)
    rows = pd.DataFrame({"planted": OUTCOME, "noise": NOISE})
    first, again = (inputs_of(rows, ["planted", "noise"], [], OUTCOME, policy) for _ in range(2))
    assert first == again
    assert first[0].auc == 1.0
    assert first[1].distinct == 200


def test_empty_sparse_and_constant_features_are_told_apart() -> None:
    sparse = np.where(np.arange(ROWS) < 5, NOISE, np.nan)
    nobody = np.full(ROWS, np.nan)
    features = {"nps_last": nobody, "sparse": sparse, "same": np.ones(ROWS), "fine": NOISE}
    seen = found(features)
    said = gaps_and_constants({"m": list(seen.values())}, POLICY)
    assert [each.where for each in said] == ["nps_last", "sparse", "same"]
    assert "Import tickets" in said[0].todo
    (fine,) = gaps_and_constants({"m": [seen["fine"]]}, POLICY)
    assert fine.level is Level.OK


def test_a_feature_that_one_model_sees_is_not_empty() -> None:
    empty, full = Input("a", 1.0, 0, 0.5), Input("a", 0.0, 9, 0.5)
    (fine,) = gaps_and_constants({"m": [empty], "n": [full]}, POLICY)
    assert fine.level is Level.OK
    assert gaps_and_constants({}, POLICY) == leaks({}, POLICY) == []


@pytest.mark.parametrize(
    ("rows", "positives", "level"),
    [
        (0, 0, Level.PROBLEM),
        (500, 0, Level.PROBLEM),
        (500, 500, Level.PROBLEM),
        (500, 20, Level.WARNING),
        (500, 480, Level.WARNING),
        (500, 100, Level.OK),
    ],
)
def test_both_outcomes_have_to_be_there(rows: int, positives: int, level: Level) -> None:
    parts = [
        PartLabels("m", "train", 1_000, 300),
        PartLabels("m", "valid", 500, 150),
        PartLabels("m", "test", rows, positives),
    ]
    said = judged(parts, "converted", POLICY)
    assert said.level is level
    assert "train 1,000 rows, 300 (30.0 %)" in said.where
    if level is not Level.OK:
        assert "test" in said.what
