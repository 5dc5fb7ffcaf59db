"""All that the records hold of a customer: shown, or made to speak of nobody."""

import json
from collections.abc import Collection, Iterable, Mapping
from typing import Any

from sqlalchemy import ColumnElement, delete, inspect, or_, select, update
from sqlalchemy.orm import Session

from service.repository.inbox import State
from service.repository.schema import (
    AssignmentRow,
    Base,
    InboxRow,
    LeadRow,
    MemberRow,
    TaskRow,
)
from service.repository.schema_idempotency import IdempotencyRow
from service.repository.schema_people import ContactRow
from service.repository.schema_webhooks import DeliveryRow, OutboxRow

_ERASED = "erased"
_NOTHING = "{}"


class Erasure:
    """The rows of one customer and of the leads that became of them, in every table."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def leads_of(self, customer_id: str) -> frozenset[str]:
        """Return the ids of a customer's leads."""
        mine = select(LeadRow.lead_id).where(LeadRow.customer_id == customer_id)
        return frozenset(self._session.scalars(mine))

    def held(self, customer_id: str, lead_ids: Collection[str]) -> dict[str, list[dict[str, Any]]]:
        """Return the rows, by table; contacts are left out, as they are sealed."""
        found: dict[str, Iterable[Base]] = {
            "leads": self._leads(lead_ids),
            "assignments": self._session.scalars(
                select(AssignmentRow).where(AssignmentRow.lead_id.in_(lead_ids))
            ),
            "tasks": self._session.scalars(select(TaskRow).where(_tasks_of(customer_id, lead_ids))),
            "list_members": self._session.scalars(
                select(MemberRow).where(MemberRow.customer_id == customer_id)
            ),
            "inbox": self._events(customer_id, lead_ids),
            "outbox": self._told(customer_id, lead_ids),
            "idempotency_keys": self._answers({customer_id, *lead_ids}),
        }
        told = {name: [_readable(_facts(row)) for row in rows] for name, rows in found.items()}
        return {name: rows for name, rows in told.items() if rows}

    def anonymise(
        self, customer_id: str, lead_ids: Collection[str], pseudonym: str
    ) -> dict[str, int]:
        """Put a pseudonym in the place of the ids and empty what describes; return counts.

        Tasks, lists and leads go on counting for those who worked on them. Events stay known by
        their ids, so that a till that sends one again does not bring it back, and so do calls made
        under an idempotency key. Contacts go, and webhooks also where they were not sent yet.
        """
        counts = {
            "tasks": self._forget_tasks(customer_id, lead_ids, pseudonym),
            "list_members": self._forget_members(customer_id, pseudonym),
            "leads": self._forget_leads(lead_ids, pseudonym),
            "inbox": self._forget_events(customer_id, lead_ids),
            "outbox": self._forget_told(customer_id, lead_ids),
            "idempotency_keys": self._forget_answers({customer_id, *lead_ids}),
            "contacts": self._forget_contacts(customer_id, lead_ids),
        }
        return {name: count for name, count in counts.items() if count}

    def _forget_tasks(self, customer_id: str, lead_ids: Collection[str], pseudonym: str) -> int:
        ids = self._session.scalars(
            select(TaskRow.task_id)
            .where(_tasks_of(customer_id, lead_ids))
            .order_by(TaskRow.task_id)
        ).all()
        for number, task_id in enumerate(ids):
            values = {
                "task_id": f"task_{pseudonym}-{number}",
                "title": _ERASED,
                "reason": _ERASED,
            }
            self._session.execute(
                update(TaskRow).where(TaskRow.task_id == task_id).values(**values)
            )
        self._session.execute(
            update(TaskRow)
            .where(TaskRow.customer_id == customer_id)
            .values(customer_id=pseudonym, subject=f"customer:{pseudonym}")
        )
        return len(ids)

    def _forget_members(self, customer_id: str, pseudonym: str) -> int:
        forgotten = update(MemberRow).where(MemberRow.customer_id == customer_id)
        forgotten = forgotten.values(customer_id=pseudonym, reason=_ERASED)
        return len(self._session.scalars(forgotten.returning(MemberRow.rank)).all())

    def _forget_leads(self, lead_ids: Collection[str], pseudonym: str) -> int:
        """Give each lead another id: those of shops often hold the customer's."""
        leads = self._leads(lead_ids)
        for number, lead in enumerate(leads):
            old, new = lead.lead_id, f"{pseudonym}-{number}"
            emptied: dict[str, Any] = {
                "lead_id": new,
                "customer_id": None,
                "region": None,
                "attributes": {},
                "in_lake": True,
            }
            self._session.add(LeadRow(**_facts(lead) | emptied))
            self._session.flush()
            moved = {"lead_id": new, "subject": f"lead:{new}"}
            self._session.execute(update(TaskRow).where(TaskRow.lead_id == old).values(**moved))
            self._session.execute(
                update(AssignmentRow)
                .where(AssignmentRow.lead_id == old)
                .values(lead_id=new, reason=_ERASED)
            )
            self._session.execute(delete(LeadRow).where(LeadRow.lead_id == old))
        return len(leads)

    def _forget_events(self, customer_id: str, lead_ids: Collection[str]) -> int:
        seqs = [event.seq for event in self._events(customer_id, lead_ids)]
        self._session.execute(
            update(InboxRow)
            .where(InboxRow.seq.in_(seqs))
            .values(body=_NOTHING, error=None, state=State.IN_LAKE.value)
        )
        return len(seqs)

    def _forget_contacts(self, customer_id: str, lead_ids: Collection[str]) -> int:
        of_customer = (ContactRow.subject_kind == "customer") & (
            ContactRow.subject_id == customer_id
        )
        of_leads = (ContactRow.subject_kind == "lead") & ContactRow.subject_id.in_(lead_ids)
        gone = delete(ContactRow).where(or_(of_customer, of_leads)).returning(ContactRow.label)
        return len(self._session.scalars(gone).all())

    def _leads(self, lead_ids: Collection[str]) -> list[LeadRow]:
        query = select(LeadRow).where(LeadRow.lead_id.in_(lead_ids)).order_by(LeadRow.lead_id)
        return list(self._session.scalars(query))

    def _events(self, customer_id: str, lead_ids: Collection[str]) -> list[InboxRow]:
        """Return the events that name one of the ids; the text is only a first sieve."""
        sieve = _spelt(InboxRow.body, {customer_id, *lead_ids})
        found = self._session.scalars(select(InboxRow).where(sieve))
        return [row for row in found if _names(json.loads(row.body), customer_id, lead_ids)]

    def _told(self, customer_id: str, lead_ids: Collection[str]) -> list[OutboxRow]:
        """Return what webhooks tell of one of the ids."""
        sieve = _spelt(OutboxRow.body, {customer_id, *lead_ids})
        found = self._session.scalars(select(OutboxRow).where(sieve))
        return [row for row in found if _names(json.loads(row.body)["data"], customer_id, lead_ids)]

    def _forget_told(self, customer_id: str, lead_ids: Collection[str]) -> int:
        ids = [row.event_id for row in self._told(customer_id, lead_ids)]
        self._session.execute(delete(DeliveryRow).where(DeliveryRow.event_id.in_(ids)))
        self._session.execute(delete(OutboxRow).where(OutboxRow.event_id.in_(ids)))
        return len(ids)

    def _answers(self, ids: Collection[str]) -> list[IdempotencyRow]:
        """Return the calls whose stored answer names one of the ids."""
        answered = select(IdempotencyRow).where(IdempotencyRow.body.is_not(None))
        return [row for row in self._session.scalars(answered) if _mentions(row.body or b"", ids)]

    def _forget_answers(self, ids: Collection[str]) -> int:
        found = self._answers(ids)
        for row in found:
            row.body, row.headers = _NOTHING.encode(), {"content-type": "application/json"}
        self._session.flush()
        return len(found)


def _tasks_of(customer_id: str, lead_ids: Collection[str]) -> ColumnElement[bool]:
    return or_(TaskRow.customer_id == customer_id, TaskRow.lead_id.in_(lead_ids))


def _spelt(body: ColumnElement[str] | Any, ids: Collection[str]) -> ColumnElement[bool]:
    """Return a test for text that may hold one of the ids, however JSON spells it."""
    ways = {
        way
        for each in ids
        for way in (each, json.dumps(each)[1:-1], json.dumps(each, ensure_ascii=False)[1:-1])
    }
    return or_(*(body.contains(way, autoescape=True) for way in ways))


def _mentions(body: bytes, ids: Collection[str]) -> bool:
    """Say whether JSON holds one of the ids as a value; what is no JSON, anywhere."""
    try:
        said = json.loads(body)
    except ValueError:
        return any(each.encode() in body for each in ids)
    return _holds(said, ids)


def _holds(said: object, ids: Collection[str]) -> bool:
    if isinstance(said, dict):
        return any(_holds(each, ids) for each in said.values())
    if isinstance(said, list):
        return any(_holds(each, ids) for each in said)
    return isinstance(said, str) and said in ids


def _names(said: Mapping[str, Any], customer_id: str, lead_ids: Collection[str]) -> bool:
    return said.get("customer_id") == customer_id or said.get("lead_id") in lead_ids


def _readable(facts: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: value.decode(errors="replace") if isinstance(value, bytes) else value
        for name, value in facts.items()
    }


def _facts(row: Base) -> dict[str, Any]:
    columns = inspect(type(row)).column_attrs
    return {column.key: getattr(row, column.key) for column in columns}
