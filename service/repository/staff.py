"""The people of the stores."""

from collections.abc import Collection, Sequence

from sqlalchemy import select
from sqlalchemy.orm import Session

from service.crm.staff import Staff
from service.repository.rerunnable import as_record, as_row, insert_new
from service.repository.schema import StaffRow


class StaffList:
    """Everyone work can be given to."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_missing(self, people: Sequence[Staff]) -> int:
        """Add those not there yet and return how many; who is there stays as is."""
        return insert_new(self._session, StaffRow, [as_row(person) for person in people])

    def all(self) -> list[Staff]:
        """Return everyone, by `staff_id`."""
        query = select(StaffRow).order_by(StaffRow.staff_id)
        return [as_record(row, Staff) for row in self._session.scalars(query)]

    def of_stores(self, store_ids: Collection[str]) -> list[Staff]:
        """Return the people of some stores, by `staff_id`."""
        query = select(StaffRow).where(StaffRow.store_id.in_(store_ids)).order_by(StaffRow.staff_id)
        return [as_record(row, Staff) for row in self._session.scalars(query)]
