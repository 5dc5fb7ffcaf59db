"""What the shops have to do."""

from collections.abc import Sequence
from datetime import datetime

from sqlalchemy import func, select, tuple_, update
from sqlalchemy.orm import Session

from service.crm.permissions import EVERY_ROW, Bounds
from service.crm.tasks import Task, TaskStatus
from service.repository.rerunnable import as_record, as_row, insert_new
from service.repository.schema import TaskRow


class Tasks:
    """Tasks, each unique by (customer or lead, rule, as_of)."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add_new(self, tasks: Sequence[Task]) -> int:
        """Add the tasks not there yet and return how many; leads and people must be stored."""
        rows = [as_row(task) | {"subject": task.subject} for task in tasks]
        return insert_new(self._session, TaskRow, rows)

    def get(self, task_id: str) -> Task | None:
        """Return a task."""
        row = self._session.get(TaskRow, task_id)
        return None if row is None else as_record(row, Task)

    def page(
        self,
        *,
        limit: int,
        after: tuple[datetime, str] | None = None,
        status: str | None = None,
        store_id: str | None = None,
        staff_id: str | None = None,
        as_of: datetime | None = None,
        within: Bounds = EVERY_ROW,
    ) -> list[Task]:
        """Return tasks, the soonest due first.

        Parameters
        ----------
        after
            (due_at, task_id) of the last task of the page before.
        status, store_id, staff_id, as_of
            Only tasks that have this; None takes all.
        within
            Which tasks the viewer sees.
        """
        query = select(TaskRow).order_by(TaskRow.due_at, TaskRow.task_id).limit(limit)
        if after is not None:
            query = query.where(tuple_(TaskRow.due_at, TaskRow.task_id) > after)
        filters = {
            TaskRow.status: status,
            TaskRow.store_id: store_id,
            TaskRow.staff_id: staff_id,
            TaskRow.as_of: as_of,
        }
        for column, wanted in filters.items():
            if wanted is not None:
                query = query.where(column == wanted)
        if within.store_ids is not None:
            query = query.where(TaskRow.store_id.in_(within.store_ids))
        if within.staff_id is not None:
            query = query.where(TaskRow.staff_id == within.staff_id)
        return [as_record(row, Task) for row in self._session.scalars(query)]

    def loads(self) -> dict[str, int]:
        """Return how many open tasks each person has, by `staff_id`; who has none is missing."""
        query = (
            select(TaskRow.staff_id, func.count())
            .where(TaskRow.staff_id.is_not(None), TaskRow.status == "open")
            .group_by(TaskRow.staff_id)
        )
        return {staff_id: count for staff_id, count in self._session.execute(query) if staff_id}

    def set_status(self, task_id: str, status: TaskStatus) -> bool:
        """Change a task's status; False if there is no such task."""
        changed = self._session.scalars(
            update(TaskRow)
            .where(TaskRow.task_id == task_id)
            .values(status=status)
            .returning(TaskRow.task_id)
        )
        return changed.first() is not None
