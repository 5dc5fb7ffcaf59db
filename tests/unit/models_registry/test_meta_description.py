from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.calibration import Curve, Levels, Scale, Sigmoid
from models_registry.errors import BundleError
from models_registry.meta import Condition, Meta
from tests.unit.models_registry.small_bundles import churn, next_purchase, value

finite = st.floats(allow_nan=False, allow_infinity=False)


@given(a=finite, b=finite, otherwise=finite, typical=st.one_of(finite, st.text()))
def test_a_description_survives_json_to_the_last_bit(
    a: float, b: float, otherwise: float, typical: float | str
):
    meta = replace(
        churn().meta,
        calibration=Sigmoid(a, b),
        baseline=Levels("lead_source", {"web": a}, otherwise),
        typical={"recency_days": typical},
    )
    assert Meta.from_json(meta.to_json()) == meta


def test_every_small_bundles_description_survives_json():
    for meta in (churn().meta, next_purchase().meta, value().meta):
        assert Meta.from_json(meta.to_json()) == meta


def test_a_number_json_cannot_hold_is_refused_before_it_is_lost():
    with pytest.raises(BundleError, match="JSON"):
        replace(churn().meta, typical={"recency_days": float("nan")}).to_json()


def test_text_that_is_no_description_is_refused():
    with pytest.raises(BundleError, match="cannot be read"):
        Meta.from_json('{"model": "churn_28d"}')


@pytest.mark.parametrize(
    "contradiction",
    [
        {"baseline": None},
        {"reference": (0.0, 2.0, 1.0)},
        {"bands": (("high", 0.5), ("low", 0.1))},
        {"calibration": Scale(2.0)},
        {"kind": "amount"},
    ],
    ids=str,
)
def test_a_description_that_contradicts_itself_is_refused(contradiction: dict[str, object]):
    with pytest.raises(BundleError):
        replace(churn().meta, **contradiction)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=8, unique=True), finite)
def test_a_curve_stays_between_its_lowest_and_highest_knot(xs: list[float], x: float):
    knots = tuple(sorted(xs))
    ys = tuple(np.sin(knots))
    (answer,) = Curve("x", knots, ys, missing=0.0)(pd.DataFrame({"x": [x]}))
    assert min(ys) - 1e-12 <= answer <= max(ys) + 1e-12


def test_a_curve_meets_its_knots_and_knows_what_to_say_of_a_missing_value():
    curve = Curve("x", (0.0, 10.0), (0.0, 1.0), missing=0.3)
    answers = curve(pd.DataFrame({"x": [-5, 0, 5, 10, 99, None, "no number"]}, dtype=object))
    np.testing.assert_allclose(answers, [0, 0, 0.5, 1, 1, 0.3, 0.3])


@pytest.mark.parametrize(
    ("xs", "ys"),
    [((), ()), ((0.0,), (0.0, 1.0)), ((1.0, 1.0), (0.0, 1.0)), ((2.0, 1.0), (0.0, 1.0))],
)
def test_knots_that_are_no_function_are_refused(xs: tuple[float, ...], ys: tuple[float, ...]):
    with pytest.raises(BundleError):
        Curve("x", xs, ys, missing=0.0)


def test_levels_answer_for_unseen_and_missing_values():
    rule = Levels("source", {"web": 0.2, "shop": 0.6}, otherwise=0.3)
    frame = pd.DataFrame({"source": ["shop", "web", "fax", None]})
    np.testing.assert_allclose(rule(frame), [0.6, 0.2, 0.3, 0.3])


@given(st.lists(finite, min_size=2, max_size=10), st.floats(0, 10))
def test_a_sigmoid_is_a_probability_that_rises_with_the_margin(margins: list[float], a: float):
    answers = Sigmoid(a, 0.5)(np.sort(np.clip(margins, -1e300, 1e300)))
    assert ((answers >= 0) & (answers <= 1)).all()
    assert (np.diff(answers) >= 0).all()


def test_a_missing_value_meets_no_condition():
    frame = pd.DataFrame({"active_days": [2.0, 3.0, np.nan]})
    assert Condition("active_days", "at_least", 3).holds(frame).tolist() == [False, True, False]
    assert Condition("active_days", "at_most", 2).holds(frame).tolist() == [True, False, False]


@pytest.mark.parametrize(
    ("link", "expected"), [("identity", 2.0), ("log", np.e**2), ("log1p", np.e**2 - 1)]
)
def test_a_link_is_inverted(link: str, expected: float):
    meta = replace(value().meta, link=link)
    np.testing.assert_allclose(meta.value(np.array([2.0])), [expected])
