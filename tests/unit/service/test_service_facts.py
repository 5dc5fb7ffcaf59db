"""Invented staff, and the facts of health as they come from features."""

import math

import pytest

from service.crm.health import HealthPolicy
from service.demo_staff import Team, demo_staff
from service.health import customer_health, weakest

ROW = {
    "recency_days": 10.0,
    "ipt_median": 5.0,
    "orders_90d": 6.0,
    "orders_180d": 18.0,
    "spend_90d": 100.0,
    "redemptions_90d": 0.0,
}


def test_each_store_gets_a_manager_and_guides_named_by_store_and_number() -> None:
    people = demo_staff(["318", "32", "318"], Team(guides=2))
    assert [person.name for person in people if person.store_id == "318"] == [
        "Store 318 manager",
        "Store 318 guide 1",
        "Store 318 guide 2",
    ]
    assert len({person.staff_id for person in people}) == len(people) == 6


def test_the_90_days_before_are_what_180_days_hold_beyond_the_last_90() -> None:
    health = customer_health(ROW, 0.5, HealthPolicy())
    trend = next(part for part in health.parts if part.name == "trend")
    assert trend.points == pytest.approx(trend.of * 6 / 12)


def test_features_that_are_missing_are_told_as_unknown() -> None:
    health = customer_health(dict.fromkeys(ROW, math.nan), None, HealthPolicy())
    assert health.score == pytest.approx(50)


def test_the_weakest_part_is_the_one_that_lacks_most() -> None:
    sentence = weakest(customer_health({**ROW, "recency_days": 100.0}, 0.1, HealthPolicy()))
    assert "weakest in rhythm" in sentence
    assert "100 days since" in sentence
