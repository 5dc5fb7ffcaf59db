"""The history of a lead's groups equals the one counted lead by lead, and leaks nothing."""

import math
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.transforms.lead_history import LeadHistory, lead_facts
from features.transforms.lead_policy import GROUPS
from tests.unit.features_transforms.lead_frames import frames

START = datetime(2017, 3, 1)  # noqa: DTZ001
PRIOR = 5.0


@dataclass(frozen=True)
class Lead:
    lead_id: str
    created: datetime
    told: datetime | None
    expires: datetime | None
    source: str | None
    store: str | None
    decided: datetime | None = None
    decided_told: datetime | None = None
    outcome: str = "converted"


def hours(until: int) -> st.SearchStrategy[timedelta]:
    return st.integers(0, until).map(lambda h: timedelta(hours=h))


@st.composite
def leads(draw: st.DrawFn) -> list[Lead]:
    return [
        Lead(
            lead_id=str(i),
            created=(created := START + draw(hours(24 * 8))),
            told=draw(st.none() | hours(72).map(lambda h, c=created: c + h)),
            expires=draw(st.none() | hours(96).map(lambda h, c=created: c + h)),
            source=draw(st.sampled_from(["web", "shop", None])),
            store=draw(st.sampled_from(["1", "2", None])),
            decided=(decided := draw(st.none() | hours(120).map(lambda h, c=created: c + h))),
            decided_told=draw(hours(48).map(lambda h, d=decided: d and d + h)),
            outcome=draw(st.sampled_from(["converted", "lost"])),
        )
        for i in range(draw(st.integers(1, 14)))
    ]


def slow(every: list[Lead], lead: Lead, as_of: datetime) -> dict[str, float]:
    """Count by the definition: go through all other leads and ask what midnight knew of each."""
    midnight = as_of.replace(hour=0, minute=0)
    others = [other for other in every if other.lead_id != lead.lead_id]

    def known(other: Lead) -> bool:
        return max(other.created, other.told or other.created) < midnight

    def decision_known(other: Lead) -> bool:
        if other.decided is None:
            return False
        return max(other.decided, other.decided_told or other.decided) < midnight

    def settled(other: Lead) -> bool:
        over = other.expires < midnight if other.expires else decision_known(other)
        return known(other) and over

    def won(other: Lead) -> bool:
        in_time = other.expires is None or (other.decided or START) < other.expires
        return settled(other) and decision_known(other) and in_time and other.outcome == "converted"

    def sums(some: list[Lead]) -> tuple[int, int, int]:
        return (sum(map(known, some)), sum(map(settled, some)), sum(map(won, some)))

    _, over, conversions = sums(others)
    overall = conversions / over if over else math.nan
    found = {"lead_conversion": overall}
    for group in ("source", "store"):
        value = getattr(lead, group)
        count, over, conversions = sums([o for o in others if getattr(o, group) == value])
        # PRIOR conversions at the overall rate stand for that many leads.
        prior_leads = PRIOR / overall if overall > 0 else math.inf
        rate = (conversions + PRIOR) / (over + prior_leads) if overall == overall else math.nan
        lift = rate / overall if overall > 0 else math.nan
        found |= {
            f"lead_{group}_leads": math.nan if value is None else count,
            f"lead_{group}_conversion": math.nan if value is None else rate,
            f"lead_{group}_lift": math.nan if value is None else lift,
        }
    return found


def fast(every: list[Lead], asked: list[Lead], moments: list[datetime]) -> pd.DataFrame:
    lake = frames(
        leads=[
            {
                "lead_id": lead.lead_id,
                "created_at": lead.created,
                "ingested_at": lead.told,
                "expires_at": lead.expires,
                "source": lead.source,
                "store_id": lead.store,
            }
            for lead in every
        ],
        lead_outcomes=[
            {
                "lead_id": lead.lead_id,
                "decided_at": lead.decided,
                "ingested_at": lead.decided_told,
                "outcome": lead.outcome,
            }
            for lead in every
            if lead.decided
        ],
    )
    facts = lead_facts(lake).execute()
    rows = pd.DataFrame(
        {
            "lead_id": [lead.lead_id for lead in asked],
            "as_of": pd.to_datetime(moments, utc=True),
            **dict.fromkeys(GROUPS.values()),
            "source": pd.Series([lead.source for lead in asked], dtype="object"),
            "store_id": pd.Series([lead.store for lead in asked], dtype="object"),
        }
    )
    return LeadHistory.of(facts).features(rows, PRIOR)


@given(leads(), st.lists(hours(24 * 6), min_size=1, max_size=3))
@settings(max_examples=60, deadline=None)
def test_rates_and_counts_equal_those_counted_lead_by_lead(
    every: list[Lead], ages: list[timedelta]
) -> None:
    asked = [lead for lead in every for _ in ages]
    moments = [lead.created + age for lead in every for age in ages]
    built = fast(every, asked, moments).to_dict("records")
    for lead, moment, found in zip(asked, moments, built, strict=True):
        expected = slow(every, lead, moment)
        told = {name: found[name] for name in expected}
        assert told == pytest.approx(expected, abs=1e-12, nan_ok=True), (lead, moment)


@given(leads(), st.sampled_from(["converted", "lost"]), hours(24 * 12))
@settings(max_examples=30, deadline=None)
def test_a_leads_own_outcome_never_enters_its_own_features(
    every: list[Lead], outcome: str, age: timedelta
) -> None:
    lead, *others = every
    changed = replace(lead, decided=lead.created + timedelta(hours=1), outcome=outcome)
    moment = [lead.created + age]
    built = fast([lead, *others], [lead], moment)
    pd.testing.assert_frame_equal(built, fast([changed, *others], [lead], moment))


def test_what_becomes_known_at_or_after_midnight_changes_nothing() -> None:
    lead = Lead("new", START + timedelta(days=9, hours=5), None, None, "web", "1")
    midnight = START + timedelta(days=9)
    old = [
        Lead(str(i), START, None, START + timedelta(days=1), "web", "1", START, None, "converted")
        for i in range(3)
    ]
    late = Lead("late", START, None, None, "web", "1", START, midnight, "converted")
    open_ = replace(late, lead_id="open", decided_told=None, expires=midnight)
    built = fast([*old, late, open_], [lead], [lead.created])
    assert built["lead_source_leads"].item() == 5
    without = [*old, replace(late, decided=None), replace(open_, decided=None)]
    pd.testing.assert_frame_equal(built, fast(without, [lead], [lead.created]))


def test_a_value_nobody_had_yet_converts_as_leads_in_general() -> None:
    old = [
        Lead("a", START, None, None, "web", "1", START, None, "converted"),
        Lead("b", START, None, None, "web", "1", START, None, "lost"),
    ]
    lead = Lead("new", START + timedelta(days=3), None, None, "fair", None)
    [found] = fast(old, [lead], [lead.created]).to_dict("records")
    assert found["lead_source_conversion"] == pytest.approx(0.5)
    assert found["lead_source_leads"] == 0
    assert math.isnan(found["lead_store_conversion"])


def test_a_lake_without_outcomes_knows_no_conversion() -> None:
    created = START + timedelta(days=1)
    ended = {"lead_id": "b", "created_at": START, "source": "fair", "expires_at": START}
    lake = frames(leads=[{"lead_id": "a", "created_at": START, "source": "web"}, ended])
    facts = lead_facts(lake).execute()
    rows = pd.DataFrame({"lead_id": ["x"], "as_of": [created.replace(tzinfo=UTC)]})
    rows = rows.assign(**dict.fromkeys(GROUPS.values())).assign(source="web")
    built = LeadHistory.of(facts).features(rows)
    assert built["lead_source_leads"].item() == 1
    assert built["lead_conversion"].item() == 0
    assert math.isnan(built["lead_source_lift"].item())
