"""Which lead is whose."""

from collections.abc import Collection, Sequence
from datetime import datetime

from sqlalchemy import ColumnElement, func, select, update
from sqlalchemy.orm import Session

from service.crm.routing import Route
from service.repository.rerunnable import as_record, as_row, insert_new
from service.repository.rows import Assignment
from service.repository.schema import AssignmentRow, LeadRow


class Assignments:
    """One assignment for each lead; the lead and the person must be stored before."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_new(self, routes: Sequence[Route], at: datetime) -> int:
        """Assign leads not assigned yet and return how many; an assigned lead stays where it is."""
        rows = [as_row(route) | {"assigned_at": at, "closed_at": None} for route in routes]
        return insert_new(self._session, AssignmentRow, rows)

    def of_lead(self, lead_id: str) -> Assignment | None:
        """Return who has a lead; None if it was never routed."""
        row = self._session.get(AssignmentRow, lead_id)
        return None if row is None else as_record(row, Assignment)

    def loads(self) -> dict[str, int]:
        """Return how many open leads each person has, by `staff_id`; who has none is missing."""
        query = (
            select(AssignmentRow.staff_id, func.count())
            .where(AssignmentRow.staff_id.is_not(None), AssignmentRow.closed_at.is_(None))
            .group_by(AssignmentRow.staff_id)
        )
        return {staff_id: count for staff_id, count in self._session.execute(query) if staff_id}

    def close(self, lead_ids: Collection[str], at: datetime) -> int:
        """Take decided leads off their people's load and return how many were open."""
        return self._close(AssignmentRow.lead_id.in_(lead_ids), at)

    def close_expired(self, at: datetime) -> int:
        """Take leads that ran out by `at` off their people's load and return how many."""
        expired = select(LeadRow.lead_id).where(LeadRow.expires_at <= at)
        return self._close(AssignmentRow.lead_id.in_(expired), at)

    def _close(self, condition: ColumnElement[bool], at: datetime) -> int:
        closed = self._session.scalars(
            update(AssignmentRow)
            .where(condition, AssignmentRow.closed_at.is_(None))
            .values(closed_at=at)
            .returning(AssignmentRow.lead_id),
            execution_options={"synchronize_session": False},
        )
        return len(closed.all())
