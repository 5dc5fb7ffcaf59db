from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_registry.bundle import Bundle
from models_registry.calibration import Scale
from models_registry.errors import BundleError
from tests.unit.models_registry.small_bundles import (
    FEATURES,
    HORIZON,
    churn,
    customers,
    next_purchase,
    value,
)

anything = st.one_of(st.just(float("nan")), st.floats(-1e9, 1e9), st.floats(0, 100))


@st.composite
def rows(draw: st.DrawFn) -> pd.DataFrame:
    drawn = draw(st.lists(st.tuples(anything, anything, anything), min_size=1, max_size=6))
    frame = pd.DataFrame(drawn, columns=list(FEATURES[:3]), dtype=float)
    frame["lead_source"] = draw(st.sampled_from(["api", "web", "never seen", None]))
    return frame


@settings(deadline=None, max_examples=60)
@given(frame=rows(), pad=st.floats(-200, 200))
def test_quantiles_never_cross_and_stay_within_the_horizon(frame: pd.DataFrame, pad: float):
    bundle = next_purchase()
    padded = Bundle(replace(bundle.meta, interval_pad=pad, population=()), bundle.boosters)
    said = padded.predict(frame)
    assert (said.low <= said.value).all()
    assert (said.value <= said.high).all()
    assert said.low.min() >= 0
    assert said.high.max() <= HORIZON


@settings(deadline=None, max_examples=40)
@given(frame=rows())
def test_probabilities_and_amounts_stay_possible_for_any_input(frame: pd.DataFrame):
    assert churn().predict(frame).value.between(0, 1).all()
    assert (value().predict(frame).value >= 0).all()


@pytest.mark.parametrize("bundle", [churn(), next_purchase(), value()], ids=lambda b: b.meta.model)
def test_one_row_alone_equals_the_same_row_in_a_batch(bundle: Bundle):
    frame = customers()
    together = bundle.predict(frame)
    alone = pd.concat([bundle.predict(frame.iloc[[i]]) for i in range(len(frame))])
    pd.testing.assert_frame_equal(alone, together, rtol=0, atol=1e-12)


def test_the_order_of_rows_and_columns_does_not_matter():
    frame = customers()
    shuffled = frame.sample(frac=1, random_state=2)[list(frame.columns[::-1])]
    expected = churn().predict(frame)
    pd.testing.assert_frame_equal(churn().predict(shuffled).sort_index(), expected)


def test_calibration_is_applied_to_the_margin():
    frame = customers()
    said = churn().predict(frame)[lambda all_rows: all_rows.eligible]
    expected = 1 / (1 + np.exp(-(0.9 * said.margin - 0.2)))
    np.testing.assert_allclose(said.value, expected, rtol=1e-12)


def test_an_amount_learned_on_a_logarithm_comes_back_as_money():
    frame = customers()
    bundle = value()
    doubled = Bundle(replace(bundle.meta, calibration=Scale(2.0)), bundle.boosters)
    said, twice = bundle.predict(frame), doubled.predict(frame)
    inside = said.eligible
    np.testing.assert_allclose(said.value[inside], np.expm1(said.margin[inside]).clip(0))
    np.testing.assert_allclose(twice.value[inside], 2 * said.value[inside])


def test_rows_outside_the_population_get_the_baseline_and_no_interval():
    frame = customers()
    frame.loc[[0, 1], "active_days"] = [2.0, np.nan]
    said = next_purchase().predict(frame)
    assert not said.eligible[[0, 1]].any()
    assert (said.value == said.baseline)[[0, 1]].all()
    assert said.loc[[0, 1], ["low", "high"]].isna().all(axis=None)
    assert said.low[said.eligible].notna().all()


def test_a_frame_without_rows_is_answered_without_rows():
    for bundle in (churn(), next_purchase(), value()):
        nobody = customers().iloc[:0]
        assert bundle.predict(nobody).empty
        assert bundle.explain(nobody, 3) == []
        assert bundle.next_categories(nobody, 3) == []


@settings(deadline=None)
@given(st.lists(st.floats(-1, 2), min_size=2, max_size=20))
def test_percentile_and_band_rise_with_the_value(values: list[float]):
    ordered = np.sort(np.asarray(values))
    percentiles = churn().percentile(ordered)
    places = [["low", "medium", "high"].index(name) for name in churn().band(ordered)]
    assert (np.diff(percentiles) >= 0).all()
    assert percentiles.min() >= 0
    assert percentiles.max() <= 100
    assert places == sorted(places)


def test_a_percentile_is_the_share_at_or_below_even_among_ties():
    meta = replace(churn().meta, reference=(0.0, 0.0, 0.0, 0.5, 1.0))
    bundle = Bundle(meta, churn().boosters)
    expected = [0.0, 50.0, 75.0, 100.0, 100.0]
    np.testing.assert_allclose(bundle.percentile(np.array([-1, 0, 0.5, 1, 7.0])), expected)


def test_without_bands_or_reference_there_is_no_band_and_no_percentile():
    assert next_purchase().band(np.array([3.0])) == [None]
    assert np.isnan(next_purchase().percentile(np.array([3.0]))).all()


def test_a_bundle_with_a_missing_or_foreign_booster_is_refused():
    quantiles = next_purchase().boosters
    with pytest.raises(BundleError, match="absent"):
        Bundle(next_purchase().meta, {"main": quantiles["main"]})
    with pytest.raises(BundleError, match="disagree"):
        Bundle(churn().meta, {"main": quantiles["category"]})


def test_the_logged_inputs_are_all_columns_a_value_depends_on():
    bundle = churn()
    assert bundle.inputs == list(FEATURES)
    pd.testing.assert_frame_equal(
        bundle.predict(customers()[bundle.inputs]), bundle.predict(customers())
    )
