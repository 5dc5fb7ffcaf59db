"""Which stores and people have to do with a customer or a lead, from tasks and assignments."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, or_, select
from sqlalchemy.orm import Session

from service.crm.permissions import Bounds, Subject
from service.repository.schema import AssignmentRow, LeadRow, TaskRow

Held = tuple[str, str | None, str | None]  # id, store, person


class Holders:
    """What the row rule goes by, of customers and leads.

    A task counts while it is open, an assignment while it is not closed, and both for some time
    after they were given, so that what was just done does not vanish from sight.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def of_customers(self, ids: Collection[str], since: datetime) -> Mapping[str, Subject]:
        """Return who holds customers, by id; one whom nobody holds is missing.

        Parameters
        ----------
        since
            Closed work counts that was given at or after this moment.
        """
        by_task = _by_task(since).where(TaskRow.customer_id.in_(ids))
        by_lead = _by_lead(since).where(LeadRow.customer_id.in_(ids))
        return _subjects([*self._rows(by_task), *self._rows(by_lead)])

    def customers_within(self, limits: Bounds, since: datetime) -> set[str]:
        """Return the customers held within some bounds."""
        by_task = _by_task(since).where(*_within(TaskRow, limits))
        by_lead = _by_lead(since).where(*_within(AssignmentRow, limits))
        return {row[0] for row in (*self._rows(by_task), *self._rows(by_lead))}

    def of_leads(self, ids: Collection[str]) -> Mapping[str, Subject]:
        """Return who holds the leads the records know, by id; a decided one keeps its person."""
        routed = select(AssignmentRow.lead_id, AssignmentRow.store_id, AssignmentRow.staff_id)
        asked = select(LeadRow.lead_id, LeadRow.store_id, AssignmentRow.staff_id)
        asked = asked.outerjoin(AssignmentRow, AssignmentRow.lead_id == LeadRow.lead_id)
        routed = select(AssignmentRow.lead_id, AssignmentRow.store_id, AssignmentRow.staff_id)
        return _subjects(
            [
                *self._rows(asked.where(LeadRow.lead_id.in_(ids))),
                *self._rows(routed.where(AssignmentRow.lead_id.in_(ids))),
            ]
        )

    def _rows(self, query: Select[Any, Any, Any]) -> list[Held]:
        return [(row[0], row[1], row[2]) for row in self._session.execute(query)]


def _by_task(since: datetime) -> Select[Any, Any, Any]:
    return select(TaskRow.customer_id, TaskRow.store_id, TaskRow.staff_id).where(
        TaskRow.customer_id.is_not(None), or_(TaskRow.status == "open", TaskRow.as_of >= since)
    )


def _by_lead(since: datetime) -> Select[Any, Any, Any]:
    joined = select(LeadRow.customer_id, AssignmentRow.store_id, AssignmentRow.staff_id).join(
        AssignmentRow, AssignmentRow.lead_id == LeadRow.lead_id
    )
    fresh = or_(AssignmentRow.closed_at.is_(None), AssignmentRow.assigned_at >= since)
    return joined.where(LeadRow.customer_id.is_not(None), fresh)


def _within(
    table: type[TaskRow] | type[AssignmentRow], limits: Bounds
) -> Iterable[ColumnElement[bool]]:
    if limits.store_ids is not None:
        yield table.store_id.in_(limits.store_ids)
    if limits.staff_id is not None:
        yield table.staff_id == limits.staff_id


def _subjects(rows: Iterable[Held]) -> dict[str, Subject]:
    stores: defaultdict[str, set[str]] = defaultdict(set)
    people: defaultdict[str, set[str]] = defaultdict(set)
    for subject_id, store, person in rows:
        stores[subject_id].update([store] if store is not None else [])
        people[subject_id].update([person] if person is not None else [])
    return {each: Subject(frozenset(stores[each]), frozenset(people[each])) for each in stores}
