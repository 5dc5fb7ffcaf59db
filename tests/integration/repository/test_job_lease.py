"""A lease lives as long as its owner gives signs of life, and no longer."""

import time
from collections.abc import Callable
from datetime import timedelta

from features.clock import now
from service.jobs.lease import leased
from service.jobs.policy import JobPolicy
from service.repository.jobs import Job, JobState
from service.repository.records import Records

PATIENCE = 30.0
POLICY = JobPolicy(lease=timedelta(hours=1), beat=timedelta(seconds=0.01))


def until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.01)


def taken(records: Records) -> None:
    """Put a job into the line and take it for a lease that is over at once."""
    moment = now()
    with records.transaction() as work:
        work.jobs.add(Job("j", "scores", {}, JobState.QUEUED, 1, moment))
        assert work.jobs.take("owner", moment, moment) is not None


def free(records: Records) -> bool:
    moment = now()
    with records.transaction() as work:
        job = work.jobs.take("another", moment, moment + timedelta(hours=1))
    return job is not None


def prolonged(records: Records) -> bool:
    """Say whether the lease now lasts, without taking the job."""
    moment = now()

    class KeptError(Exception):
        """Undoes what was tried."""

    try:
        with records.transaction() as work:
            if work.jobs.take("another", moment, moment + POLICY.lease) is None:
                return True
            raise KeptError
    except KeptError:
        return False


def test_a_heartbeat_prolongs_the_lease_and_its_end_does_not(records: Records) -> None:
    taken(records)
    assert not prolonged(records)
    with leased(records, "j", "owner", now, POLICY):
        until(lambda: prolonged(records))
    assert not free(records)


def test_without_a_heartbeat_another_has_the_job_and_the_former_owner_hears_of_it(
    records: Records,
) -> None:
    taken(records)
    assert free(records)
    with leased(records, "j", "owner", now, POLICY) as lease:
        until(lambda: lease.lost)
        assert not lease.add_part(0, "0-owner", scored=1, unscored=0)
        assert not lease.end(JobState.DONE)
    with records.transaction(read_only=True) as work:
        assert work.jobs.parts("j") == []


def test_whoever_works_on_a_cancelled_job_hears_of_it(records: Records) -> None:
    taken(records)
    with leased(records, "j", "owner", now, POLICY) as lease:
        with records.transaction() as work:
            assert work.jobs.cancel("j", now(), now())
        until(lambda: lease.lost)


def test_a_database_away_for_a_moment_ends_no_lease(records: Records) -> None:
    class AwayOnce(Records):
        """Fails the first beat."""

        away = True

        def transaction(self, **how: bool):  # type: ignore[no-untyped-def]
            if self.away:
                self.away = False
                raise OSError("away")
            return records.transaction(**how)

    taken(records)
    with leased(AwayOnce("sqlite://"), "j", "owner", now, POLICY):
        until(lambda: prolonged(records))
