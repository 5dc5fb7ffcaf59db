"""Captured leads and their scores."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Select, func, or_, select, update
from sqlalchemy.orm import Session

from service.crm.permissions import EVERY_ROW, Bounds
from service.predicates.paging import Place, Sort, beyond
from service.predicates.tree import Predicate
from service.repository.predicates import condition, ordered
from service.repository.rerunnable import as_record, as_row, insert_new
from service.repository.rows import LEAD_COLUMNS, LEAD_ID, LeadLine, LeadRecord
from service.repository.schema import AssignmentRow, LeadRow

NEWEST = Sort(LEAD_COLUMNS["created_at"].column, descending=True)

_STREAMED = 1_000
_ASSIGNED = {
    "staff_id": AssignmentRow.staff_id,
    "assigned_store_id": AssignmentRow.store_id,
    "assigned_at": AssignmentRow.assigned_at,
    "closed_at": AssignmentRow.closed_at,
}
_LISTED: Mapping[str, Any] = {
    name: _ASSIGNED[name] if name in _ASSIGNED else getattr(LeadRow, name) for name in LEAD_COLUMNS
}


@dataclass(frozen=True, slots=True)
class LeadFilter:
    """Which leads.

    Attributes
    ----------
    met
        A filter over `LEAD_COLUMNS`; None takes all.
    changed_since
        Only leads that were scored or given to somebody at or after this moment.
    within
        Only leads these bounds hold: by their own store or the one that has them, and by person.
    """

    met: Predicate | None = None
    changed_since: datetime | None = None
    within: Bounds = EVERY_ROW


ALL = LeadFilter()


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
        wanted: LeadFilter = ALL,
        sort: Sort = NEWEST,
        after: Place | None = None,
    ) -> list[LeadLine]:
        """Return at most `limit` leads after `after`, in the order of `sort`."""
        query = self._ordered(self._listed(wanted), sort, after).limit(limit)
        return [LeadLine(*row) for row in self._session.execute(query)]

    def whole(
        self,
        *,
        wanted: LeadFilter = ALL,
        sort: Sort = NEWEST,
        after: Place | None = None,
    ) -> Iterator[Sequence[Sequence[object]]]:
        """Yield what pages would hold, some rows at a time as the database hands them out.

        Values are in the order of the fields of `LeadLine`.
        """
        query = self._ordered(self._listed(wanted), sort, after)
        streamed = query.execution_options(yield_per=_STREAMED)
        yield from self._session.execute(streamed).partitions()

    def count(self, wanted: LeadFilter = ALL) -> int:
        """Return how many leads all pages hold."""
        listed = self._listed(wanted).subquery()
        return self._session.scalar(select(func.count()).select_from(listed)) or 0

    def _listed(self, wanted: LeadFilter) -> Select[tuple[Any, ...]]:
        query = select(*_LISTED.values()).outerjoin(
            AssignmentRow, AssignmentRow.lead_id == LeadRow.lead_id
        )
        query = query.where(*_held(wanted.within))
        since = wanted.changed_since
        if since is not None:
            changed = or_(LeadRow.scored_at >= since, AssignmentRow.assigned_at >= since)
            query = query.where(changed)
        return query if wanted.met is None else query.where(self._condition(wanted.met))

    def _ordered(
        self, query: Select[tuple[Any, ...]], sort: Sort, after: Place | None
    ) -> Select[tuple[Any, ...]]:
        dialect = self._session.get_bind().dialect.name
        by = ordered(_LISTED[sort.column.name], sort.column.kind, dialect)
        key = ordered(_LISTED[LEAD_ID.name], LEAD_ID.kind, dialect)
        if after is not None:
            query = query.where(self._condition(beyond(sort, LEAD_ID, after)))
        missing = _LISTED[sort.column.name].is_(None)
        return query.order_by(missing, by.desc() if sort.descending else by, key)

    def _condition(self, met: Predicate) -> ColumnElement[bool]:
        return condition(met, _LISTED, self._session.get_bind().dialect.name)

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


def _held(within: Bounds) -> Iterator[ColumnElement[bool]]:
    if within.store_ids is not None:
        stores = within.store_ids
        yield or_(LeadRow.store_id.in_(stores), AssignmentRow.store_id.in_(stores))
    if within.staff_id is not None:
        yield AssignmentRow.staff_id == within.staff_id
