"""What is an event and what is refused, field by field."""

import math
from datetime import UTC, datetime
from typing import Any

import pytest

from service.events.limits import LIMITS
from service.events.reading import Refused, canonical, check, digest, read
from tests.unit.service_events.event_examples import (
    NOW,
    contact,
    interaction,
    line,
    order,
    ticket,
)

TOO_LONG = "x" * (LIMITS.id_length + 1)


@pytest.mark.parametrize(
    ("raw", "field", "reason"),
    [
        (7, "", "is not an object"),
        (None, "", "is not an object"),
        ([order()], "", "is not an object"),
        ({}, "type", "is missing"),
        (order(type="purchase"), "type", "is not known"),
        (order(type=["order"]), "type", "is not known"),
        (order(event_id=TOO_LONG), "event_id", "String should have at most 128 characters"),
        (order(event_id=" "), "event_id", "String should have at least 1 character"),
        (order(customer_id=818), "customer_id", "Input should be a valid string"),
        (order(customer_id="a\x00b"), "customer_id", "holds a character that cannot be printed"),
        (order(cutomer="c1"), "cutomer", "Extra inputs are not permitted"),
        (order(occurred_at="2026-03-01T12:01:01Z"), "occurred_at", "lies in the future"),
        (order(occurred_at="9999-12-31T23:59:59-10:00"), "occurred_at", "lies in the future"),
        (order(occurred_at="1970-01-01T00:00:00Z"), "occurred_at", "is before 1990-01-01"),
        (order(occurred_at="2026-03-01T10:00"), "occurred_at", "Input should have timezone info"),
        (order(occurred_at=1772359200), "occurred_at", "is not an ISO 8601 date-time"),
        (order(occurred_at="1772359200"), "occurred_at", "is not an ISO 8601 date-time"),
        (order(lines=[]), "lines", "List should have at least 1 item after validation, not 0"),
        (order(lines=[line(), line()]), "lines", "have the same line_no twice"),
        (
            order(lines=[line(), line(line_no=2, quantity=math.nan)]),
            "lines.1.quantity",
            "Input should be a finite number",
        ),
        (
            order(lines=[line(net_amount=math.inf)]),
            "lines.0.net_amount",
            "Input should be a finite number",
        ),
        (
            order(lines=[line(net_amount=-1)]),
            "lines.0.net_amount",
            "is a negative price: it has not the sign of the quantity",
        ),
        (
            order(lines=[line(quantity=-1)]),
            "lines.0.net_amount",
            "is a negative price: it has not the sign of the quantity",
        ),
        (order(lines=[line(line_no=True)]), "lines.0.line_no", "Input should be a valid integer"),
        (interaction(customer_id=None), "", "needs a customer_id or a lead_id"),
        (
            contact(cost_amount=-1),
            "cost_amount",
            "Input should be greater than or equal to 0",
        ),
        (ticket(satisfaction=6), "satisfaction", "Input should be less than or equal to 5"),
        (ticket(closed_at="2026-02-01T00:00:00Z"), "closed_at", "is before opened_at"),
    ],
)
def test_what_is_no_event_is_refused_with_field_and_reason(
    raw: Any, field: str, reason: str
) -> None:
    checked = check([order("good"), raw], NOW)
    assert [(index, event.event_id) for index, event in checked.good] == [(0, "good")]
    [refused] = checked.refused
    assert (refused.index, refused.field, refused.reason) == (1, field, reason)


def test_a_refusal_repeats_the_id_only_where_it_can_be_repeated() -> None:
    halves = {"type": "order", "event_id": "\ud800", "\ud801": 1}
    raw = [order("a", lines=[]), order(TOO_LONG), halves, {"event_id": 5}]
    refused = check(raw, NOW).refused
    assert [each.event_id for each in refused] == ["a", None, None, None]
    for each in refused:
        f"{each.event_id}{each.field}{each.reason}".encode()


def test_a_clock_that_runs_a_little_fast_is_believed() -> None:
    soon = (NOW + LIMITS.ahead).isoformat()
    assert check([order(occurred_at=soon)], NOW).refused == []


def test_a_return_is_an_order_line_of_negative_quantity() -> None:
    back = order(lines=[line(line_no=9, quantity=-1, net_amount=-1.5), line(quantity=0)])
    assert check([back], NOW).refused == []


@pytest.mark.parametrize("raw", [order(), interaction(), contact(), ticket()])
def test_the_canonical_form_is_read_back_and_says_the_same_however_it_was_written(
    raw: dict[str, Any],
) -> None:
    there = raw | {"occurred_at": "2026-03-01T18:00:00.000+08:00", "channel": None}
    if raw["type"] == "ticket":
        del there["channel"]
    [(_, one), (_, other)] = check([raw, dict(reversed(there.items()))], NOW).good
    assert read(canonical(one)) == one
    assert one.occurred_at == datetime(2026, 3, 1, 10, tzinfo=UTC)
    assert digest(canonical(one)) == digest(canonical(other))
    [(_, changed)] = check([raw | {"customer_id": "c2"}], NOW).good
    assert digest(canonical(changed)) != digest(canonical(one))


def test_what_is_kept_is_read_whatever_the_time() -> None:
    [(_, event)] = check([order(occurred_at="2026-03-01T12:00:30Z")], NOW).good
    assert read(canonical(event)) == event
    with pytest.raises(ValueError, match="type"):
        read('{"event_id":"e1"}')


def test_order_of_events_and_refusals_is_that_of_the_call() -> None:
    checked = check([order("a"), 1, interaction("b"), 2], NOW)
    assert [index for index, _ in checked.good] == [0, 2]
    assert checked.refused == [
        Refused(1, None, "", "is not an object"),
        Refused(3, None, "", "is not an object"),
    ]
