"""Any accepted event becomes rows that the lake takes as they are."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pandas as pd
from hypothesis import given, settings
from hypothesis import strategies as st

from features.clock import naive
from features.lake.inspection import inspect
from features.lake.tables import contract
from service.events.event import Order
from service.events.limits import LIMITS
from service.events.reading import check
from service.events.rows import frames, newest_moment, rows_of
from tests.unit.service_events.event_examples import (
    NOW,
    contact,
    interaction,
    line,
    order,
    ticket,
)

TABLES = {
    "order": "order_lines",
    "interaction": "interactions",
    "campaign_contact": "campaign_contacts",
    "ticket": "tickets",
}

odd_words = [" ", "\u3000", "\u200b", "12.0", "-0.0", "NaN", "nan", "None", "\t", "a\x00", "\x85"]
plain = st.text(st.characters(exclude_categories=["C", "Z"]), min_size=1, max_size=12)
word = plain | plain | plain | plain | st.text(max_size=12) | st.sampled_from(odd_words)
number = st.floats(0, 10**6) | st.integers(0, 10**6) | st.floats() | st.integers()
moment = st.datetimes(
    datetime(1989, 6, 1),  # noqa: DTZ001 - the zone is drawn beside it
    datetime(2026, 3, 1, 12, 2),  # noqa: DTZ001
    timezones=st.sampled_from([UTC]),
).map(datetime.isoformat)
maybe_word, maybe_number = st.none() | word, st.none() | number


def of_one_sign(raw: dict[str, Any]) -> dict[str, Any]:
    """Make the amount a price more often than chance would."""
    sign = -1 if raw["quantity"] < 0 else 1
    return raw | {"net_amount": sign * abs(raw["net_amount"])}


one_line = st.fixed_dictionaries(
    {"line_no": st.integers(0, 40), "quantity": number, "net_amount": number},
    optional={
        "product_id": maybe_word,
        "category": maybe_word,
        "discount_amount": number,
        "coupon_amount": number,
    },
)
lines = st.lists(one_line.map(of_one_sign) | one_line, min_size=1, max_size=3)
head = {"event_id": word, "occurred_at": moment}
orders = st.fixed_dictionaries(
    {"type": st.just("order"), "order_id": word, "customer_id": word, "lines": lines, **head},
    optional={"store_id": maybe_word, "channel": maybe_word},
)
interactions = st.fixed_dictionaries(
    {"type": st.just("interaction"), "interaction_type": word, "customer_id": maybe_word, **head},
    optional={
        "lead_id": maybe_word,
        "channel": maybe_word,
        "campaign_id": maybe_word,
        "properties": st.dictionaries(word, word | st.booleans() | number | st.none(), max_size=3),
    },
)
contacts = st.fixed_dictionaries(
    {"type": st.just("campaign_contact"), "campaign_id": word, "customer_id": word, **head},
    optional={
        "channel": maybe_word,
        "offer": maybe_word,
        "is_holdout": st.booleans(),
        "cost_amount": maybe_number,
    },
)
tickets = st.fixed_dictionaries(
    {"type": st.just("ticket"), "ticket_id": word, "customer_id": word, **head},
    optional={
        "opened_at": st.none() | moment,
        "closed_at": st.none() | moment,
        "ticket_type": maybe_word,
        "satisfaction": st.none() | st.floats(0, 6),
        "nps": st.none() | st.integers(-1, 11),
    },
)


amount = st.integers(0, 10**6).map(lambda cents: cents / 100)
sound_line = st.fixed_dictionaries(
    {"line_no": st.integers(1, 40), "quantity": amount, "net_amount": amount}
)
sound_orders = st.lists(sound_line, min_size=1, max_size=5, unique_by=lambda x: x["line_no"]).map(
    lambda drawn: order() | {"lines": drawn}
)


@settings(max_examples=100, deadline=None)
@given(st.lists(orders | interactions | contacts | tickets, min_size=1, max_size=8))
def test_the_lake_takes_every_row_of_every_accepted_event(raw: list[dict[str, Any]]) -> None:
    checked = check(raw, NOW)
    assert len(checked.good) + len(checked.refused) == len(raw)
    assert sorted([i for i, _ in checked.good] + [r.index for r in checked.refused]) == list(
        range(len(raw))
    )
    told = [(event, NOW) for _, event in checked.good]
    for name, frame in frames(told).items():
        inspected = inspect(frame, contract(name), first_row=1)
        assert inspected.bad.empty, inspected.bad
        assert len(inspected.good) == len(frame)
        assert (inspected.good["ingested_at"] == naive(NOW)).all()


@settings(deadline=None)
@given(sound_orders)
def test_an_order_keeps_its_lines_and_their_sums(raw: dict[str, Any]) -> None:
    [(_, event)] = check([raw], NOW).good
    assert isinstance(event, Order)
    table, rows = rows_of(event, NOW)
    assert table == "order_lines"
    assert [row["line_no"] for row in rows] == [each["line_no"] for each in raw["lines"]]
    assert sum(row["net_amount"] for row in rows) == sum(e["net_amount"] for e in raw["lines"])


def test_each_type_goes_to_its_table_under_the_columns_of_the_contract() -> None:
    raw = [order(), interaction(), contact(), ticket()]
    for _, event in check(raw, NOW).good:
        table, rows = rows_of(event, NOW)
        assert table == TABLES[event.type]
        for row in rows:
            assert set(row) <= set(contract(table).kinds)


def test_rows_keep_the_order_of_their_events_and_each_its_own_acceptance() -> None:
    raw = [order("a"), interaction(), order("b", order_id="o2", lines=[line(), line(line_no=2)])]
    events = [event for _, event in check(raw, NOW).good]
    later = [NOW + timedelta(seconds=place) for place in range(3)]
    found = frames(zip(events, later, strict=True))
    assert found["order_lines"]["order_id"].tolist() == ["o1", "o2", "o2"]
    assert found["order_lines"]["ingested_at"].tolist() == [
        pd.Timestamp(each) for each in (later[0], later[2], later[2])
    ]
    assert len(found["interactions"]) == 1


def test_a_ticket_opens_when_it_occurred_unless_it_says_otherwise() -> None:
    closed = ticket(opened_at="2026-02-01T00:00:00Z", closed_at="2026-03-01T09:00:00Z")
    [(_, opened), (_, later)] = check([ticket(), closed], NOW).good
    assert rows_of(opened, NOW)[1][0]["opened_at"] == opened.occurred_at
    assert rows_of(later, NOW)[1][0]["opened_at"] == datetime(2026, 2, 1, tzinfo=UTC)


def test_the_newest_moment_lies_past_all_that_an_event_tells() -> None:
    ahead = (NOW + LIMITS.ahead).isoformat()
    soon, closes = check([order(occurred_at=ahead), ticket(closed_at=ahead)], NOW).good
    for _, event in (soon, closes):
        assert newest_moment(event, NOW) == NOW + LIMITS.ahead
    [(_, past)] = check([order()], NOW).good
    assert newest_moment(past, NOW) == NOW
