from dataclasses import replace

import numpy as np
import pytest

from models_registry.bundle import Bundle
from models_registry.meta import Condition
from models_registry.reasons import ReasonPolicy, say
from tests.unit.models_registry.small_bundles import (
    FEATURES,
    churn,
    customers,
    next_purchase,
    value,
)

EVERYTHING = ReasonPolicy(min_share=0.0)


@pytest.mark.parametrize("bundle", [churn(), next_purchase(), value()], ids=lambda b: b.meta.model)
def test_contributions_and_base_add_up_to_the_raw_margin(bundle: Bundle):
    frame = customers()
    parts = bundle.contributions(frame)
    assert parts.shape == (len(frame), len(FEATURES) + 1)
    np.testing.assert_allclose(parts.sum(axis=1), bundle.predict(frame).margin, rtol=1e-9)


def test_reasons_carry_the_contributions_in_the_order_of_their_size():
    frame = customers()
    for row, reasons in enumerate(churn().explain(frame, 2, policy=EVERYTHING)):
        if frame.active_days[row] < 3:
            continue
        parts = dict(zip(FEATURES, churn().contributions(frame.iloc[[row]])[0], strict=False))
        largest = sorted(parts, key=lambda name: -abs(parts[name]))[:2]
        assert [reason.feature for reason in reasons] == largest
        for reason in reasons:
            assert reason.contribution == pytest.approx(parts[reason.feature], rel=1e-9)
            assert reason.direction == ("raises" if reason.contribution > 0 else "lowers")
            assert reason.code == reason.feature.upper()


def test_contributions_near_zero_are_left_out():
    frame = customers()
    few = churn().explain(frame, 4, policy=ReasonPolicy(min_share=0.3))
    many = churn().explain(frame, 4, policy=EVERYTHING)
    assert sum(map(len, few)) < sum(map(len, many))
    assert all(len(reasons) <= 3 for reasons in few)


def test_no_reason_is_given_when_none_is_asked_for():
    assert set(churn().explain(customers(), 0)) == {()}


def test_a_row_outside_the_population_says_which_bound_it_misses():
    frame = customers().assign(active_days=1.0)
    (reason,) = churn().explain(frame.iloc[[0]], 3)[0]
    assert reason.text == "too little history: 1 purchase day so far (the model needs at least 3)"
    assert (reason.code, reason.feature, reason.contribution) == (
        "OUTSIDE_POPULATION",
        "active_days",
        0.0,
    )
    late = Condition("recency_days", "at_most", 90.0)
    dormant = Bundle(replace(churn().meta, population=(late,)), churn().boosters)
    (reason,) = dormant.explain(frame.iloc[[0]].assign(recency_days=120.0), 3, "zh-CN")[0]
    assert "120" in reason.text
    assert "超出模型适用范围" in reason.text


def test_the_customers_own_habit_is_the_typical_value_where_the_catalogue_names_one():
    frame = customers().iloc[[0]].assign(recency_days=83.0, ipt_median=12.0, active_days=9.0)
    reasons = {r.feature: r for r in churn().explain(frame, 4, policy=EVERYTHING)[0]}
    assert reasons["recency_days"].typical == 12.0
    assert reasons["recency_days"].actionable
    assert reasons["recency_days"].text == "83 days since the last purchase; usually every 12 days"
    assert reasons["active_days"].typical == 14.0


def test_reasons_speak_both_languages():
    frame = customers().iloc[[0]].assign(recency_days=83.0, ipt_median=12.0, active_days=9.0)
    english = churn().explain(frame, 3, "en")[0]
    chinese = churn().explain(frame, 3, "zh-CN")[0]
    assert [r.feature for r in english] == [r.feature for r in chinese]
    assert any("距上次购买已 83 天" in r.text for r in chinese)
    assert not any("days" in r.text for r in chinese)


def test_a_value_that_is_not_known_is_said_to_be_unknown():
    assert "not known" in say("recency_days", None, 12.0, "en")
    assert "未知" in say("lead_source", None, "web", "zh-CN")
    assert say("lead_source", None, None, "en") == "Source: not known"


def test_lead_fields_and_attributes_get_a_plain_sentence():
    assert say("lead_source", "API", "Landing Page", "en") == "Source: API (usually Landing Page)"
    assert say("lead_source", "API", "官网", "zh-CN") == "来源：API（通常为 官网）"
    assert say("attr_total_visits", 12.5, 3.0, "en") == "Total visits: 12.5 (usually 3)"
    assert say("attr_budget", 12345.678, 0.03125, "en") == "Budget: 12,346 (usually 0.0312)"
    assert say("attr_budget", 0.0, None, "en") == "Budget: 0"
    assert say("lead_weekday", 5.0, 1.0, "en") == "Day of capture: Saturday (usually Tuesday)"
    assert say("lead_weekday", 0.0, None, "zh-CN") == "线索获取日：周一"


def test_an_explained_level_is_quoted_as_it_was_given():
    frame = customers().iloc[[0]].assign(active_days=9.0, lead_source="shop")
    reasons = {r.feature: r for r in churn().explain(frame, 4, policy=EVERYTHING)[0]}
    assert reasons["lead_source"].value == "shop"
    assert reasons["lead_source"].text == "Source: shop (usually web)"
