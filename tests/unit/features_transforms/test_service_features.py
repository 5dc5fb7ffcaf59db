"""Cases in the newest state a cutoff knows, and other interactions."""

import math
from datetime import datetime, timedelta

from tests.unit.features_transforms.comparing import row_of
from tests.unit.features_transforms.records import Interaction, Line, Ticket
from tests.unit.features_transforms.worlds import START, World

CUTOFF = START + timedelta(days=300)


def _ago(days: float) -> datetime:
    return CUTOFF - timedelta(days=days)


def _row(*tickets: Ticket, interactions: list[Interaction] | None = None) -> dict[str, float]:
    world = World([Line("1", "a", _ago(50))], interactions=interactions, tickets=tickets)
    return row_of(world, CUTOFF)


def test_a_case_told_in_three_states_is_one_case() -> None:
    row = _row(
        Ticket("t", "a", _ago(20)),
        Ticket("t", "a", _ago(20), _ago(16)),
        Ticket("t", "a", _ago(20), _ago(16), satisfaction=4.0, nps=9.0),
    )
    assert row["tickets_90d"] == 1
    assert row["open_tickets"] == 0
    assert row["days_since_ticket"] == 20
    assert row["resolution_days_mean"] == 4
    assert (row["satisfaction_mean"], row["nps_last"]) == (4, 9)


def test_what_comes_after_the_cutoff_is_not_known_of_a_case_that_is() -> None:
    row = _row(Ticket("t", "a", _ago(20), _ago(-2), satisfaction=1.0, nps=0.0))
    assert (row["tickets_90d"], row["open_tickets"]) == (1, 1)
    assert math.isnan(row["satisfaction_mean"])
    assert math.isnan(row["nps_last"])


def test_a_case_closed_at_the_cutoff_is_open() -> None:
    assert _row(Ticket("t", "a", _ago(20), CUTOFF))["open_tickets"] == 1


def test_a_state_told_later_than_the_cutoff_does_not_count() -> None:
    told = Ticket("t", "a", _ago(20), _ago(16), ingested_at=CUTOFF)
    assert _row(Ticket("t", "a", _ago(20)), told)["open_tickets"] == 1


def test_a_case_opened_again_is_open() -> None:
    again = Ticket("t", "a", _ago(20), ingested_at=_ago(3))
    assert _row(Ticket("t", "a", _ago(20), _ago(16)), again)["open_tickets"] == 1


def test_ratings_are_averaged_over_cases_and_the_last_rated_case_recommends() -> None:
    row = _row(
        Ticket("t1", "a", _ago(120), _ago(110), satisfaction=2.0, nps=3.0),
        Ticket("t2", "a", _ago(80), _ago(78), satisfaction=5.0, nps=8.0),
        Ticket("t3", "a", _ago(10)),
    )
    assert row["tickets_90d"] == 2
    assert row["satisfaction_mean"] == 3.5
    assert row["nps_last"] == 8
    assert row["resolution_days_mean"] == 6


def test_interactions_leave_redemptions_out() -> None:
    kinds = {"page_view": 5.0, "coupon_redeemed": 2.0, "call": 95.0}
    row = _row(interactions=[Interaction(k, "a", _ago(d), k) for k, d in kinds.items()])
    assert row["interactions_90d"] == 1
    assert row["days_since_interaction"] == 5


def test_nobody_s_case_and_no_table_of_cases_are_not_the_same() -> None:
    without = row_of(World([Line("1", "a", _ago(50))]), CUTOFF)
    assert math.isnan(without["tickets_90d"])
    assert _row(Ticket("t", "b", _ago(5)))["tickets_90d"] == 0
