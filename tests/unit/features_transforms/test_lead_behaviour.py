"""What a lead did equals what its definition counts, lead by lead."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.transforms.lead_behaviour import behaviour, types_named, types_seen
from tests.unit.features_transforms.lead_frames import Frames, frames

START = datetime(2017, 3, 1)  # noqa: DTZ001
TYPES = ("call", "visit")


@dataclass(frozen=True)
class Event:
    lead_id: str | None
    customer_id: str | None
    at: datetime
    told: datetime | None
    kind: str
    channel: str | None


@dataclass(frozen=True)
class Asked:
    lead_id: str
    customer_id: str | None
    created: datetime
    as_of: datetime


def moments() -> st.SearchStrategy[datetime]:
    return st.integers(0, 24 * 40).map(lambda h: START + timedelta(hours=h))


EVENTS = st.lists(
    st.builds(
        Event,
        lead_id=st.sampled_from(["x", "y", None]),
        customer_id=st.sampled_from(["c", "d", None]),
        at=moments(),
        told=st.none() | moments(),
        kind=st.sampled_from(TYPES),
        channel=st.sampled_from(["shop", "web", None]),
    ),
    max_size=12,
)
ASKED = st.lists(
    st.builds(
        lambda lead_id, customer_id, created, age: Asked(
            lead_id, customer_id, created, created + timedelta(hours=age)
        ),
        st.sampled_from(["x", "y"]),
        st.sampled_from(["c", "d", None]),
        moments(),
        st.integers(0, 24 * 9),
    ),
    min_size=1,
    max_size=4,
)


def slow(events: list[Event], one: Asked) -> dict[str, float]:
    mine = [
        e
        for e in events
        if e.lead_id == one.lead_id
        or (one.customer_id is not None and e.customer_id == one.customer_id)
    ]
    known = [e for e in mine if max(e.at, e.told or e.at) < one.as_of]
    ages = [(one.as_of - e.at) / timedelta(days=1) for e in known]
    after = [e for e in known if e.at >= one.created]
    before = [e for e in known if e.at < one.created]
    return {
        "lead_age_days": (one.as_of - one.created) / timedelta(days=1),
        "lead_touches_before": len(before),
        "lead_touches_after": len(after),
        **{f"lead_touches_{d}d": sum(age <= d for age in ages) for d in (1, 7, 30)},
        **{f"lead_before_{k}": sum(e.kind == k for e in before) for k in TYPES},
        **{f"lead_after_{k}": sum(e.kind == k for e in after) for k in TYPES},
        "lead_channels": len({e.channel for e in known} - {None}),
        "lead_days_since_touch": min(ages, default=math.nan),
        "lead_response_days": min(
            ((e.at - one.created) / timedelta(days=1) for e in after), default=math.nan
        ),
    }


def rows(asked: list[Asked]) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "lead_id": [one.lead_id for one in asked],
            "customer_id": pd.Series([one.customer_id for one in asked], dtype="object"),
            "created_at": pd.to_datetime([one.created for one in asked], utc=True),
            "as_of": pd.to_datetime([one.as_of for one in asked], utc=True),
        }
    )


def interactions(events: list[Event]) -> list[dict[str, object]]:
    return [
        {
            "event_id": str(i),
            "lead_id": e.lead_id,
            "customer_id": e.customer_id,
            "occurred_at": e.at,
            "ingested_at": e.told,
            "type": e.kind,
            "channel": e.channel,
        }
        for i, e in enumerate(events)
    ]


@given(EVENTS, ASKED)
@settings(max_examples=60, deadline=None)
def test_behaviour_equals_its_definition(events: list[Event], asked: list[Asked]) -> None:
    lake = frames(interactions=interactions(events))
    built = behaviour(lake, rows(asked), TYPES).to_dict("records")
    for one, found in zip(asked, built, strict=True):
        expected = slow(events, one)
        if not events:
            expected = {"lead_age_days": expected["lead_age_days"]}
        told = {name: found[name] for name in expected}
        assert told == pytest.approx(expected, abs=1e-9, nan_ok=True), one


def test_a_lake_that_records_nothing_gives_missing_and_not_zero() -> None:
    one = Asked("x", "c", START, START)
    found = behaviour(Frames({}), rows([one]), ("call",)).iloc[0]
    assert found["lead_age_days"] == 0
    assert found.drop("lead_age_days").isna().all()


def test_an_interaction_that_names_the_lead_and_its_customer_counts_once() -> None:
    lake = frames(interactions=interactions([Event("x", "c", START, None, "call", "shop")]))
    one = Asked("x", "c", START, START + timedelta(hours=1))
    found = behaviour(lake, rows([one]), ("call",)).iloc[0]
    assert found["lead_touches_after"] == 1
    assert found["lead_after_call"] == 1
    assert found["lead_response_days"] == 0


def test_contacts_are_those_sent_to_a_known_customer_before_the_moment() -> None:
    def contact(day: int, *, holdout: bool = False, told: int | None = None) -> dict[str, object]:
        return {
            "campaign_id": f"{day}{holdout}",
            "customer_id": "c",
            "contacted_at": START + timedelta(days=day),
            "is_holdout": holdout,
            "ingested_at": None if told is None else START + timedelta(days=told),
        }

    sent = [contact(0), contact(60), contact(90, holdout=True), contact(95, told=101), contact(100)]
    lake = frames(campaign_contacts=sent)
    created, as_of = START + timedelta(days=55), START + timedelta(days=100)
    found = behaviour(
        lake, rows([Asked("x", "c", created, as_of), Asked("y", None, created, as_of)]), ()
    )
    known = found.iloc[0]
    assert known["lead_contacts_30d"] == 0
    assert known["lead_contacts_90d"] == 1
    assert known["lead_contacts_after"] == 1
    assert known["lead_days_since_contact"] == 40
    stranger = found.filter(like="contact").iloc[1]
    assert stranger.isna().all()


def test_types_are_those_of_the_lake_and_those_a_model_names() -> None:
    lake = frames(interactions=interactions([Event("x", None, START, None, "visit", None)]))
    assert types_seen(lake) == ("visit",)
    assert types_seen(Frames({})) == ()
    names = ("lead_before_call", "lead_after_call", "lead_after_form_sent", "lead_hour")
    assert types_named(names) == ("call", "form_sent")


def test_no_leads_give_no_rows() -> None:
    lake = frames(interactions=interactions([Event("x", None, START, None, "visit", None)]))
    assert behaviour(lake, rows([]), TYPES).empty
