"""Where jobs are asked for, looked at and cancelled."""

import secrets
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from features.errors import EmptyDataError, FeaturesMissingError, InputError
from features.store import Store
from models_registry.score import Lang
from service.champions import LEAD_MODEL, Champions
from service.errors import NotFoundError
from service.jobs.asked import Format, ScoresAsked
from service.jobs.errors import JobFinishedError, JobUnfinishedError
from service.jobs.folder import ERRORS, JobFolder, result_name
from service.jobs.policy import POLICY, JobPolicy
from service.repository.jobs import Job, JobState
from service.repository.records import Records

SCORES = "scores"

Seen = Callable[[Collection[str]], frozenset[str]]


@dataclass(frozen=True)
class JobDesk:
    """Takes jobs in; `service.jobs.runner` does them.

    Attributes
    ----------
    root
        Holds a folder for each job.
    """

    records: Records
    root: Path
    champions: Champions
    store: Store
    clock: Callable[[], datetime]
    policy: JobPolicy = POLICY

    def ask(
        self,
        model: str,
        ids: Sequence[str] | None,
        as_of: datetime | None,
        *,
        top_k: int | None = 0,
        lang: Lang = "en",
        form: Format = Format.NDJSON,
        asked_by: str | None = None,
        seen: Seen = frozenset,
    ) -> Job:
        """Put a set of scores into the line and return the job, durable.

        Parameters
        ----------
        ids
            None takes all customers who have features at `as_of`; the set is fixed now.
        as_of
            As for `service.scoring.Scorer.many`.
        asked_by
            The key or user, who alone finds the job; None leaves it to head office.
        seen
            Gives those of some ids whom they see; the others are unknown to the job.

        Raises
        ------
        UnknownModelError, NoChampionError
        NotFoundError
            No features were built of the moment whose customers are asked for.
        InputError
            Neither ids nor a moment are given, or leads are asked for by a moment.
        """
        bundle = self.champions.get(model)
        whom = self._everybody(model, as_of) if ids is None else ids
        visible = seen(whom)
        if ids is None:
            whom = [each for each in whom if each in visible]
            if not whom:
                raise EmptyDataError("No customer was known at this moment", where=str(as_of))
        asked = ScoresAsked(model, bundle.meta.version, as_of, top_k, lang, form, self.policy.part)
        job = Job(
            job_id=f"job_{secrets.token_hex(12)}",
            kind=SCORES,
            asked=asked.to_json(),
            state=JobState.QUEUED,
            total=len(whom),
            created_at=self.clock(),
            asked_by=asked_by,
        )
        JobFolder(self.root / job.job_id).write_ids(whom, frozenset(whom) - visible)
        with self.records.transaction(durable=True) as work:
            work.jobs.add(job)
        return job

    def get(self, job_id: str, asker: str | None = None) -> Job:
        """Return a job; NotFoundError if there is none, or it has expired.

        Parameters
        ----------
        asker
            Finds jobs of this key or user alone; None finds those of everybody.
        """
        with self.records.transaction(read_only=True) as work:
            job = work.jobs.get(job_id)
        if job is None or asker not in (None, job.asked_by):
            raise NotFoundError(
                "There is no job of this id",
                where=job_id,
                todo=f"Jobs are forgotten {self.policy.keep.days} days after their end.",
            )
        return job

    def cancel(self, job_id: str, asker: str | None = None) -> Job:
        """End a job and return it; one that was cancelled before stays so.

        Raises
        ------
        JobFinishedError
            If it is done or has failed.
        """
        self.get(job_id, asker)
        now = self.clock()
        with self.records.transaction() as work:
            work.jobs.cancel(job_id, now, now + self.policy.keep)
        job = self.get(job_id)
        if job.state != JobState.CANCELLED:
            raise JobFinishedError(
                f"The job is {job.state} and cannot be cancelled",
                where=job_id,
                todo=f"Its files are removed after {job.expires_at}.",
            )
        return job

    def result(self, job_id: str, asker: str | None = None) -> tuple[Path, Format]:
        """Return the file of the result and its format; see `errors` for what it raises."""
        form = ScoresAsked.from_json(self.get(job_id, asker).asked).format
        return self._file(job_id, result_name(form)), form

    def errors(self, job_id: str, asker: str | None = None) -> Path:
        """Return the file of the ids that could not be scored.

        Raises
        ------
        NotFoundError
            There is no such job, or its files are gone.
        JobUnfinishedError
            It is not done.
        """
        self.get(job_id, asker)
        return self._file(job_id, ERRORS)

    def _file(self, job_id: str, name: str) -> Path:
        job, file = self.get(job_id), self.root / job_id / name
        if job.state != JobState.DONE:
            raise JobUnfinishedError(
                f"The job is {job.state}; only one that is done has a result",
                where=job_id,
                todo="Ask for the job until its state is done; `error` says why one failed.",
            )
        if not file.is_file():
            raise NotFoundError(
                "The files of the job are gone", where=job_id, todo="Ask for the scores anew."
            )
        return file

    def _everybody(self, model: str, as_of: datetime | None) -> list[str]:
        if as_of is None or model == LEAD_MODEL:
            raise InputError(
                "Whom to score is not said",
                where=model,
                todo="Give `ids`; or `as_of`, for all customers of that moment (not for leads).",
            )
        try:
            return self.store.customers(as_of)
        except FeaturesMissingError as error:
            raise NotFoundError(error.what, where=error.where, todo=error.todo) from error
