"""Users, sessions, contacts and who holds whom, on both databases."""

from dataclasses import replace
from datetime import timedelta

import pytest

from service.crm.permissions import Bounds, Subject
from service.keys import Scope, create
from service.repository.contacts import SealedContact
from service.repository.inbox import Sent, State
from service.repository.records import Records
from service.repository.schema import Base
from service.repository.users import User, UserSession
from tests.integration.repository.examples import AS_OF, TEAM, action, lead, route, task

USER = User("u1", "mei", "Mei", "guide", frozenset({"2", "1"}), "g1", "a hash", AS_OF)
MINUTE = timedelta(minutes=1)
LATER = AS_OF + 5 * MINUTE
CONTACT = SealedContact("customer", "a", "phone", "phone", b"\x00sealed", "digest", "k1", AS_OF)


def test_a_user_is_added_once_and_changed(records: Records) -> None:
    with records.transaction() as work:
        assert work.users.add(USER) is True
        assert work.users.add(replace(USER, user_id="u2")) is False
        work.users.set_hash("u1", "another")
        work.users.disable("u1", LATER)
    with records.transaction(read_only=True) as work:
        changed = replace(USER, hash="another", disabled_at=LATER)
        assert work.users.all() == [changed]
        assert work.users.by_login("mei") == work.users.get("u1") == changed
        assert work.users.by_login("Mei") is None


def test_sessions_are_kept_until_closed_or_run_out(records: Records) -> None:
    opened = [
        UserSession(f"h{n}", "u1", AS_OF, AS_OF, AS_OF + n * timedelta(hours=1)) for n in (1, 2)
    ]
    with records.transaction() as work:
        work.users.add(USER)
        for each in opened:
            work.sessions.add(each)
        work.sessions.note_seen("h2", LATER)
        work.sessions.forget(before=AS_OF + timedelta(hours=2))
    with records.transaction() as work:
        assert work.sessions.get("h1") is None
        assert work.sessions.get("h2") == replace(opened[1], seen_at=LATER)
        work.sessions.close_of("u1")
        assert work.sessions.get("h2") is None


def test_attempts_are_counted_by_name_and_forgotten(records: Records) -> None:
    with records.transaction() as work:
        for at in (AS_OF, LATER):
            work.login_attempts.add("one", at)
        work.login_attempts.add("other", LATER)
        assert work.login_attempts.count("one") == 2
        work.login_attempts.forget(before=LATER)
        assert work.login_attempts.count("one") == 1
        work.login_attempts.clear("one")
        assert (work.login_attempts.count("one"), work.login_attempts.count("other")) == (0, 1)


def test_the_last_use_of_a_key_and_its_place_are_kept(records: Records) -> None:
    key = create("till", [Scope.SCORES_READ], AS_OF, store_ids=["2", "1"], staff_id="g1").record
    with records.transaction() as work:
        work.keys.add(key)
        work.keys.note_use(key.key_id, LATER, LATER)
        work.keys.note_use(key.key_id, LATER + MINUTE, LATER - MINUTE)
        work.keys.note_use(key.key_id, AS_OF, AS_OF)
        work.keys.end(key.key_id, LATER)
        work.keys.end(key.key_id, LATER + timedelta(days=1))
    with records.transaction(read_only=True) as work:
        assert work.keys.get(key.key_id) == replace(key, last_used_at=LATER, expires_at=LATER)


def test_who_holds_a_customer_comes_from_open_or_fresh_work(records: Records) -> None:
    with records.transaction() as work:
        work.staff.add_missing(TEAM)
        work.leads.add(lead("L1", customer_id="c", store_id="3"))
        work.leads.add(lead("L2", customer_id="d"))
        work.assignments.add_new([route("L1", "g2"), route("L2", None)], AS_OF)
        done = task("b", task_id="t2", staff_id="m1", status="done")
        work.tasks.add_new([task("a"), done, task("x", task_id="t3", staff_id=None, store_id=None)])
        held = work.holders.of_customers(["a", "b", "c", "d", "nobody"], since=LATER)
        assert held == {
            "a": Subject(frozenset("1"), frozenset({"g1"})),
            "c": Subject(frozenset("1"), frozenset({"g2"})),
            "d": Subject(),
        }
        assert "b" in work.holders.of_customers(["b"], since=AS_OF)
        assert work.holders.customers_within(Bounds(staff_id="g1"), LATER) == {"a"}
        within = work.holders.customers_within(Bounds(store_ids=frozenset("1")), AS_OF)
        assert within == {"a", "b", "c"}
        assert work.holders.of_leads(["L1", "L2", "L3"]) == {
            "L1": Subject(frozenset("13"), frozenset({"g2"})),
            "L2": Subject(),
        }


def test_tasks_are_those_within_bounds(records: Records) -> None:
    with records.transaction() as work:
        work.staff.add_missing(TEAM)
        other = task("b", task_id="t2", staff_id="g2", store_id="2")
        work.tasks.add_new([task("a", task_id="t1"), other])
        for limits, expected in (
            (Bounds(), ["t1", "t2"]),
            (Bounds(staff_id="g2"), ["t2"]),
            (Bounds(store_ids=frozenset("1")), ["t1"]),
            (Bounds(store_ids=frozenset()), []),
        ):
            assert [t.task_id for t in work.tasks.page(limit=9, within=limits)] == expected


def test_a_contact_replaces_the_one_of_its_label(records: Records) -> None:
    mobile = replace(CONTACT, label="mobile", lookup="other")
    with records.transaction() as work:
        work.contacts.put(CONTACT)
        work.contacts.put(mobile)
        changed = replace(CONTACT, sealed=b"new", key_id="k2")
        work.contacts.put(changed)
        assert work.contacts.of("customer", "a") == [mobile, changed]
        assert work.contacts.found("phone", ["digest"]) == [changed]
        assert work.contacts.found("email", ["digest"]) == []
        assert work.contacts.not_under("k2", 9) == [mobile]
        assert work.contacts.keys_used() == {"k1", "k2"}


def test_nothing_of_a_customer_is_left_and_others_stay_as_they_were(records: Records) -> None:
    bodies = {"e1": '{"customer_id":"a"}', "e2": '{"customer_id":"ab"}', "e3": '{"lead_id":"L1"}'}
    with records.transaction() as work:
        work.staff.add_missing(TEAM)
        work.leads.add(lead("L1", customer_id="a", attributes={"city": "Wuhan"}))
        work.leads.add(lead("L2", customer_id="b"))
        work.assignments.add_new([route("L1"), route("L2")], AS_OF)
        for_lead = task(None, lead_id="L1", task_id="t3")
        work.tasks.add_new([task("a", task_id="t1"), task("b", task_id="t2"), for_lead])
        work.lists.add_new("retention", AS_OF, [action("a", 1), action("b", 2)])
        work.inbox.add([Sent(each, "order", each, body) for each, body in bodies.items()], AS_OF)
        work.contacts.put(CONTACT)
        work.contacts.put(replace(CONTACT, subject_id="b"))
        work.contacts.put(replace(CONTACT, subject_kind="lead", subject_id="L1"))
    with records.transaction() as work:
        of_b = work.erasure.held("b", {"L2"})
        leads = work.erasure.leads_of("a")
        counts = work.erasure.anonymise("a", leads, "erased-1")
    assert leads == {"L1"}
    assert counts == {"tasks": 2, "list_members": 1, "leads": 1, "inbox": 2, "contacts": 2}
    with records.transaction() as work:
        assert work.erasure.held("a", leads) == {}
        assert work.erasure.held("b", {"L2"}) == of_b
        assert {t.subject for t in work.tasks.page(limit=9)} == {
            "customer:erased-1",
            "customer:b",
            "lead:erased-1-0",
        }
        erased = work.leads.get("erased-1-0")
        assert erased is not None
        assert (erased.customer_id, erased.attributes) == (None, {})
        assert work.assignments.of_lead("erased-1-0") is not None
        assert [e.event_id for e in work.inbox.some(State.PENDING, 9)] == ["e2"]
        assert work.contacts.of("customer", "b") != []
        assert work.erasure.anonymise("a", work.erasure.leads_of("a"), "erased-2") == {}


def test_every_table_that_names_somebody_is_one_that_erasure_knows() -> None:
    names = {"customer_id", "lead_id", "subject", "subject_id", "body"}
    naming = {
        table.name for table in Base.metadata.sorted_tables if names & set(table.columns.keys())
    }
    # The audit log names people by digests, and stays.
    known = {"tasks", "list_members", "leads", "assignments", "inbox", "contacts"}
    known |= {"outbox", "idempotency_keys"}
    assert naming == known | {"audit_log"}


@pytest.mark.parametrize("limits", [Bounds(), Bounds(staff_id="")])
def test_bounds_of_nobody_hold_nobody(records: Records, limits: Bounds) -> None:
    with records.transaction() as work:
        work.staff.add_missing(TEAM)
        work.tasks.add_new([task("a", staff_id=None)])
        found = work.holders.customers_within(limits, AS_OF)
    assert found == ({"a"} if limits.unlimited else set())
