"""How much a customer is contacted, and what comes of it."""

import math
from datetime import timedelta

import pytest

from tests.unit.features_transforms.comparing import row_of
from tests.unit.features_transforms.records import Contact, Interaction, Line
from tests.unit.features_transforms.worlds import START, World

CUTOFF = START + timedelta(days=300)


def _row(
    contacts: list[float] | None, redeemed: list[float] | None = None, *bought: float
) -> dict[str, float]:
    """Return the features of contacts, redemptions and purchases so many days ago."""
    lines = [Line(str(days), "a", CUTOFF - timedelta(days=days)) for days in bought or (50.0,)]
    sent = contacts and [Contact(str(d), "a", CUTOFF - timedelta(days=d)) for d in contacts]
    used = redeemed and [
        Interaction(str(d), "a", CUTOFF - timedelta(days=d), "coupon_redeemed") for d in redeemed
    ]
    world = World(lines, contacts=sent, interactions=used)
    return row_of(world, CUTOFF)


def test_contacts_since_the_purchase_are_later_than_its_moment() -> None:
    assert _row([60, 50, 49, 3])["contacts_since_purchase"] == 2
    assert _row([60])["contacts_since_purchase"] == 0


def test_a_customer_held_out_was_not_contacted() -> None:
    held = Contact("c", "a", CUTOFF - timedelta(days=3), is_holdout=True)
    world = World([Line("1", "a", CUTOFF - timedelta(days=50))], contacts=[held])
    row = row_of(world, CUTOFF)
    assert row["contacts_since_purchase"] == 0
    assert math.isnan(row["contact_interval_days"])


def test_contacts_are_as_far_apart_as_first_and_last_allow() -> None:
    assert _row([100, 30, 20])["contact_interval_days"] == 40
    assert math.isnan(_row([100])["contact_interval_days"])


def test_contacts_of_90_days_are_set_against_its_orders() -> None:
    assert _row([100, 80, 20, 10], None, 50, 40, 120)["contacts_per_order_90d"] == 1.5
    assert math.isnan(_row([10], None, 120)["contacts_per_order_90d"])


@pytest.mark.parametrize(("redeemed", "answered"), [(100, 1), (70, 1), (69.999, 0), (101, 0)])
def test_a_contact_is_answered_within_30_days(redeemed: float, answered: float) -> None:
    assert _row([100], [redeemed])["contact_response_share"] == answered


def test_one_redemption_answers_every_contact_it_follows() -> None:
    assert _row([100, 90, 20], [80, 79])["contact_response_share"] == pytest.approx(2 / 3)


def test_answers_need_both_tables() -> None:
    assert math.isnan(_row([100])["contact_response_share"])
    assert math.isnan(_row(None, [100])["contact_response_share"])
