"""Lists of customers a rule made, with treatment and holdout."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.crm.retention import Action
from service.repository.rerunnable import as_record, as_row, insert_new
from service.repository.rows import Member
from service.repository.schema import MemberRow


class Lists:
    """List members, each unique by (rule, as_of, customer)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_new(self, rule: str, as_of: datetime, actions: Sequence[Action]) -> int:
        """Add the members not there yet and return how many."""
        rows = [as_row(action) | {"rule": rule, "as_of": as_of} for action in actions]
        return insert_new(self._session, MemberRow, rows)

    def members(self, rule: str, as_of: datetime) -> list[Member]:
        """Return the list a rule made at a moment, by rank."""
        query = (
            select(MemberRow)
            .where(MemberRow.rule == rule, MemberRow.as_of == as_of)
            .order_by(MemberRow.rank)
        )
        return [as_record(row, Member) for row in self._session.scalars(query)]

    def ever(self, rule: str) -> list[Member]:
        """Return the members of every list a rule made, the oldest list first, by rank."""
        query = (
            select(MemberRow)
            .where(MemberRow.rule == rule)
            .order_by(MemberRow.as_of, MemberRow.rank)
        )
        return [as_record(row, Member) for row in self._session.scalars(query)]

    def listed_between(self, rule: str, since: datetime, before: datetime) -> set[str]:
        """Return customers a rule listed, in either group, at a moment in [since, before)."""
        query = (
            select(MemberRow.customer_id)
            .where(MemberRow.rule == rule, MemberRow.as_of >= since, MemberRow.as_of < before)
            .distinct()
        )
        return set(self._session.scalars(query))
