"""What a shop has to do: one task for each treated customer and each routed lead."""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from typing import Literal

from service.crm.grading import Letter
from service.crm.retention import Action
from service.crm.routing import LeadFacts, Route
from service.crm.staff import Role, Staff, least_loaded

TaskStatus = Literal["open", "done", "dismissed"]


class Rule(StrEnum):
    """The rules that make tasks."""

    RETENTION = "retention"
    FOLLOW_UP = "lead-follow-up"


@dataclass(frozen=True, slots=True)
class TaskPolicy:
    """When tasks are due, who does them and how they are worded.

    Attributes
    ----------
    retention_due_days, lead_due_days
        Days from `as_of` to the moment a task is due; for leads by grade.
    roles
        Who in the store does retention tasks; a later role helps out when the earlier is full.
    retention_title, lead_title
        Templates over ``{customer_id}``, and over ``{lead_id}`` and ``{grade}``.
    """

    version: str = "tasks-1"
    retention_due_days: int = 3
    lead_due_days: tuple[tuple[Letter, int], ...] = (("A", 1), ("B", 2), ("C", 4), ("D", 7))
    roles: tuple[Role, ...] = ("guide", "manager")
    retention_title: str = "Call customer {customer_id}, a regular who may be leaving"
    lead_title: str = "Call lead {lead_id} (grade {grade})"


@dataclass(frozen=True, slots=True)
class Task:
    """One thing to do for one customer or lead.

    Attributes
    ----------
    staff_id
        Who does it; None leaves it on the store's board, or on head office's without a store.
    policy_version
        The version of the policy that chose the customer or routed the lead.
    """

    task_id: str
    rule: str
    customer_id: str | None
    lead_id: str | None
    staff_id: str | None
    store_id: str | None
    as_of: datetime
    due_at: datetime
    title: str
    reason: str
    policy_version: str
    status: TaskStatus = "open"

    @property
    def subject(self) -> str:
        """Whom the task is about, in one word: with rule and `as_of` it names the task."""
        return _subject(self.customer_id, self.lead_id)


def retention_tasks(
    actions: Sequence[Action],
    staff: Sequence[Staff],
    load: Mapping[str, int],
    policy: TaskPolicy,
    as_of: datetime,
) -> list[Task]:
    """Return a task for each action in treatment, given to the least loaded of its store.

    Parameters
    ----------
    load
        Open tasks by `staff_id`; grows with each task given.
    """
    loads = dict(load)
    teams: dict[str, list[Staff]] = {}
    for person in staff:
        teams.setdefault(person.store_id, []).append(person)
    tasks: list[Task] = []
    for action in actions:
        if action.group != "treatment":
            continue
        chosen = least_loaded(teams.get(action.store_id or "", []), loads, policy.roles)
        if chosen is not None:
            loads[chosen.staff_id] = loads.get(chosen.staff_id, 0) + 1
        tasks.append(_retention_task(action, chosen, policy, as_of))
    return tasks


def follow_up_tasks(
    routes: Sequence[Route],
    leads: Mapping[str, LeadFacts],
    policy: TaskPolicy,
    as_of: datetime,
) -> list[Task]:
    """Return a task for each route; those of the head-office queue have neither staff nor store.

    Parameters
    ----------
    leads
        Facts of every routed lead, by `lead_id`.
    """
    return [_follow_up_task(route, leads[route.lead_id], policy, as_of) for route in routes]


def task_id(rule: str, customer_id: str | None, lead_id: str | None, as_of: datetime) -> str:
    """Return the id of a task: the same on every rerun of the same rule and moment."""
    text = f"{rule}|{_subject(customer_id, lead_id)}|{as_of.astimezone(UTC).isoformat()}"
    return f"task_{hashlib.sha256(text.encode()).hexdigest()[:24]}"


def _subject(customer_id: str | None, lead_id: str | None) -> str:
    return f"customer:{customer_id}" if lead_id is None else f"lead:{lead_id}"


def _retention_task(
    action: Action, chosen: Staff | None, policy: TaskPolicy, as_of: datetime
) -> Task:
    unassigned = "" if chosen else "; nobody in the store has room, so it waits on its board"
    return Task(
        task_id=task_id(Rule.RETENTION, action.customer_id, None, as_of),
        rule=Rule.RETENTION,
        customer_id=action.customer_id,
        lead_id=None,
        staff_id=chosen.staff_id if chosen else None,
        store_id=action.store_id,
        as_of=as_of,
        due_at=as_of + timedelta(days=policy.retention_due_days),
        title=policy.retention_title.format(customer_id=action.customer_id),
        reason=f"{action.reason}{unassigned}",
        policy_version=action.policy_version,
    )


def _follow_up_task(route: Route, lead: LeadFacts, policy: TaskPolicy, as_of: datetime) -> Task:
    return Task(
        task_id=task_id(Rule.FOLLOW_UP, None, route.lead_id, as_of),
        rule=Rule.FOLLOW_UP,
        customer_id=None,
        lead_id=route.lead_id,
        staff_id=route.staff_id,
        store_id=route.store_id,
        as_of=as_of,
        due_at=_lead_due(lead, policy, as_of),
        title=policy.lead_title.format(lead_id=route.lead_id, grade=lead.grade),
        reason=route.reason,
        policy_version=route.policy_version,
    )


def _lead_due(lead: LeadFacts, policy: TaskPolicy, as_of: datetime) -> datetime:
    due = as_of + timedelta(days=dict(policy.lead_due_days)[lead.grade])
    # A lead that ran out already is due at once, not in the past.
    return due if lead.expires_at is None else max(as_of, min(due, lead.expires_at))
