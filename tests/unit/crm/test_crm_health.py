from dataclasses import fields, replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.crm.health import HealthFacts, HealthPolicy, health

POLICY = HealthPolicy()
number = st.none() | st.just(float("nan")) | st.floats(-1e6, 1e6)
anyone = st.builds(
    HealthFacts,
    **{field.name: number for field in fields(HealthFacts)},
)
REGULAR = HealthFacts(
    recency_days=3.0,
    ipt_median=7.0,
    orders_90d=13.0,
    orders_before_90d=12.0,
    spend_90d=900.0,
    churn_60d=0.02,
    redemptions_90d=2.0,
)


def score(facts: HealthFacts) -> float:
    return health(facts, POLICY).score


def test_the_weights_of_the_default_policy_add_up_to_100() -> None:
    assert sum(part.of for part in health(REGULAR, POLICY).parts) == 100


@given(anyone)
def test_health_stays_within_0_and_100_and_is_the_sum_of_its_parts(facts: HealthFacts) -> None:
    whole = health(facts, POLICY)
    assert 0 <= whole.score <= 100
    assert whole.score == pytest.approx(sum(part.points for part in whole.parts))
    assert all(0 <= part.points <= part.of and part.reason for part in whole.parts)


@given(anyone, st.floats(0, 1e4), st.floats(0, 1e4))
def test_longer_silence_never_raises_health(facts: HealthFacts, one: float, other: float) -> None:
    short, long = sorted((one, other))
    assert score(replace(facts, recency_days=long)) <= score(replace(facts, recency_days=short))


@given(anyone, st.floats(0, 1), st.floats(0, 1))
def test_a_higher_churn_risk_never_raises_health(
    facts: HealthFacts, one: float, other: float
) -> None:
    low, high = sorted((one, other))
    assert score(replace(facts, churn_60d=high)) <= score(replace(facts, churn_60d=low))


@given(anyone, st.floats(0, 1e4), st.floats(0, 1e4))
def test_more_spend_never_lowers_health(facts: HealthFacts, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert score(replace(facts, spend_90d=high)) >= score(replace(facts, spend_90d=low))


def test_a_regular_in_rhythm_is_healthy_and_a_silent_one_is_not() -> None:
    gone = HealthFacts(
        recency_days=60.0,
        ipt_median=7.0,
        orders_90d=2.0,
        orders_before_90d=12.0,
        spend_90d=80.0,
        churn_60d=0.8,
        redemptions_90d=0.0,
    )
    assert score(REGULAR) > 95
    assert score(gone) < 15


def test_nothing_known_is_neither_well_nor_ill_and_every_part_says_so() -> None:
    whole = health(HealthFacts(), POLICY)
    assert whole.score == 50
    assert all("counted as 50%" in part.reason for part in whole.parts)


def test_the_rhythm_part_speaks_of_the_customers_own_usual_gap() -> None:
    parts = {part.name: part for part in health(replace(REGULAR, recency_days=21.0), POLICY).parts}
    assert parts["rhythm"].reason == "21 days since the last purchase; usually every 7"
    assert parts["rhythm"].points == 15.0


def test_a_first_order_after_none_is_a_full_trend_and_none_after_none_is_empty() -> None:
    def trend(orders: float) -> float:
        facts = HealthFacts(orders_90d=orders, orders_before_90d=0.0)
        return next(p.points for p in health(facts, POLICY).parts if p.name == "trend")

    assert (trend(1.0), trend(0.0)) == (POLICY.trend, 0.0)
