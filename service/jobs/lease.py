"""The right to work on a job, renewed by a heartbeat while its owner lives."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Any

import structlog

from service.jobs.policy import JobPolicy
from service.repository.jobs import JobState
from service.repository.records import Records

_log = structlog.get_logger("shuke.jobs")


class Lease:
    """A job in its owner's hands; every method says whether it still was.

    Whatever a clock or a pause of the process makes one believe: the database decides in the
    transaction that counts a part or ends the job.
    """

    def __init__(
        self,
        records: Records,
        job_id: str,
        owner: str,
        clock: Callable[[], datetime],
        policy: JobPolicy,
    ) -> None:
        self.owner = owner
        self.lost = False
        self._records = records
        self._job_id = job_id
        self._clock = clock
        self._policy = policy

    def extend(self) -> bool:
        """Prolong the lease."""
        until = self._clock() + self._policy.lease
        with self._records.transaction() as work:
            return self._noted(work.jobs.extend(self._job_id, self.owner, until))

    def add_part(self, number: int, name: str, *, scored: int, unscored: int) -> bool:
        """Count a part whose files are written."""
        with self._records.transaction(durable=True) as work:
            return self._noted(
                work.jobs.add_part(
                    self._job_id, self.owner, number, name, scored=scored, unscored=unscored
                )
            )

    def release(self, *, uncounted: bool = False) -> bool:
        """Give the job back to the line; see `Jobs.release`."""
        with self._records.transaction() as work:
            return work.jobs.release(self._job_id, self.owner, uncounted=uncounted)

    def end(self, state: JobState, error: Mapping[str, Any] | None = None) -> bool:
        """End the job."""
        now = self._clock()
        with self._records.transaction(durable=True) as work:
            return work.jobs.end(
                self._job_id, self.owner, state, now, now + self._policy.keep, error
            )

    def _noted(self, ours: bool) -> bool:
        self.lost = self.lost or not ours
        return ours


@contextmanager
def leased(
    records: Records,
    job_id: str,
    owner: str,
    clock: Callable[[], datetime],
    policy: JobPolicy,
) -> Iterator[Lease]:
    """Lend the lease of a job just taken, and prolong it in a thread meanwhile."""
    lease, stop = Lease(records, job_id, owner, clock, policy), Event()

    def beat() -> None:
        while not lease.lost and not stop.wait(policy.beat.total_seconds()):
            try:
                lease.extend()
            except Exception as error:  # a database that is away for a moment; the next beat tries
                _log.warning("no heartbeat", job=job_id, error=str(error))

    thread = Thread(target=beat, name="shuke-job-beat", daemon=True)
    thread.start()
    try:
        yield lease
    finally:
        stop.set()
        thread.join()
