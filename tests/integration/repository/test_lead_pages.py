"""The list of leads: filtered, in any order, whole or in pages, on both databases."""

from datetime import timedelta

import pytest

from service.predicates.evaluation import holds
from service.predicates.paging import Sort
from service.predicates.parsing import parse
from service.repository.leads import NEWEST, LeadFilter
from service.repository.records import Records
from service.repository.rows import LEAD_COLUMNS, LeadLine
from tests.integration.repository.examples import AS_OF, TEAM, lead, route

NAMES = list(LEAD_COLUMNS)


@pytest.fixture(autouse=True)
def _leads(records: Records) -> None:
    """Nine leads: three stores, one of them none, some scored, some given to somebody."""
    with records.transaction() as work:
        work.staff.add_missing(TEAM)
        for number in range(9):
            scored = number % 3 != 0
            work.leads.add(
                lead(
                    f"P{number}",
                    days=number // 2,
                    store_id=(None, "7", "a", "B")[number % 4],
                    region="Ost" if number > 4 else "ost",
                    grade="ABC"[number % 3],
                    value=number / 10 if scored else None,
                    scored_at=AS_OF + timedelta(days=number) if scored else None,
                )
            )
        work.assignments.add_new([route("P1"), route("P6", None)], AS_OF + timedelta(days=20))


def wanted(text: str | None = None) -> LeadFilter:
    return LeadFilter(parse(text, LEAD_COLUMNS) if text else None)


def listed(records: Records, asked: LeadFilter, sort: Sort = NEWEST) -> list[LeadLine]:
    with records.transaction(read_only=True) as work:
        return work.leads.page(limit=100, wanted=asked, sort=sort)


def test_a_line_says_who_has_the_lead(records: Records) -> None:
    [line] = listed(records, wanted("lead_id = 'P1'"))
    assert (line.staff_id, line.assigned_store_id, line.store_id) == ("g1", "1", "7")
    assert line.assigned_at == AS_OF + timedelta(days=20)
    assert listed(records, wanted("lead_id = 'P2'"))[0].assigned_at is None


@pytest.mark.parametrize(
    "text",
    [
        "grade in ('A', 'B') and store_id is not null",
        "not value > 0.3 or region like 'Os%'",
        "store_id > 'A'",
        "lower(region) = 'ost' and created_at between '2018-01-02' and '2018-01-03'",
        "staff_id is null and assigned_at is not null",
        "coalesce(value, 0) < 0.5 and scored_at is null",
    ],
)
def test_a_filter_keeps_exactly_the_leads_that_meet_it(records: Records, text: str) -> None:
    met = parse(text, LEAD_COLUMNS)
    whole = listed(records, wanted())
    kept = listed(records, wanted(text))
    lines = [line for line in whole if holds(met, {n: getattr(line, n) for n in NAMES})]
    assert kept == lines
    assert 0 < len(kept) < len(whole)
    with records.transaction(read_only=True) as work:
        assert work.leads.count(wanted(text)) == len(kept)


@pytest.mark.parametrize("name", ["created_at", "value", "store_id", "lead_id", "assigned_at"])
@pytest.mark.parametrize("descending", [True, False])
def test_pages_in_any_order_hold_each_lead_once(
    records: Records, name: str, descending: bool
) -> None:
    sort = Sort(LEAD_COLUMNS[name].column, descending)
    paged: list[LeadLine] = []
    with records.transaction(read_only=True) as work:
        while True:
            after = (getattr(paged[-1], name), paged[-1].lead_id) if paged else None
            page = work.leads.page(limit=2, sort=sort, after=after)
            paged += page
            if not page:
                break
        whole = [row for part in work.leads.whole(sort=sort) for row in part]
    assert [tuple(getattr(line, n) for n in NAMES) for line in paged] == [tuple(r) for r in whole]
    assert len(paged) == 9
    keys = [getattr(line, name) for line in paged]
    there = [key for key in keys if key is not None]
    assert keys == sorted(there, reverse=descending) + [None] * (9 - len(there))


def test_leads_scored_or_given_to_somebody_since_have_changed(records: Records) -> None:
    asked = LeadFilter(changed_since=AS_OF + timedelta(days=7))
    assert {line.lead_id for line in listed(records, asked)} == {"P1", "P6", "P7", "P8"}
    with records.transaction(read_only=True) as work:
        assert work.leads.count(asked) == 4
