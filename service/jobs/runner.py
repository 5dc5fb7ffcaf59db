"""Works through jobs, part by part, so that whoever goes on loses at most one part."""

import secrets
from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from threading import Event
from time import monotonic

import orjson
import structlog

from features.errors import ShukeError, StateError, is_away
from models_registry.bundle import Bundle
from models_registry.score import Score, Status
from service import subject_ids
from service.champions import Champions
from service.faults import ItemFault
from service.jobs import formats
from service.jobs.asked import ScoresAsked
from service.jobs.folder import JobFolder
from service.jobs.lease import Lease, leased
from service.jobs.policy import POLICY, JobPolicy
from service.repository.jobs import Job, JobState
from service.repository.records import Records
from service.scoring import Scorer

UNKNOWN = "unknown-subject"
_NOBODY = ItemFault(UNKNOWN, "Nothing is known of this id")

_log = structlog.get_logger("shuke.jobs")


class JobRunner:
    """Takes jobs from the line until it is told to stop.

    Several may run, in as many processes: a job is leased to one at a time.

    Parameters
    ----------
    root
        Holds a folder for each job; the same for all who run or serve jobs.
    """

    def __init__(
        self,
        records: Records,
        root: Path,
        scorer: Scorer,
        champions: Champions,
        clock: Callable[[], datetime],
        policy: JobPolicy = POLICY,
    ) -> None:
        self._records = records
        self._root = root
        self._scorer = scorer
        self._champions = champions
        self._clock = clock
        self._policy = policy

    def run(self, stop: Event) -> None:
        """Work until `stop` is set; an unfinished job goes back to the line after its part."""
        swept = -self._policy.sweep_every
        while not stop.is_set():
            try:
                if monotonic() - swept >= self._policy.sweep_every:
                    self.sweep()
                    swept = monotonic()
                worked = self.work(stop)
            except Exception as error:  # a runner outlives whatever its disk and servers do
                _log.exception("jobs rest", error=str(error))
                stop.wait(self._policy.rest)
            else:
                if not worked:
                    stop.wait(self._policy.poll)

    def work(self, stop: Event) -> bool:
        """Do the job that has waited longest; False if none waits."""
        owner, now = secrets.token_hex(8), self._clock()
        with self._records.transaction() as work:
            job = work.jobs.take(owner, now, now + self._policy.lease)
        if job is None:
            return False
        with leased(self._records, job.job_id, owner, self._clock, self._policy) as lease:
            try:
                self._do(job, lease, stop)
            except Exception as error:  # of the job or of the machine; it is told which
                self._trouble(job, lease, error, stop)
        return True

    def sweep(self) -> None:
        """Forget jobs that have expired, and remove folders nobody knows any more."""
        now = self._clock()
        with self._records.transaction(read_only=True) as work:
            expired = work.jobs.expired(now)
        for job_id in expired:
            # The folder first: what a process that ends here leaves is found again next time.
            JobFolder(self._root / job_id).remove()
            with self._records.transaction() as work:
                work.jobs.forget(job_id)
        self._remove_strangers(now)

    def _do(self, job: Job, lease: Lease, stop: Event) -> None:
        if job.attempts > self._policy.attempts:
            raise StateError(
                "The job ended the process that worked on it, again and again",
                where=job.job_id,
                todo="Look into the log of the server or worker, then ask for it anew.",
            )
        asked, folder = ScoresAsked.from_json(job.asked), JobFolder(self._root / job.job_id)
        bundle = self._bundle(asked)
        with self._records.transaction(read_only=True) as work:
            done = len(work.jobs.parts(job.job_id))
        unseen = folder.unseen()
        for number, ids in enumerate(folder.ids(asked.part, skip=done), start=done):
            if stop.is_set():
                lease.release()
                return
            if lease.lost or not self._part(asked, bundle, folder, lease, number, ids, unseen):
                _log.warning("a job was taken away", job=job.job_id)
                return
        with self._records.transaction(read_only=True) as work:
            parts = work.jobs.parts(job.job_id)
        folder.write_result(asked.format, parts)
        if lease.end(JobState.DONE):
            folder.tidy()

    def _part(
        self,
        asked: ScoresAsked,
        bundle: Bundle,
        folder: JobFolder,
        lease: Lease,
        number: int,
        ids: Sequence[str],
        unseen: Collection[str],
    ) -> bool:
        _, unusable = subject_ids.sifted(ids)
        hidden = {place: _NOBODY for place, each in enumerate(ids) if each in unseen}
        faults = hidden | unusable
        usable = [each for place, each in enumerate(ids) if place not in faults]
        said = self._scorer.by(
            bundle, usable, as_of=asked.as_of, top_k=asked.top_k, lang=asked.lang
        )
        places = [place for place in range(len(ids)) if place not in faults]
        known = [score for score in said if score.status is not Status.UNKNOWN_CUSTOMER]
        faults = faults | _unknown(places, said)
        rows = formats.part(asked.format, known)
        # The name is this owner's: what a former one writes late lies beside it, and counts not.
        name = f"{number:06d}-{lease.owner}"
        folder.write_part(name, rows, _lines(faults, ids, number * asked.part))
        return lease.add_part(number, name, scored=len(known), unscored=len(faults))

    def _bundle(self, asked: ScoresAsked) -> Bundle:
        champion = self._champions.get(asked.model)
        if champion.meta.version == asked.version:
            return champion
        return self._champions.load(asked.model, asked.version)

    def _trouble(self, job: Job, lease: Lease, error: Exception, stop: Event) -> None:
        if is_away(error):  # it waits for the server or the disk, however long that takes
            _log.warning("a job waits", job=job.job_id, error=str(error))
            stop.wait(self._policy.rest)
            lease.release(uncounted=True)
            return
        passing = isinstance(error, StateError) or not isinstance(error, ShukeError)
        if passing and job.attempts < self._policy.attempts:
            _log.warning("a job will be tried again", job=job.job_id, error=str(error))
            stop.wait(self._policy.rest)
            lease.release()
            return
        _log.error("a job failed", job=job.job_id, exc_info=error)
        lease.end(JobState.FAILED, _told(error))

    def _remove_strangers(self, now: datetime) -> None:
        """Remove folders of jobs that never came into the line, once they are old."""
        if not self._root.is_dir():
            return
        with self._records.transaction(read_only=True) as work:
            known = work.jobs.known()
        before = (now - self._policy.keep).timestamp()
        for folder in self._root.iterdir():
            if folder.name not in known and folder.stat().st_mtime < before:
                JobFolder(folder).remove()


def _unknown(places: Sequence[int], said: Sequence[Score]) -> dict[int, ItemFault]:
    return {
        place: _NOBODY
        for place, score in zip(places, said, strict=True)
        if score.status is Status.UNKNOWN_CUSTOMER
    }


def _lines(faults: Mapping[int, ItemFault], ids: Sequence[str], first: int) -> bytes:
    """Return the lines of the error file, in the order of the ids; `index` counts from 0."""
    return b"".join(
        orjson.dumps(
            {
                "id": ids[place],
                "index": first + place,
                "code": faults[place].code,
                "detail": faults[place].detail,
            }
        )
        + b"\n"
        for place in sorted(faults)
    )


def _told(error: Exception) -> dict[str, str]:
    if isinstance(error, ShukeError):
        told = {"code": error.code, "detail": error.what}
        return told | {"where": error.where, "todo": error.todo}
    return {
        "code": "internal-error",
        "detail": "The job met an error nobody expected",
        "where": "",
        "todo": "The log of the server or worker holds the rest under the id of the job.",
    }
