import math
from dataclasses import replace
from itertools import pairwise
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from service.crm.profit import (
    Contact,
    ProfitPolicy,
    expected_profit,
    profit_curve,
    saved_by_assumption,
    sizes_to_show,
)

POLICY = ProfitPolicy(contact_cost=1.5, margin_rate=0.3, save_rate=0.1)

contacts = st.lists(
    st.builds(
        Contact,
        st.integers(0, 10**6).map(str),
        st.floats(-1, 1) | st.just(math.nan),
        st.floats(0, 500) | st.just(math.nan),
        st.floats(0, 20),
    ),
    unique_by=lambda contact: contact.customer_id,
    max_size=40,
)
budgets = st.floats(0, 500)


def one(customer_id: str, saved: float, value: float = 100.0, cost: float = 1.5) -> Contact:
    return Contact(customer_id, saved, value, cost)


@given(contacts, budgets)
def test_the_recommended_size_earns_most_of_all_that_the_budget_pays(
    found: list[Contact], budget: float
) -> None:
    curve = profit_curve(found, POLICY, budget)
    paid = [point for point in curve.points if point.cost <= budget]
    assert curve.best.profit == pytest.approx(max(p.profit for p in paid), abs=1e-6)
    assert curve.best.cost <= budget * (1 + 1e-6)
    assert curve.recommended <= curve.affordable


@given(contacts, budgets, budgets)
def test_more_budget_never_lowers_the_expected_profit(
    found: list[Contact], some: float, more: float
) -> None:
    less, most = sorted((some, more))
    assert (
        profit_curve(found, POLICY, less).best.profit
        <= profit_curve(found, POLICY, most).best.profit
    )


@given(contacts, budgets, st.randoms())
def test_the_order_of_the_input_changes_nothing(
    found: list[Contact], budget: float, random: Random
) -> None:
    mixed = list(found)
    random.shuffle(mixed)
    assert profit_curve(found, POLICY, budget) == profit_curve(mixed, POLICY, budget)


@given(contacts, budgets)
def test_nobody_is_recommended_who_costs_more_than_they_bring(
    found: list[Contact], budget: float
) -> None:
    chosen = profit_curve(found, POLICY, budget).chosen
    assert all(expected_profit(contact, POLICY) > 0 for contact in chosen)


@given(contacts, budgets)
def test_whom_a_contact_drives_away_is_on_no_list_of_any_size(
    found: list[Contact], budget: float
) -> None:
    curve = profit_curve(found, replace(POLICY, contact_cost=0.0), budget)
    assert all(contact.saved > 0 for contact in curve.contacts)


@given(contacts)
def test_points_add_the_contacts_up_one_by_one(found: list[Contact]) -> None:
    curve = profit_curve(found, POLICY, budget=100.0)
    assert [point.size for point in curve.points] == list(range(len(curve.contacts) + 1))
    for contact, (before, after) in zip(curve.contacts, pairwise(curve.points), strict=True):
        assert after.saved - before.saved == pytest.approx(contact.saved, abs=1e-9)
        assert after.cost - before.cost == pytest.approx(contact.cost, abs=1e-9)
        earned = expected_profit(contact, POLICY)
        assert after.profit - before.profit == pytest.approx(earned, abs=1e-6)


def test_the_profit_of_a_contact_is_uplift_times_margin_on_value_less_cost() -> None:
    assert expected_profit(one("a", saved=0.2), POLICY) == pytest.approx(0.2 * 100 * 0.3 - 1.5)


def test_a_list_ends_where_the_money_does_and_where_contacts_stop_paying() -> None:
    found = [one("a", 0.5), one("b", 0.2), one("c", 0.1), one("d", 0.01), one("e", -0.3)]
    rich = profit_curve(found, POLICY, budget=1000.0)
    assert [contact.customer_id for contact in rich.chosen] == ["a", "b", "c"]
    assert [contact.customer_id for contact in rich.contacts] == ["a", "b", "c", "d"]
    assert rich.best.profit == pytest.approx(0.8 * 30 - 4.5)
    poor = profit_curve(found, POLICY, budget=3.0)
    assert [contact.customer_id for contact in poor.chosen] == ["a", "b"]


def test_costs_that_only_rounding_lifts_over_the_budget_are_paid() -> None:
    found = [one(str(n), 0.5, cost=0.1) for n in range(3)]
    assert profit_curve(found, POLICY, budget=0.3).recommended == 3


def test_without_anybody_worth_a_contact_the_list_is_empty() -> None:
    for found in ([], [one("a", -0.1)], [one("a", 0.1, value=math.nan)], [one("a", 0.001)]):
        curve = profit_curve(found, POLICY, budget=500.0)
        assert curve.recommended == 0
        assert curve.best.profit == 0.0


def test_without_a_measured_uplift_the_assumed_rate_is_taken_of_the_risk() -> None:
    assert saved_by_assumption(0.4, POLICY) == pytest.approx(0.04)


def test_sizes_to_show_are_round_and_hold_the_recommended_and_all() -> None:
    found = [one(f"{n:03}", 0.5 if n < 37 else 0.01) for n in range(230)]
    curve = profit_curve(found, POLICY, budget=150.0)
    assert sizes_to_show(curve) == [10, 20, 37, 50, 100, 200, 230]
    assert curve.recommended == 37
    assert curve.affordable == 100
