"""What webhooks tell: ids, scores, bands and times; never a name, a number or an address."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import orjson

from service.crm.tasks import Task
from service.repository.rows import Assignment, LeadRecord


class EventType(StrEnum):
    """The kinds of events an endpoint can ask for."""

    BAND_CHANGED = "score.band_changed"
    LEAD_ROUTED = "lead.routed"
    TASK_CREATED = "task.created"
    DRIFT_DETECTED = "drift.detected"


@dataclass(frozen=True, slots=True)
class HookEvent:
    """Something that happened.

    Attributes
    ----------
    event_id
        The same whenever the same thing is told again: `webhook-id` on the wire.
    body
        What is sent and signed, byte for byte, at every attempt.
    """

    event_id: str
    type: EventType
    body: str
    occurred_at: datetime


@dataclass(frozen=True, slots=True)
class ScoreBefore:
    """What the batch before said of the customer."""

    model_version: str
    as_of: datetime
    value: float
    band: str


@dataclass(frozen=True, slots=True)
class BandChanged:
    """A customer whose nightly score has another band than in the batch before."""

    customer_id: str
    model: str
    model_version: str
    as_of: datetime
    value: float
    band: str
    previous: ScoreBefore


@dataclass(frozen=True, slots=True)
class LeadRouted:
    """A lead that was given to somebody; without `staff_id` it waits at head office."""

    lead_id: str
    grade: str | None
    value: float | None
    model_version: str | None
    staff_id: str | None
    store_id: str | None
    assigned_at: datetime
    policy_version: str


@dataclass(frozen=True, slots=True)
class TaskCreated:
    """A task on somebody's list."""

    task_id: str
    rule: str
    customer_id: str | None
    lead_id: str | None
    staff_id: str | None
    store_id: str | None
    as_of: datetime
    due_at: datetime
    policy_version: str


@dataclass(frozen=True, slots=True)
class DriftDetected:
    """Scores whose inputs no longer look like those the model learnt from."""

    model: str
    model_version: str
    as_of: datetime
    share_drifted: float
    columns: tuple[str, ...]
    current_rows: int
    reference_rows: int


def band_changed(told: BandChanged, at: datetime) -> HookEvent:
    """Return the event of a changed band, once for each model version, moment and customer."""
    subject = f"{told.model}|{told.model_version}|{told.as_of.isoformat()}|{told.customer_id}"
    return _event(EventType.BAND_CHANGED, subject, told, at)


def lead_routed(lead: LeadRecord, assignment: Assignment) -> HookEvent:
    """Return the event of a routed lead, once for each assignment."""
    told = LeadRouted(
        lead_id=lead.lead_id,
        grade=lead.grade,
        value=lead.value,
        model_version=lead.model_version,
        staff_id=assignment.staff_id,
        store_id=assignment.store_id,
        assigned_at=assignment.assigned_at,
        policy_version=assignment.policy_version,
    )
    subject = f"{lead.lead_id}|{assignment.assigned_at.isoformat()}"
    return _event(EventType.LEAD_ROUTED, subject, told, assignment.assigned_at)


def tasks_created(tasks: Sequence[Task], at: datetime) -> list[HookEvent]:
    """Return the events of new tasks."""
    names = TaskCreated.__dataclass_fields__
    return [
        _event(
            EventType.TASK_CREATED,
            task.task_id,
            TaskCreated(**{name: getattr(task, name) for name in names}),
            at,
        )
        for task in tasks
    ]


def drift_detected(told: DriftDetected, at: datetime) -> HookEvent:
    """Return the event of drift, once for each model version and batch."""
    subject = f"{told.model}|{told.model_version}|{told.as_of.isoformat()}"
    return _event(EventType.DRIFT_DETECTED, subject, told, at)


def _event(
    kind: EventType,
    subject: str,
    told: BandChanged | LeadRouted | TaskCreated | DriftDetected,
    at: datetime,
) -> HookEvent:
    name = hashlib.sha256(f"{kind}|{subject}".encode()).hexdigest()[:24]
    message = {"type": kind.value, "timestamp": at, "data": told}
    body = orjson.dumps(message, option=orjson.OPT_UTC_Z).decode()
    return HookEvent(f"evt_{name}", kind, body, at)
