"""How past probabilities are measured: small cases with known answers."""

from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from monitoring.performance import Performance, PerformancePolicy, assessed

AT = datetime(2018, 1, 1, tzinfo=UTC)
POLICY = PerformancePolicy(bins=2)


def assess(value: list[float], baseline: list[float], left: list[bool]) -> Performance:
    found = Performance("churn_28d", "1", AT, AT, "", len(value))
    judged = pd.DataFrame({"value": value, "baseline": baseline})
    return assessed(found, judged, np.array(left), POLICY)


def test_known_outcomes_give_known_numbers():
    found = assess([0.9, 0.2, 0.6, 0.1], [0.5] * 4, [True, False, False, False])
    assert found.scores.auc == 1.0
    assert found.scores.brier == pytest.approx((0.01 + 0.04 + 0.36 + 0.01) / 4)
    assert (found.rule.auc, found.rule.brier) == (0.5, 0.25)
    assert (found.rate, found.expected) == (0.25, pytest.approx(0.45))
    table = [(part.customers, part.predicted, part.observed) for part in found.calibration]
    assert table == [(2, pytest.approx(0.15), 0.0), (2, pytest.approx(0.75), 0.5)]


def test_where_nobody_left_there_is_no_order_to_measure():
    found = assess([0.1, 0.2], [0.1, 0.1], [False, False])
    assert (found.scores.auc, found.rate) == (None, 0.0)


def test_without_a_rule_for_everyone_the_rule_is_not_measured():
    found = assess([0.1, 0.2], [0.1, float("nan")], [False, True])
    assert found.rule is None and "simple rule" not in found.reason


@given(st.lists(st.tuples(st.floats(0.0, 1.0), st.booleans()), min_size=1, max_size=30))
def test_the_table_holds_everyone_once_and_averages_to_the_whole(rows):
    value, left = map(list, zip(*rows, strict=True))
    found = assess(value, value, left)
    sizes = [part.customers for part in found.calibration]
    assert sum(sizes) == len(rows) and min(sizes) >= 1
    observed = np.average([part.observed for part in found.calibration], weights=sizes)
    assert observed == pytest.approx(found.rate)
