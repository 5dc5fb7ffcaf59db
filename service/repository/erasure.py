"""All that the records hold of a customer: shown, or made to speak of nobody."""

import json
from collections.abc import Collection, Iterable
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
from service.repository.schema_people import ContactRow

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
        }
        told = {name: [_facts(row) for row in rows] for name, rows in found.items()}
        return {name: rows for name, rows in told.items() if rows}

    def anonymise(
        self, customer_id: str, lead_ids: Collection[str], pseudonym: str
    ) -> dict[str, int]:
        """Put a pseudonym in the place of the ids and empty what describes; return counts.

        Tasks, lists and leads go on counting for those who worked on them. Events stay known by
        their ids, so that a till that sends one again does not bring it back. Contacts go.
        """
        counts = {
            "tasks": self._forget_tasks(customer_id, lead_ids, pseudonym),
            "list_members": self._forget_members(customer_id, pseudonym),
            "leads": self._forget_leads(lead_ids, pseudonym),
            "inbox": self._forget_events(customer_id, lead_ids),
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
        ids = {customer_id, *lead_ids}
        spelt = [InboxRow.body.contains(json.dumps(each)[1:-1], autoescape=True) for each in ids]
        plain = [InboxRow.body.contains(each, autoescape=True) for each in ids]
        found = self._session.scalars(select(InboxRow).where(or_(*spelt, *plain)))
        return [event for event in found if _names(event.body, customer_id, lead_ids)]


def _tasks_of(customer_id: str, lead_ids: Collection[str]) -> ColumnElement[bool]:
    return or_(TaskRow.customer_id == customer_id, TaskRow.lead_id.in_(lead_ids))


def _names(body: str, customer_id: str, lead_ids: Collection[str]) -> bool:
    said = json.loads(body)
    return said.get("customer_id") == customer_id or said.get("lead_id") in lead_ids


def _facts(row: Base) -> dict[str, Any]:
    return {column.key: getattr(row, column.key) for column in inspect(type(row)).column_attrs}
