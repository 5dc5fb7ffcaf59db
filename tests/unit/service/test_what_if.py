"""Two scores of one customer compared."""

from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from models_registry.score import Reason, Score, Status
from service.what_if import ReasonChange, compare, require_inputs, supposed_rows

GROUPS = (("orders_30d", "orders_60d", "orders_90d"),)
ROW = pd.DataFrame({"recency_days": [9.0], "orders_30d": [2.0], "orders_60d": [np.nan]})


def scored(value: float | None, *reasons: Reason, status: Status = Status.OK) -> Score:
    moment = datetime(2018, 1, 1, tzinfo=UTC)
    return Score(
        customer_id="c",
        lead_id=None,
        model="churn_60d",
        model_version="1",
        feature_service="churn_60d_v1",
        as_of=moment,
        scored_at=moment,
        horizon_days=60,
        value=value,
        percentile=None,
        band=None,
        interval=None,
        status=status,
        baseline=None,
        reasons=reasons,
    )


def reason(feature: str, contribution: float) -> Reason:
    return Reason(feature.upper(), feature, 1.0, 2.0, contribution, "raises", True, feature)


numbers = st.floats(-1e12, 1e12) | st.none()


@given(st.dictionaries(st.sampled_from(list(ROW)), numbers, min_size=1))
def test_rows_change_where_they_are_asked_to_and_nowhere_else(
    changes: dict[str, float | None],
) -> None:
    rows = supposed_rows(ROW, changes)
    assert len(rows) == 2 + len(changes)
    asked = {name: np.nan if x is None else x for name, x in changes.items()}
    alone = [{name: x} for name, x in asked.items()]
    for (_, row), changed in zip(rows.iterrows(), [{}, asked, *alone], strict=True):
        np.testing.assert_array_equal(row.to_numpy(), ROW.assign(**changed).iloc[0].to_numpy())


def test_each_change_has_its_own_difference_and_its_near_duplicates() -> None:
    changes = {"orders_30d": 0.0, "orders_60d": 1.0}
    scores = [scored(value) for value in (0.25, 0.75, 0.5, 0.125)]
    found = compare(scores, ROW, changes, GROUPS, 3)
    assert found.difference == 0.5
    first, second = found.features
    assert (first.given, first.supposed, first.difference) == (2.0, 0.0, 0.25)
    assert (second.given, second.supposed, second.difference) == (None, 1.0, -0.125)
    assert first.left_as_is == second.left_as_is == ("orders_90d",)


def test_near_duplicates_that_take_over_the_word_are_one_reason() -> None:
    before = scored(0.2, reason("orders_30d", 2.0), reason("recency_days", 1.0))
    after = scored(0.3, reason("orders_90d", 1.5), reason("recency_days", 1.0))
    found = compare([before, after, after], ROW, {"orders_30d": 0.0}, GROUPS, 3)
    assert found.reasons == (ReasonChange(before.reasons[0], after.reasons[0]),)


def test_differing_reasons_are_looked_for_among_all_and_then_cut() -> None:
    before = scored(0.2, reason("spend_90d", 3.0), reason("recency_days", 0.1))
    after = scored(0.4, reason("spend_90d", 2.9), reason("recency_days", 2.0))
    found = compare([before, after, after], ROW, {"recency_days": 30.0}, (), 1)
    assert found.before.reasons == before.reasons[:1]
    assert found.reasons == (ReasonChange(before.reasons[1], after.reasons[1]),)


def test_a_reason_of_the_rule_is_no_match_for_one_of_the_trees() -> None:
    tree = reason("recency_days", 2.0)
    bound = replace(tree, code="OUTSIDE_POPULATION", contribution=0.0)
    before, after = scored(0.2, tree), scored(0.4, bound, status=Status.COLD_START)
    found = compare([before, after, after], ROW, {"recency_days": 99.0}, (), 3)
    assert found.reasons == (ReasonChange(tree, None), ReasonChange(None, bound))


def test_without_a_value_there_is_no_difference() -> None:
    found = compare([scored(0.2), scored(None), scored(None)], ROW, {"recency_days": 99.0}, (), 3)
    assert (found.difference, found.features[0].difference) == (None, None)


@pytest.mark.parametrize(
    ("changes", "where", "todo"),
    [
        ({"order_30d": 1.0}, "order_30d", "Did you mean orders_30d?"),
        ({"weather": 1.0}, "weather", "It reads orders_30d, spend_90d."),
        (
            {"order_30d": 1.0, "spend_90d": 2.0, "weather": 3.0},
            "order_30d, weather",
            "It reads orders_30d, spend_90d.",
        ),
    ],
    ids=str,
)
def test_a_name_that_is_not_read_is_answered_with_the_nearest_or_with_all(
    changes: dict[str, float | None], where: str, todo: str
) -> None:
    with pytest.raises(InputError) as caught:
        require_inputs("churn_60d", ["orders_30d", "spend_90d"], changes)
    assert (caught.value.where, caught.value.todo) == (where, todo)


def test_names_that_are_read_pass() -> None:
    require_inputs("churn_60d", ["orders_30d", "spend_90d"], {"spend_90d": None})
