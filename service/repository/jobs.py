"""Jobs at rest: a line of work, leased to one owner at a time."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, and_, delete, func, or_, select, update
from sqlalchemy.orm import Session

from service.repository.rerunnable import as_record, as_row
from service.repository.schema_jobs import JobPartRow, JobRow


class JobState(StrEnum):
    """How far a job is; the last three are the end of it."""

    QUEUED = "queued"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


_OPEN = (JobState.QUEUED.value, JobState.RUNNING.value)


@dataclass(frozen=True, slots=True)
class Job:
    """A job.

    Attributes
    ----------
    asked_by
        The key or user that asked for it.
    asked
        What it is to do, as plain JSON.
    total, scored, unscored
        Items asked for, and those done: with a score, and without.
    attempts
        How often it was taken since its last finished part.
    expires_at
        When it is forgotten, with its files; None before its end.
    error
        Why it failed: code, detail, where and todo.
    """

    job_id: str
    kind: str
    asked: Mapping[str, Any]
    state: str
    total: int
    created_at: datetime
    asked_by: str | None = None
    scored: int = 0
    unscored: int = 0
    attempts: int = 0
    started_at: datetime | None = None
    finished_at: datetime | None = None
    expires_at: datetime | None = None
    error: Mapping[str, Any] | None = None


class Jobs:
    """Jobs and their finished parts.

    Whoever works on a job names itself; once the lease is over and another has the job, or it was
    cancelled, every call of the former owner changes nothing and says so.
    """

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, job: Job) -> None:
        """Put a job at the end of the line."""
        self._session.add(JobRow(**as_row(job), owner=None, leased_until=None))
        self._session.flush()

    def get(self, job_id: str) -> Job | None:
        """Return a job."""
        row = self._session.get(JobRow, job_id)
        return None if row is None else as_record(row, Job)

    def take(self, owner: str, now: datetime, until: datetime) -> Job | None:
        """Lease the oldest job that nobody has, or whose owner is overdue; None if there is none.

        Takers at the same moment take different jobs.
        """
        # No clock that goes right leases for twice as long; one that has gone back since may have.
        out = or_(JobRow.leased_until <= now, JobRow.leased_until > until + (until - now))
        overdue = and_(JobRow.state == JobState.RUNNING.value, out)
        free = or_(JobRow.state == JobState.QUEUED.value, overdue)
        first = select(JobRow.job_id).where(free).order_by(JobRow.created_at, JobRow.job_id)
        found = self._session.scalars(first.limit(1).with_for_update(skip_locked=True)).first()
        if found is None:
            return None
        self._change(
            JobRow.job_id == found,
            state=JobState.RUNNING.value,
            owner=owner,
            leased_until=until,
            attempts=JobRow.attempts + 1,
            started_at=func.coalesce(JobRow.started_at, now),
        )
        return self.get(found)

    def extend(self, job_id: str, owner: str, until: datetime) -> bool:
        """Prolong a lease; False if the job is no longer the owner's."""
        return self._change(_held(job_id, owner), leased_until=until)

    def add_part(
        self, job_id: str, owner: str, number: int, file: str, *, scored: int, unscored: int
    ) -> bool:
        """Count a part as done; False if the job is no longer the owner's."""
        ours = self._change(
            _held(job_id, owner),
            scored=JobRow.scored + scored,
            unscored=JobRow.unscored + unscored,
            attempts=0,
        )
        if ours:
            self._session.add(JobPartRow(job_id=job_id, number=number, file=file))
            self._session.flush()
        return ours

    def parts(self, job_id: str) -> list[str]:
        """Return the files of the parts that are done, in their order."""
        query = select(JobPartRow.file).where(JobPartRow.job_id == job_id)
        return list(self._session.scalars(query.order_by(JobPartRow.number)))

    def release(self, job_id: str, owner: str, *, uncounted: bool = False) -> bool:
        """Give a job back to the line; False if it is no longer the owner's.

        Parameters
        ----------
        uncounted
            Whether taking it was no attempt.
        """
        return self._change(
            _held(job_id, owner),
            state=JobState.QUEUED.value,
            owner=None,
            leased_until=None,
            attempts=JobRow.attempts - int(uncounted),
        )

    def end(
        self,
        job_id: str,
        owner: str,
        state: JobState,
        at: datetime,
        expires_at: datetime,
        error: Mapping[str, Any] | None = None,
    ) -> bool:
        """End a job, done or failed; False if it is no longer the owner's."""
        return self._end(_held(job_id, owner), state, at, expires_at, error)

    def cancel(self, job_id: str, at: datetime, expires_at: datetime) -> bool:
        """End a job that is not at its end yet; False if it is."""
        unfinished = and_(JobRow.job_id == job_id, JobRow.state.in_(_OPEN))
        return self._end(unfinished, JobState.CANCELLED, at, expires_at, None)

    def expired(self, at: datetime) -> list[str]:
        """Return the ids of the jobs that are to be forgotten by now."""
        return list(self._session.scalars(select(JobRow.job_id).where(JobRow.expires_at <= at)))

    def known(self) -> set[str]:
        """Return the id of every job there is."""
        return set(self._session.scalars(select(JobRow.job_id)))

    def forget(self, job_id: str) -> None:
        """Delete a job."""
        self._session.execute(delete(JobPartRow).where(JobPartRow.job_id == job_id))
        self._session.execute(delete(JobRow).where(JobRow.job_id == job_id))

    def _end(
        self,
        which: ColumnElement[bool],
        state: JobState,
        at: datetime,
        expires_at: datetime,
        error: Mapping[str, Any] | None,
    ) -> bool:
        return self._change(
            which,
            state=state.value,
            owner=None,
            leased_until=None,
            finished_at=at,
            expires_at=expires_at,
            error=error,
        )

    def _change(self, which: ColumnElement[bool], **values: Any) -> bool:
        changed = self._session.scalars(
            update(JobRow).where(which).values(**values).returning(JobRow.job_id),
            execution_options={"synchronize_session": False},
        )
        return changed.first() is not None


def _held(job_id: str, owner: str) -> ColumnElement[bool]:
    return and_(
        JobRow.job_id == job_id,
        JobRow.owner == owner,
        JobRow.state == JobState.RUNNING.value,
    )
