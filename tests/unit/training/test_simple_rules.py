import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_registry.calibration import Sigmoid
from training.boosting import fit_sigmoid
from training.pipelines.clv import conformal_pad
from training.rules import fit_curve, fit_levels


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.sampled_from(["mean", "median"]))
def test_a_curve_is_monotone_whatever_the_data(seed: int, statistic: str) -> None:
    rng = np.random.default_rng(seed)
    x = rng.exponential(20, 200).round()
    y = rng.normal(size=200) + rng.normal() * x
    curve = fit_curve(pd.DataFrame({"x": x}), "x", y, statistic=statistic)  # type: ignore[arg-type]
    steps = np.diff(curve(pd.DataFrame({"x": np.linspace(-10, 300, 400)})))
    assert (steps >= -1e-9).all() or (steps <= 1e-9).all()


def test_a_curve_finds_the_rate_at_each_end_and_a_rate_for_the_unknown() -> None:
    x = np.repeat([1.0, 100.0, np.nan], [100, 100, 100])
    y = np.concatenate([np.arange(100) < 10, np.arange(100) < 80, np.arange(100) < 40]).astype(
        float
    )
    curve = fit_curve(pd.DataFrame({"x": x}), "x", y)
    said = curve(pd.DataFrame({"x": [1.0, 100.0, np.nan]}))
    assert said.tolist() == pytest.approx([0.1, 0.8, 0.4])


def test_a_feature_nobody_has_gives_the_average() -> None:
    curve = fit_curve(pd.DataFrame({"x": [np.nan, np.nan]}), "x", np.array([0.0, 1.0]))
    assert curve(pd.DataFrame({"x": [3.0, np.nan]})).tolist() == [0.5, 0.5]


def test_levels_answer_with_their_mean_and_rare_ones_with_the_average() -> None:
    frame = pd.DataFrame({"source": ["web"] * 4 + ["shop"] * 4 + ["fair", None]})
    rule = fit_levels(frame, "source", np.array([1, 1, 1, 1, 0, 0, 0, 1, 1, 1.0]), least=2)
    assert rule.values == {"shop": 0.25, "web": 1.0}
    assert rule.otherwise == pytest.approx(0.7)


def test_a_sigmoid_repairs_margins_that_are_too_sure() -> None:
    rng = np.random.default_rng(1)
    margin = rng.normal(-1, 1, 20_000)
    happened = (rng.uniform(size=20_000) < 1 / (1 + np.exp(-margin))).astype(float)
    fitted = fit_sigmoid(3 * margin + 2, happened)
    assert fitted.a == pytest.approx(1 / 3, abs=0.03)
    assert fitted.b == pytest.approx(-2 / 3, abs=0.06)


def test_a_sigmoid_without_two_outcomes_leaves_the_margin_as_it_is() -> None:
    assert fit_sigmoid(np.array([1.0, 2.0]), np.zeros(2)) == Sigmoid()


@settings(deadline=None)
@given(st.integers(0, 2**32 - 1), st.floats(0.5, 0.95))
def test_a_padded_interval_holds_its_level_on_the_rows_it_was_fitted_on(
    seed: int, level: float
) -> None:
    rng = np.random.default_rng(seed)
    days = rng.exponential(10, 200)
    low, high = np.full(200, rng.uniform(0, 10)), np.full(200, rng.uniform(10, 20))
    pad = conformal_pad(low - days, days - high, level)
    inside = (days >= low - pad - 1e-9) & (days <= high + pad + 1e-9)
    assert inside.mean() >= level
