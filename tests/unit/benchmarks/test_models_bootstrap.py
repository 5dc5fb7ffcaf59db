import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.benchmarks.models_bootstrap import OURS, Columns, Resampling, draws, estimates, only
from training.cards.weighted import Weighed, averages, probability
from training.metrics import probability_metrics

HOW = Resampling(draws=400, seed=5)


def world(seed: int = 1, customers: int = 200, cutoffs: int = 3) -> pd.DataFrame:
    random = np.random.default_rng(seed)
    frames = []
    for cutoff in range(cutoffs):
        risk = random.uniform(size=customers)
        frames.append(
            pd.DataFrame(
                {
                    "customer": [f"c{place}" for place in range(customers)],
                    "as_of": pd.Timestamp("2017-01-01", tz="UTC") + pd.Timedelta(cutoff, "D"),
                    "happened": (random.uniform(size=customers) < risk).astype(float),
                    OURS: risk,
                    "noisy": np.clip(risk + random.normal(0, 0.3, customers), 0, 1),
                }
            )
        )
    return pd.concat(frames)


def prepared(columns: Columns) -> dict[str, Weighed]:
    happened = columns["happened"]
    names = [name for name in columns if name != "happened"]
    return {name: probability(happened, columns[name]) for name in names}


def average(columns: Columns) -> dict[str, Weighed]:
    return {OURS: averages({"mae": columns["x"]})}


def test_the_value_is_the_mean_of_the_cutoffs_own_measures() -> None:
    rows = world()
    found = estimates(rows, prepared, HOW)
    of_cutoffs = [
        probability_metrics(part["happened"].to_numpy(), part[OURS].to_numpy())
        for _, part in rows.groupby("as_of")
    ]
    for measure in ("auc", "average_precision", "ece", "lift_top_decile"):
        mean = np.mean([of_cutoff[measure] for of_cutoff in of_cutoffs])
        assert found.of(OURS, measure).value == pytest.approx(mean)


def test_better_is_above_zero_whichever_way_the_measure_points() -> None:
    found = estimates(world(), prepared, HOW)
    for measure in ("auc", "brier"):
        gain = found.gain(measure, "noisy")
        assert gain.low > 0
    assert found.best("auc") == "noisy"
    theirs, ours = found.of("noisy", "brier").value, found.of(OURS, "brier").value
    assert found.share_gained("brier", "noisy").value == pytest.approx((theirs - ours) / theirs)


def test_nobody_is_better_than_a_copy_of_himself() -> None:
    rows = world().assign(copy=lambda frame: frame[OURS])
    gain = estimates(rows, prepared, HOW).gain("auc", "copy")
    assert (gain.value, gain.low, gain.high) == (0.0, 0.0, 0.0)


@settings(max_examples=10, deadline=None)
@given(seed=st.integers(0, 2**32 - 1))
def test_the_interval_of_a_mean_is_as_wide_as_theory_says(seed: int) -> None:
    x = np.random.default_rng(seed).exponential(size=400)
    rows = pd.DataFrame({"customer": np.arange(400), "as_of": 0, "x": x})
    found = estimates(rows, average, Resampling(draws=1000)).of(OURS, "mae")
    assert found.high - found.low == pytest.approx(2 * 1.96 * x.std() / 20, rel=0.15)


def test_the_same_customers_again_do_not_narrow_the_interval() -> None:
    x = np.random.default_rng(3).exponential(size=300)
    once = pd.DataFrame({"customer": np.arange(300), "as_of": 0, "x": x})
    again = pd.concat([once.assign(as_of=cutoff) for cutoff in range(4)])
    one, four = (estimates(rows, average, HOW).of(OURS, "mae") for rows in (once, again))
    assert (four.low, four.high) == pytest.approx((one.low, one.high))


def test_every_draw_is_of_as_many_customers_as_there_are() -> None:
    drawn = list(draws(50, Resampling(draws=20)))
    assert [each.sum() for each in drawn] == [50.0] * 20
    assert len({tuple(each) for each in drawn}) == 20


def test_only_the_measures_asked_for_are_told() -> None:
    weighed = averages({"mae": np.ones(3), "width": np.zeros(3)})
    assert only(weighed, {"mae": 2})(np.ones(3)) == {"mae": 1.0}
