from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from sqlalchemy.exc import IntegrityError

from service.crm.staff import Staff
from service.repository.records import Records
from service.repository.rows import ApiKey, Member
from tests.integration.repository.examples import AS_OF, TEAM, action, lead, route, seed, task


@pytest.fixture(autouse=True)
def _seeded(records: Records) -> None:
    with records.transaction() as work:
        seed(work)


def test_a_key_comes_back_as_it_went_in_and_can_be_revoked_once(records: Records) -> None:
    key = ApiKey("k1", "hash", frozenset({"admin", "tasks:read"}), "till", AS_OF)
    with records.transaction() as work:
        work.keys.add(key)
    with records.transaction() as work:
        assert work.keys.get("k1") == key
        assert work.keys.get("k2") is None
        assert [work.keys.revoke("k1", AS_OF), work.keys.revoke("k1", AS_OF)] == [True, False]
        assert work.keys.revoke("k2", AS_OF) is False
    with records.transaction(read_only=True) as work:
        assert work.keys.all() == [replace(key, revoked_at=AS_OF)]


def test_staff_who_are_there_stay_as_they_are(records: Records) -> None:
    newcomer = Staff("g3", "3", "guide", "Store 3 guide 1", 5)
    with records.transaction() as work:
        assert work.staff.add_missing([replace(TEAM[0], capacity=1), newcomer]) == 1
    with records.transaction(read_only=True) as work:
        assert work.staff.all() == [TEAM[0], TEAM[1], newcomer, TEAM[2]]
        assert work.staff.of_stores({"1", "3"}) == [TEAM[0], newcomer, TEAM[2]]
        assert work.staff.of_stores([]) == []


def test_a_lead_comes_back_as_it_went_in_and_is_added_once(records: Records) -> None:
    full = lead(
        "L9",
        medium="mail",
        store_id="1",
        expires_at=AS_OF + timedelta(days=30),
        attributes={"coupons": 12, "campaign_type": "Type A", "note": "熟客"},
        value=0.31,
        percentile=97.5,
        grade="A",
        status="ok",
        model_version="3",
        scored_at=AS_OF,
    )
    with records.transaction() as work:
        assert work.leads.add(full) is True
        assert work.leads.add(replace(full, value=0.9)) is False
    with records.transaction(read_only=True) as work:
        assert work.leads.get("L9") == full
        assert work.leads.get("L0") is None


def test_leads_wait_for_the_lake_until_it_has_them(records: Records) -> None:
    with records.transaction() as work:
        work.leads.add(lead("L3"), in_lake=True)
        work.leads.mark_in_lake(["L1"])
        work.leads.mark_in_lake([])
    with records.transaction(read_only=True) as work:
        assert [found.lead_id for found in work.leads.not_in_lake()] == ["L2"]


def test_a_lead_is_assigned_once_and_stays_with_its_person(records: Records) -> None:
    with records.transaction() as work:
        assert work.assignments.add_new([route("L1"), route("L2", None)], AS_OF) == 2
        assert work.assignments.add_new([route("L1", "g2")], AS_OF) == 0
    with records.transaction(read_only=True) as work:
        found = work.assignments.of_lead("L1")
        assert found is not None
        assert (found.staff_id, found.reason, found.assigned_at) == (
            "g1",
            "has the most room",
            AS_OF,
        )
        assert work.assignments.of_lead("L9") is None
        assert work.assignments.loads() == {"g1": 1}


def test_decided_and_expired_leads_leave_the_load(records: Records) -> None:
    with records.transaction() as work:
        work.leads.add(lead("E", expires_at=AS_OF + timedelta(days=1)))
        work.assignments.add_new([route("L1"), route("L2"), route("E")], AS_OF)
        assert work.assignments.loads() == {"g1": 3}
        assert work.assignments.close_expired(AS_OF) == 0
        assert work.assignments.close_expired(AS_OF + timedelta(days=1)) == 1
        assert work.assignments.close(["L1", "E"], AS_OF) == 1
        assert work.assignments.loads() == {"g1": 1}


def test_a_task_comes_back_as_it_went_in_and_is_added_once(records: Records) -> None:
    later = AS_OF + timedelta(days=1)
    follow_up = task(None, task_id="t2", rule="lead-follow-up", lead_id="L1")
    with records.transaction() as work:
        assert work.tasks.add_new([task("a"), follow_up]) == 2
        assert work.tasks.add_new([task("a"), task("a", task_id="another id"), follow_up]) == 0
        assert work.tasks.add_new([task("a", task_id="t3", as_of=later)]) == 1
    with records.transaction(read_only=True) as work:
        assert work.tasks.get(task("a").task_id) == task("a")
        assert work.tasks.get("t2") == follow_up
        assert work.tasks.get("t9") is None


def test_pages_of_tasks_hold_each_task_once_soonest_first(records: Records) -> None:
    with records.transaction() as work:
        work.tasks.add_new([task(str(n), task_id=f"t{n}", due_in=n // 2) for n in range(5)])
    seen: list[str] = []
    after = None
    with records.transaction(read_only=True) as work:
        for _ in range(3):
            page = work.tasks.page(limit=2, after=after)
            seen += [found.task_id for found in page]
            after = (page[-1].due_at, page[-1].task_id)
        assert work.tasks.page(limit=2, after=after) == []
    assert seen == ["t0", "t1", "t2", "t3", "t4"]


@pytest.mark.parametrize(
    ("wanted", "found"),
    [
        ({"status": "done"}, ["t1"]),
        ({"store_id": "2"}, ["t2"]),
        ({"staff_id": "g2"}, ["t2"]),
        ({"as_of": AS_OF + timedelta(days=1)}, ["t3"]),
        ({"status": "open", "store_id": "1"}, ["t3"]),
    ],
)
def test_tasks_can_be_filtered(
    records: Records, wanted: dict[str, object], found: list[str]
) -> None:
    with records.transaction() as work:
        work.tasks.add_new(
            [
                task("a", task_id="t1", status="done"),
                task("b", task_id="t2", store_id="2", staff_id="g2"),
                task("c", task_id="t3", as_of=AS_OF + timedelta(days=1)),
            ]
        )
    with records.transaction(read_only=True) as work:
        page = work.tasks.page(limit=9, **wanted)  # type: ignore[arg-type]
    assert [item.task_id for item in page] == found


def test_a_finished_task_leaves_the_load(records: Records) -> None:
    with records.transaction() as work:
        work.tasks.add_new([task("a", task_id="t1"), task("b"), task("c", staff_id=None)])
        assert work.tasks.loads() == {"g1": 2}
        assert work.tasks.set_status("t1", "done") is True
        assert work.tasks.set_status("t9", "done") is False
        assert work.tasks.loads() == {"g1": 1}


def test_a_list_keeps_both_groups_by_rank_and_a_rerun_adds_nothing(records: Records) -> None:
    actions = [action("b", 1), action("a", 2, "holdout")]
    with records.transaction() as work:
        assert work.lists.add_new("retention", AS_OF, actions) == 2
        assert work.lists.add_new("retention", AS_OF, actions) == 0
        assert work.lists.add_new("retention", AS_OF + timedelta(days=1), actions[:1]) == 1
        assert work.lists.add_new("retention", AS_OF, []) == 0
    with records.transaction(read_only=True) as work:
        members = work.lists.members("retention", AS_OF)
        assert [(m.customer_id, m.group) for m in members] == [("b", "treatment"), ("a", "holdout")]
        assert members[0] == Member(
            "retention", AS_OF, "b", 1, "treatment", "1", 80.0, "silent for long", "retention-1"
        )
        day = timedelta(days=1)
        assert work.lists.listed_between("retention", AS_OF, AS_OF + day) == {"a", "b"}
        assert work.lists.listed_between("retention", AS_OF + day, AS_OF + 2 * day) == {"b"}
        assert work.lists.listed_between("other", AS_OF, AS_OF + day) == set()


def test_thousands_of_rows_go_in_at_once(records: Records) -> None:
    with records.transaction() as work:
        assert work.tasks.add_new([task(str(number)) for number in range(5_000)]) == 5_000
        assert work.tasks.add_new([task(str(number)) for number in range(5_001)]) == 1


def test_moments_of_any_zone_come_back_as_the_same_moment_in_utc(records: Records) -> None:
    beijing = timezone(timedelta(hours=8))
    there = datetime(2018, 1, 1, 9, 30, 15, 123456, tzinfo=beijing)
    with records.transaction() as work:
        work.leads.add(replace(lead("Z"), created_at=there))
    with records.transaction(read_only=True) as work:
        found = work.leads.get("Z")
    assert found is not None
    assert found.created_at == there
    assert found.created_at.tzinfo is UTC


def test_work_for_people_or_leads_nobody_knows_is_refused(records: Records) -> None:
    with pytest.raises(IntegrityError), records.transaction() as work:
        work.assignments.add_new([route("L1", "nobody")], AS_OF)
    with pytest.raises(IntegrityError), records.transaction() as work:
        work.assignments.add_new([route("unknown lead")], AS_OF)
    with pytest.raises(IntegrityError), records.transaction() as work:
        work.tasks.add_new([task("a", staff_id="nobody")])
