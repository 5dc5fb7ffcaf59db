import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import InputError
from training import config
from training.config import Requirement
from training.evaluate import Evaluation
from training.gate import decide

BEATS = Requirement(metric="auc", beats_baselines_by=0.005)


def measured(**metrics: float) -> Evaluation:
    return Evaluation("m", 100, metrics, {"recency": {"auc": 0.80}, "frequency": {"auc": 0.83}})


def test_the_best_baseline_is_the_one_to_beat() -> None:
    verdict = decide(measured(auc=0.834), [BEATS])
    assert not verdict.passed
    assert verdict.reasons == (
        "failed: auc 0.8340 against 0.8300 of the best baseline (frequency): "
        "better by 0.0040, at least 0.0050 asked",
    )
    assert decide(measured(auc=0.836), [BEATS]).passed


def test_lower_is_better_for_errors_and_a_share_scales_the_margin() -> None:
    asked = Requirement(metric="mae", beats_baselines_by=0.1, as_share=True)
    for mae, passed in ((9.1, False), (8.9, True)):
        found = Evaluation("m", 100, {"mae": mae}, {"a": {"mae": 12.0}, "b": {"mae": 10.0}})
        assert decide(found, [asked]).passed is passed


@pytest.mark.parametrize(
    ("value", "passed"), [(0.74, False), (0.75, True), (0.87, True), (0.88, False)]
)
def test_both_bounds_of_a_range_hold(value: float, passed: bool) -> None:
    asked = Requirement(metric="coverage", at_least=0.75, at_most=0.87)
    verdict = decide(measured(coverage=value), [asked])
    assert verdict.passed is passed
    assert len(verdict.reasons) == 2


def test_what_was_not_measured_fails() -> None:
    verdict = decide(measured(), [Requirement(metric="ece", at_most=0.03)])
    assert verdict.reasons == ("failed: ece was not measured",)


def test_without_a_baseline_there_is_nothing_to_beat() -> None:
    assert not decide(Evaluation("m", 1, {"auc": 0.9}, {}), [BEATS]).passed


def test_a_missing_number_never_passes() -> None:
    nan = float("nan")
    assert not decide(measured(auc=nan), [BEATS]).passed
    assert not decide(measured(ece=nan), [Requirement(metric="ece", at_most=0.03)]).passed


@settings(deadline=None)
@given(st.floats(0, 1), st.floats(0, 1))
def test_a_better_model_never_fails_where_a_worse_one_passes(a: float, b: float) -> None:
    worse, better = sorted((a, b))
    asked = [BEATS, Requirement(metric="auc", at_least=0.7)]
    assert decide(measured(auc=better), asked).passed >= decide(measured(auc=worse), asked).passed


def test_every_packaged_model_must_beat_its_baselines() -> None:
    assert config.models() == ["churn_28d", "churn_60d", "clv_90d", "lead_score", "next_purchase"]
    for name in config.models():
        loaded = config.load(name)
        assert loaded.model == name
        assert loaded.service == f"{name}_v1"
        assert any(asked.beats_baselines_by is not None for asked in loaded.gate)


def test_a_digest_changes_with_any_value() -> None:
    one = config.load("churn_28d")
    other = one.model_copy(update={"folds": one.folds + 1})
    assert config.digest(one) == config.digest(config.load("churn_28d"))
    assert config.digest(one) != config.digest(other)


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("model = ", "Not valid TOML"),
        ('pipeline = "churn"\nmodel = "m"\nservice = "s"', "gate"),
        ('pipeline = "magic"', "magic"),
    ],
)
def test_a_broken_configuration_says_where(text: str, said: str) -> None:
    with pytest.raises(InputError, match=said):
        config.parse(text)


def test_an_unknown_model_names_the_known_ones() -> None:
    with pytest.raises(InputError, match="churn_28d"):
        config.load("weather")


def test_a_gate_condition_has_to_ask_something() -> None:
    with pytest.raises(ValueError, match="asks nothing"):
        Requirement(metric="auc")
