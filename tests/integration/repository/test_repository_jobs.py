"""A line of jobs, each leased to one owner at a time."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import timedelta

import pytest

from service.repository.jobs import Job, JobState
from service.repository.records import Records
from tests.integration.repository.examples import AS_OF

MINUTE = timedelta(minutes=1)
ERROR = {"code": "unknown-model", "detail": "it is gone", "where": "", "todo": ""}


def queued(job_id: str, minutes: int = 0) -> Job:
    asked = {"model": "churn_60d", "top_k": None}
    return Job(job_id, "scores", asked, JobState.QUEUED, 10, AS_OF + minutes * MINUTE)


@pytest.fixture(autouse=True)
def _two(records: Records) -> None:
    with records.transaction() as work:
        work.jobs.add(queued("late", minutes=1))
        work.jobs.add(queued("early"))


def test_a_job_comes_back_as_it_went_in(records: Records) -> None:
    with records.transaction(read_only=True) as work:
        assert work.jobs.get("early") == queued("early")
        assert work.jobs.get("never") is None
        assert work.jobs.known() == {"early", "late"}


def test_jobs_are_taken_oldest_first_and_each_by_one(records: Records) -> None:
    with records.transaction() as work:
        first = work.jobs.take("a", AS_OF, AS_OF + MINUTE)
        second = work.jobs.take("b", AS_OF, AS_OF + MINUTE)
        assert work.jobs.take("c", AS_OF, AS_OF + MINUTE) is None
    assert first == replace(queued("early"), state=JobState.RUNNING, attempts=1, started_at=AS_OF)
    assert second is not None
    assert second.job_id == "late"


def test_takers_at_the_same_moment_take_different_jobs(records: Records) -> None:
    together = threading.Barrier(3)

    def take(owner: str) -> str | None:
        together.wait()
        with records.transaction() as work:
            job = work.jobs.take(owner, AS_OF, AS_OF + MINUTE)
        return job and job.job_id

    with ThreadPoolExecutor(3) as pool:
        taken = list(pool.map(take, "abc"))
    assert sorted(taken, key=str) == [None, "early", "late"]


def test_a_job_whose_owner_is_overdue_goes_to_another_and_the_former_changes_nothing(
    records: Records,
) -> None:
    with records.transaction() as work:
        work.jobs.take("slow", AS_OF, AS_OF + MINUTE)
        assert work.jobs.add_part("early", "slow", 0, "0-slow", scored=3, unscored=1)
        assert work.jobs.extend("early", "slow", AS_OF + 2 * MINUTE)
    with records.transaction() as work:
        later = AS_OF + 2 * MINUTE
        again = work.jobs.take("quick", later, later + MINUTE)
        assert again is not None
        assert (again.job_id, again.attempts, again.started_at) == ("early", 1, AS_OF)
        assert not work.jobs.extend("early", "slow", later)
        assert not work.jobs.add_part("early", "slow", 1, "1-slow", scored=4, unscored=0)
        assert not work.jobs.release("early", "slow")
        assert not work.jobs.end("early", "slow", JobState.DONE, later, later)
        assert work.jobs.add_part("early", "quick", 1, "1-quick", scored=4, unscored=0)
        assert work.jobs.parts("early") == ["0-slow", "1-quick"]
    with records.transaction(read_only=True) as work:
        job = work.jobs.get("early")
        assert job is not None
        assert (job.scored, job.unscored, job.attempts) == (7, 1, 0)


def test_a_job_given_back_is_taken_again_and_remembers_how_often(records: Records) -> None:
    for attempt in (1, 2):
        with records.transaction() as work:
            job = work.jobs.take("a", AS_OF, AS_OF + MINUTE)
            assert job is not None
            assert (job.job_id, job.attempts) == ("early", attempt)
            assert work.jobs.release("early", "a")


def test_a_cancelled_job_is_nobodys(records: Records) -> None:
    with records.transaction() as work:
        work.jobs.take("a", AS_OF, AS_OF + MINUTE)
        assert work.jobs.cancel("early", AS_OF, AS_OF + MINUTE)
        assert work.jobs.cancel("late", AS_OF, AS_OF + MINUTE)
        assert not work.jobs.cancel("early", AS_OF, AS_OF + MINUTE)
        assert not work.jobs.cancel("never", AS_OF, AS_OF + MINUTE)
        assert not work.jobs.extend("early", "a", AS_OF)
        assert work.jobs.take("b", AS_OF + MINUTE, AS_OF + 2 * MINUTE) is None


def test_an_ended_job_expires_with_its_parts(records: Records) -> None:
    with records.transaction() as work:
        work.jobs.take("a", AS_OF, AS_OF + MINUTE)
        work.jobs.add_part("early", "a", 0, "0-a", scored=1, unscored=0)
        assert work.jobs.end("early", "a", JobState.FAILED, AS_OF, AS_OF + MINUTE, ERROR)
    with records.transaction() as work:
        job = work.jobs.get("early")
        assert job is not None
        assert (job.state, job.error, job.finished_at) == (JobState.FAILED, ERROR, AS_OF)
        assert work.jobs.expired(AS_OF) == []
        assert work.jobs.expired(AS_OF + MINUTE) == ["early"]
        work.jobs.forget("early")
    with records.transaction(read_only=True) as work:
        assert work.jobs.known() == {"late"}
        assert work.jobs.parts("early") == []
