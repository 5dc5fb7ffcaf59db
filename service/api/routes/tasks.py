"""What the shops have to do."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query
from pydantic import BaseModel, ConfigDict, Field

from service.api import cursor
from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.schemas import Id, Moment, TaskOut, TaskPage
from service.crm.tasks import TaskStatus
from service.keys import Scope

MAX_ROWS = 1_000

router = APIRouter(tags=["tasks"], dependencies=[Depends(needs(Scope.TASKS_READ))])


class TaskQuery(BaseModel):
    """Which tasks; without a filter all of them."""

    model_config = ConfigDict(extra="forbid")

    status: TaskStatus | None = None
    store_id: Id | None = None
    staff_id: Id | None = None
    as_of: Moment | None = Field(None, description="Moment of the night that made them.")
    limit: int = Field(100, ge=1, le=MAX_ROWS)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")

    @property
    def identity(self) -> dict[str, Any]:
        """What two pages must share to belong together."""
        return self.model_dump(mode="json", exclude={"cursor", "limit"})


@router.get("/tasks", operation_id="tasks", summary="Tasks, the soonest due first")
def tasks(app: CurrentApp, sight: CurrentSight, asked: Annotated[TaskQuery, Query()]) -> TaskPage:
    """Return a page of tasks of customers and leads: those of your store, or given to you."""
    after = None
    if asked.cursor is not None:
        due_at, task_id = cursor.decode(asked.cursor, asked.identity, (datetime, str))
        after = (due_at, task_id)
    with app.records.transaction(read_only=True) as work:
        found = work.tasks.page(
            limit=asked.limit + 1,
            after=after,
            status=asked.status,
            store_id=asked.store_id,
            staff_id=asked.staff_id,
            as_of=asked.as_of,
            within=sight.bounds,
        )
    page, more = found[: asked.limit], len(found) > asked.limit
    following = None
    if more:
        following = cursor.encode((page[-1].due_at, page[-1].task_id), asked.identity)
    sight.saw("task", [task.task_id for task in page])
    return TaskPage(
        tasks=[TaskOut.model_validate(task, from_attributes=True) for task in page],
        next_cursor=following,
    )
