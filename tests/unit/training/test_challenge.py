from dataclasses import replace
from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from models_registry.bundle import Bundle
from models_registry.meta import Condition
from tests.unit.training.small_history import clv, history
from training.cards.intervals import Resampling
from training.challenge import challenge
from training.config import Boosting, ClvConfig, Requirement
from training.dataset import Dataset
from training.duel import Duel, compare
from training.evaluate import Answers, Evaluation, slices
from training.gate import Verdict
from training.metrics import probability_metrics, share_metrics
from training.pipelines.clv import Clv

GATE = (
    Requirement(metric="auc", beats_baselines_by=0.005),
    Requirement(metric="log_loss", beats_baselines_by=0.005, as_share=True),
    Requirement(metric="ece", at_most=0.05, beats_champion_by=-0.02),
)
HOW = Resampling(rounds=100)
DRAW = np.random.default_rng(4)
TRUTH = DRAW.beta(1, 3, 2000)
HAPPENED = (DRAW.random(2000) < TRUTH).astype(float)
BLURRED = np.clip(TRUTH + DRAW.normal(0, 0.15, 2000), 0.01, 0.99)
STORES = np.array(["north", "south"])[DRAW.integers(0, 2, 2000)]


def evaluated(said: np.ndarray) -> Evaluation:
    rows = pd.DataFrame({"main_store": STORES, "tenure_days": np.arange(2000.0)})
    parts = slices(
        rows,
        ("main_store", "tenure_days"),
        lambda inside: share_metrics(HAPPENED[inside], said[inside]),
    )
    return Evaluation(
        "churn",
        2000,
        probability_metrics(HAPPENED, said),
        {},
        parts,
        Answers(pd.Series([f"c{i // 2}" for i in range(2000)]), HAPPENED, {"churn": said}),
    )


def fought(ours: np.ndarray, theirs: np.ndarray, margin: float = 0.05) -> Verdict:
    return compare(Duel(evaluated(ours), evaluated(theirs), "probability"), GATE, margin, HOW)


def test_the_better_model_wins_and_the_worse_one_does_not() -> None:
    won, lost = fought(TRUTH, BLURRED), fought(BLURRED, TRUTH)
    assert won.passed
    assert all(reason.startswith("passed: ") for reason in won.reasons)
    assert not lost.passed
    assert lost.reasons[0].startswith("failed: auc ")
    assert any("in the slice main_store north: worse by" in reason for reason in lost.reasons)


def test_a_clear_gain_has_an_interval_above_nothing() -> None:
    said = fought(TRUTH, BLURRED).reasons[0]
    low, high = (float(x) for x in said.split("interval ")[1].split(")")[0].split(" to "))
    gain = (
        probability_metrics(HAPPENED, TRUTH)["auc"] - probability_metrics(HAPPENED, BLURRED)["auc"]
    )
    assert 0 < low < gain < high
    assert f"better by {gain:.4f} (95% interval" in said


def test_the_same_model_again_gains_nothing_and_loses_nothing() -> None:
    verdict = fought(TRUTH, TRUTH)
    assert verdict.passed
    assert "better by 0.0000 (95% interval 0.0000 to 0.0000), at least 0.0000" in verdict.reasons[0]


def test_a_least_gain_over_the_champion_is_asked_for() -> None:
    asked = [Requirement(metric="auc", at_least=0.5, beats_champion_by=0.2)]
    duel = Duel(evaluated(TRUTH), evaluated(BLURRED), "probability")
    assert not compare(duel, asked, 0.05, HOW).passed


def test_a_shop_that_is_served_worse_stops_a_model_better_on_the_whole() -> None:
    spoilt = np.where(STORES == "north", BLURRED, TRUTH)
    blurred_more = np.where(STORES == "north", TRUTH, np.clip(BLURRED + 0.3, 0, 0.99))
    verdict = fought(spoilt, blurred_more)
    failed = [reason for reason in verdict.reasons if reason.startswith("failed")]
    assert verdict.reasons[0].startswith("passed: auc")
    assert len(failed) == 1
    assert "in the slice main_store north" in failed[0]
    assert fought(spoilt, blurred_more, margin=1.0).passed


def test_a_metric_with_a_right_value_gains_by_coming_nearer() -> None:
    asked = [Requirement(metric="total_ratio", at_least=0.9)]
    near, far = ({"total_ratio": value} for value in (0.99, 1.02))
    ours, theirs = Evaluation("m", 10, near, {}), Evaluation("m", 10, far, {})
    assert compare(Duel(ours, theirs, "amount"), asked, 0.05).passed
    assert not compare(Duel(theirs, ours, "amount"), asked, 0.05).passed


def test_the_lists_of_gate_and_challenge_become_one() -> None:
    both = Verdict(True, ("passed: a",)) & Verdict(False, ("failed: b",))
    assert both == Verdict(False, ("passed: a", "failed: b"))
    assert Verdict.read(both.text()) == both
    assert Verdict.read(Verdict(True, ("passed: a",)).text()).passed


@pytest.fixture(scope="module")
def config() -> ClvConfig:
    return clv()


@pytest.fixture(scope="module")
def dataset() -> Dataset:
    return history()


@pytest.fixture(scope="module")
def champion(config: ClvConfig, dataset: Dataset) -> Bundle:
    return Clv(config).fit(dataset).registered("3")


def held(champion: Bundle | None, bundle: Bundle, dataset: Dataset, config: ClvConfig) -> Verdict:
    pipeline = Clv(config)
    found = pipeline.evaluate(bundle, dataset)
    return challenge(champion, bundle, dataset, found, pipeline.evaluate, config)


def test_a_stump_does_not_replace_a_model_that_learned(
    config: ClvConfig, dataset: Dataset, champion: Bundle
) -> None:
    boosting = Boosting(rounds=2, learning_rate=0.01, num_leaves=2, early_stopping=0)
    stump = Clv(config.model_copy(update={"boosting": boosting})).fit(dataset)
    lost, won = held(champion, stump, dataset, config), held(stump, champion, dataset, config)
    assert not lost.passed
    assert "of the champion (version 3)" in lost.reasons[0]
    assert won.passed
    assert "slices are not worse" in won.reasons[-1]


def test_without_a_champion_the_baselines_decide(
    config: ClvConfig, dataset: Dataset, champion: Bundle
) -> None:
    verdict = held(None, champion, dataset, config)
    assert verdict.passed
    assert verdict.reasons[0].endswith("no champion that can be read; the baselines decide")


@pytest.mark.parametrize(
    ("days_late", "compared"), [(0, True), (1, False)], ids=["settled", "one day of the test"]
)
def test_a_champion_that_saw_the_test_window_is_not_compared(
    config: ClvConfig, dataset: Dataset, champion: Bundle, days_late: int, compared: bool
) -> None:
    begins = dataset.test["as_of"].min().to_pydatetime()
    newest = begins - timedelta(days=config.windows.horizon_days) + timedelta(days=days_late)
    later = replace(champion, meta=replace(champion.meta, trained_as_of=newest))
    verdict = held(later, champion, dataset, config)
    assert verdict.passed
    assert ("seen outcomes of the test window" not in verdict.reasons[0]) is compared


def test_a_champion_of_features_that_are_gone_is_not_compared(
    config: ClvConfig, dataset: Dataset, champion: Bundle
) -> None:
    without = replace(
        dataset,
        features=("visits", "basket"),
        **{
            part: getattr(dataset, part).drop(columns="noise")
            for part in ("train", "between", "valid", "test")
        },
    )
    verdict = held(champion, Clv(config).fit(without), without, config)
    assert verdict.passed
    assert "features that no longer exist (noise)" in verdict.reasons[0]


def test_another_horizon_is_another_question(
    config: ClvConfig, dataset: Dataset, champion: Bundle
) -> None:
    other = replace(champion, meta=replace(champion.meta, horizon_days=60))
    assert "answers another question" in held(other, champion, dataset, config).reasons[0]


def test_models_of_different_populations_meet_on_the_customers_of_both(
    config: ClvConfig, dataset: Dataset, champion: Bundle
) -> None:
    visits = dataset.test["visits"]
    few = Condition("visits", "at_most", float(visits.quantile(0.6)))
    narrow = replace(champion, meta=replace(champion.meta, population=(few,)))
    same = held(narrow, champion, dataset, config)
    assert same.passed
    assert "better by 0.0000" in same.reasons[0]
    nobody = Condition("visits", "at_least", 1e6)
    nothing = replace(champion, meta=replace(champion.meta, population=(nobody,)))
    assert "judges other customers" in held(nothing, champion, dataset, config).reasons[0]
