from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest

from service.crm.retention import Action
from service.crm.routing import LeadFacts, Route
from service.crm.staff import Staff
from service.crm.tasks import TaskPolicy, follow_up_tasks, retention_tasks, task_id

AS_OF = datetime(2018, 1, 1, tzinfo=UTC)
POLICY = TaskPolicy()
TEAM = [
    Staff("g1", "1", "guide", "Store 1 guide 1", 2),
    Staff("g2", "1", "guide", "Store 1 guide 2", 2),
    Staff("m", "1", "manager", "Store 1 manager", 1),
]


def action(customer_id: str, group: str = "treatment", store_id: str | None = "1") -> Action:
    return Action(customer_id, 1, group, store_id, 80.0, "silent for long", "retention-1")  # type: ignore[arg-type]


def test_treated_customers_get_a_task_and_held_out_ones_none() -> None:
    actions = [action("a"), action("b", "holdout")]
    (task,) = retention_tasks(actions, TEAM, {}, POLICY, AS_OF)
    assert task.customer_id == "a"
    assert task.title == "Call customer a, a regular who may be leaving"
    assert task.due_at == AS_OF + timedelta(days=3)
    assert (task.reason, task.policy_version) == ("silent for long", "retention-1")


def test_tasks_spread_over_the_guides_then_reach_the_manager_then_the_board() -> None:
    tasks = retention_tasks([action(str(n)) for n in range(6)], TEAM, {}, POLICY, AS_OF)
    assert [task.staff_id for task in tasks] == ["g1", "g2", "g1", "g2", "m", None]
    assert tasks[-1].store_id == "1"
    assert "waits on its board" in tasks[-1].reason


def test_people_who_have_work_already_come_later() -> None:
    tasks = retention_tasks([action("a")], TEAM, {"g1": 1}, POLICY, AS_OF)
    assert [task.staff_id for task in tasks] == ["g2"]


def test_a_customer_without_a_store_gets_a_task_for_head_office() -> None:
    (task,) = retention_tasks([action("a", store_id=None)], TEAM, {}, POLICY, AS_OF)
    assert (task.staff_id, task.store_id) == (None, None)


@pytest.mark.parametrize(("letter", "days"), [("A", 1), ("B", 2), ("C", 4), ("D", 7)])
def test_better_leads_are_due_sooner(letter: str, days: int) -> None:
    facts = LeadFacts("L", "1", None, letter)  # type: ignore[arg-type]
    route = Route("L", "g1", "1", "has room", "routing-1")
    (task,) = follow_up_tasks([route], {"L": facts}, POLICY, AS_OF)
    assert task.due_at == AS_OF + timedelta(days=days)
    assert task.title == f"Call lead L (grade {letter})"
    assert (task.staff_id, task.store_id, task.lead_id) == ("g1", "1", "L")


def test_a_follow_up_is_never_due_after_its_lead_expires_nor_in_the_past() -> None:
    route = Route("L", "g1", "1", "has room", "routing-1")
    facts = LeadFacts("L", "1", None, "D", expires_at=AS_OF + timedelta(days=2))
    gone = replace(facts, expires_at=AS_OF - timedelta(days=2))
    (soon,) = follow_up_tasks([route], {"L": facts}, POLICY, AS_OF)
    (now,) = follow_up_tasks([route], {"L": gone}, POLICY, AS_OF)
    assert (soon.due_at, now.due_at) == (AS_OF + timedelta(days=2), AS_OF)


def test_a_lead_of_the_head_office_queue_has_a_task_without_staff() -> None:
    route = Route("L", None, None, "nobody; goes to the head-office queue", "routing-1")
    (task,) = follow_up_tasks([route], {"L": LeadFacts("L", None, None, "A")}, POLICY, AS_OF)
    assert (task.staff_id, task.store_id) == (None, None)
    assert task.reason.endswith("goes to the head-office queue")


def test_a_task_id_names_the_subject_the_rule_and_the_moment_whatever_the_zone() -> None:
    one = task_id("retention", "7", None, AS_OF)
    assert one == task_id("retention", "7", None, AS_OF.astimezone(timezone(timedelta(hours=8))))
    others = {
        task_id("retention", "8", None, AS_OF),
        task_id("retention", None, "7", AS_OF),
        task_id("lead-follow-up", "7", None, AS_OF),
        task_id("retention", "7", None, AS_OF + timedelta(days=1)),
    }
    assert len(others | {one}) == 5
