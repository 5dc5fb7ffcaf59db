"""Captured leads and their scores."""

from collections.abc import Collection
from datetime import datetime

from sqlalchemy import select, tuple_, update
from sqlalchemy.orm import Session

from service.repository.rerunnable import as_record, as_row, insert_new
from service.repository.rows import LeadRecord
from service.repository.schema import LeadRow


class Leads:
    """The leads the service knows; the lake learns of new ones at night."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, lead: LeadRecord, *, in_lake: bool = False) -> bool:
        """Add a lead; False if its id is there already, which then stays as is.

        Parameters
        ----------
        in_lake
            Whether the lead came from the lake.
        """
        row = as_row(lead) | {"attributes": dict(lead.attributes), "in_lake": in_lake}
        return insert_new(self._session, LeadRow, [row]) == 1

    def get(self, lead_id: str) -> LeadRecord | None:
        """Return a lead."""
        row = self._session.get(LeadRow, lead_id)
        return None if row is None else as_record(row, LeadRecord)

    def page(
        self,
        *,
        limit: int,
        after: tuple[datetime, str] | None = None,
        store_id: str | None = None,
        grade: str | None = None,
    ) -> list[LeadRecord]:
        """Return leads, newest first.

        Parameters
        ----------
        after
            (created_at, lead_id) of the last lead of the page before.
        """
        query = select(LeadRow).order_by(LeadRow.created_at.desc(), LeadRow.lead_id.desc())
        if after is not None:
            query = query.where(tuple_(LeadRow.created_at, LeadRow.lead_id) < after)
        if store_id is not None:
            query = query.where(LeadRow.store_id == store_id)
        if grade is not None:
            query = query.where(LeadRow.grade == grade)
        return [as_record(row, LeadRecord) for row in self._session.scalars(query.limit(limit))]

    def best(self, limit: int) -> list[LeadRecord]:
        """Return the scored leads most likely to convert, best first."""
        scored = select(LeadRow).where(LeadRow.value.is_not(None))
        query = scored.order_by(LeadRow.value.desc(), LeadRow.lead_id)
        return [as_record(row, LeadRecord) for row in self._session.scalars(query.limit(limit))]

    def not_in_lake(self) -> list[LeadRecord]:
        """Return leads the lake does not have yet, oldest first."""
        waiting = select(LeadRow).where(LeadRow.in_lake.is_(False))
        query = waiting.order_by(LeadRow.created_at, LeadRow.lead_id)
        return [as_record(row, LeadRecord) for row in self._session.scalars(query)]

    def mark_in_lake(self, lead_ids: Collection[str]) -> None:
        """Note that the lake has these leads now."""
        rows = [{"lead_id": lead_id, "in_lake": True} for lead_id in lead_ids]
        if rows:
            self._session.execute(update(LeadRow), rows)
