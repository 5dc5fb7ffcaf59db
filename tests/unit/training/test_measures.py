import math

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from training.evaluate import Evaluation, slices
from training.metrics import (
    amount_metrics,
    expected_calibration_error,
    interval_metrics,
    lift,
    probability_metrics,
    ranking_metrics,
)


def test_calibration_error_is_the_weighted_distance_of_promise_and_outcome() -> None:
    probability = np.repeat([0.2, 0.8], [4, 6])
    happened = np.array([0, 0, 1, 1, 1, 1, 1, 0, 0, 0], dtype=float)
    # 4 of 10 promised 0.2 and got 0.5, 6 of 10 promised 0.8 and got 0.5
    assert expected_calibration_error(happened, probability) == pytest.approx(0.4 * 0.3 + 0.6 * 0.3)


def test_calibration_error_uses_bins_of_equal_size() -> None:
    probability = np.linspace(0.01, 0.2, 20)
    happened = np.zeros(20)
    happened[-2:] = 1.0
    errors = [
        abs(pair.mean() - hit)
        for pair, hit in zip(probability.reshape(10, 2), [0.0] * 9 + [1.0], strict=True)
    ]
    assert expected_calibration_error(happened, probability) == pytest.approx(np.mean(errors))


@settings(deadline=None)
@given(st.floats(0.01, 0.99), st.integers(10, 300))
def test_a_constant_promise_errs_by_its_distance_from_the_base_rate(p: float, n: int) -> None:
    happened = (np.arange(n) % 4 == 0).astype(float)
    found = expected_calibration_error(happened, np.full(n, p))
    assert found == pytest.approx(abs(p - happened.mean()))


def test_lift_compares_the_top_tenth_with_everybody() -> None:
    happened = np.zeros(100)
    happened[:20] = 1.0
    assert lift(happened, np.linspace(1, 0, 100)) == pytest.approx(5.0)
    assert lift(happened, np.linspace(0, 1, 100)) == pytest.approx(0.0)


def test_a_perfect_probability_has_perfect_measures() -> None:
    happened = np.array([0.0] * 9 + [1.0])
    found = probability_metrics(happened, happened)
    assert (found["auc"], found["average_precision"]) == (1.0, 1.0)
    assert (found["brier"], found["ece"]) == (0.0, 0.0)


def test_recall_and_ndcg_agree_with_a_hand_computed_list() -> None:
    found = ranking_metrics([["a", "x", "b", "y", "z", "c"]], [frozenset("abc")], k=5)
    assert found["recall_at_5"] == pytest.approx(2 / 3)
    ideal = 1 + 1 / math.log2(3) + 1 / math.log2(4)
    assert found["ndcg_at_5"] == pytest.approx((1 + 1 / math.log2(4)) / ideal)


def test_customers_who_bought_nothing_are_not_ranked() -> None:
    found = ranking_metrics([["a"], ["a"]], [frozenset("a"), frozenset()], k=5)
    assert found == {"recall_at_5": 1.0, "ndcg_at_5": 1.0}


def test_an_interval_is_measured_by_what_it_holds() -> None:
    days = np.array([1.0, 2.0, 3.0, 10.0])
    found = interval_metrics(days, np.full(4, 1.0), np.full(4, 5.0), level=0.8)
    assert (found["coverage"], found["width"]) == (0.75, 4.0)


def test_a_constant_amount_ranks_nobody_and_may_still_add_up() -> None:
    found = amount_metrics(np.array([0.0, 10.0, 20.0]), np.full(3, 10.0))
    assert found["spearman"] == 0.0
    assert found["total_ratio"] == pytest.approx(1.0)
    assert found["mae"] == pytest.approx(20 / 3)


def test_slices_are_disjoint_and_cover_everybody_known() -> None:
    frame = pd.DataFrame({"recency_days": np.arange(300) % 100})
    parts = slices(frame, ("recency_days",), lambda rows: {"rows": float(rows.sum())})
    assert len(parts) == 3
    assert sum(part["rows"] for part in parts.values()) == 300


def test_a_slice_is_named_without_the_value_of_one_customer() -> None:
    frame = pd.DataFrame({"spend_90d": [7.5, *np.arange(100, 400), 98_765.0]})
    names = list(slices(frame, ("spend_90d",), lambda rows: {}))
    assert len(names) == 3
    assert "7.5" not in " ".join(names)
    assert "98765" not in " ".join(names)


def test_the_table_puts_the_model_beside_its_baselines() -> None:
    found = Evaluation("m", 10, {"auc": 0.9}, {"rule": {"auc": 0.8}, "other": {"mae": 1.0}})
    assert found.table().index.tolist() == ["m", "rule", "other"]
    assert "| rule | 0.8000 |" in found.text()
    assert found.flat() == {"auc": 0.9, "baseline.rule.auc": 0.8, "baseline.other.mae": 1.0}


def test_texts_are_cut_into_their_largest_levels_and_all_others() -> None:
    stores = [f"s{place}" for place in range(7) for _ in range(60 + 10 * place)] + [None] * 60
    frame = pd.DataFrame({"main_store": stores})
    parts = slices(frame, ("main_store",), lambda rows: {})
    assert list(parts) == [f"main_store s{place}" for place in (6, 5, 4, 3, 2)] + [
        "main_store other"
    ]
    assert parts["main_store other"]["rows"] == 60 + 70 + 60
    assert sum(part["rows"] for part in parts.values()) == len(frame)


def test_columns_that_tell_no_parts_apart_make_no_slices() -> None:
    frame = pd.DataFrame({"main_store": ["one"] * 80, "tenure_days": [np.nan] * 80})
    assert slices(frame, ("main_store", "tenure_days", "absent"), lambda rows: {}) == {}
