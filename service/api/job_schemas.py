"""What a request for a job of scores holds, and what is said of a job."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field, model_validator
from pydantic.config import JsonDict

from service.api import job_examples as examples
from service.api.schemas import Explained, Moment, Text
from service.jobs.asked import Format, ScoresAsked
from service.repository.jobs import Job, JobState

MAX_JOB_IDS = 1_000_000
_NULL: JsonDict = {"type": "null"}
_NOBODY: JsonDict = {"not": {"properties": {"ids": _NULL, "as_of": _NULL}}}


class ScoresJobRequest(Explained):
    """Whom to score, and in which shape: `ids`, or all customers of `as_of`, or both."""

    model_config = ConfigDict(json_schema_extra={"example": examples.SCORES_JOB_REQUEST, **_NOBODY})

    model: Text = Field(description="A model, as in the path of scores.", examples=["churn_60d"])
    ids: Annotated[list[str], Field(min_length=1, max_length=MAX_JOB_IDS)] | None = Field(
        None, description="Customer ids; lead ids for `lead_score`. The result keeps this order."
    )
    as_of: Moment | None = Field(
        None,
        description="A past moment: score by what was known then, and without `ids` all customers"
        " with features of it. Without it the newest features are read.",
    )
    format: Format = Field(Format.NDJSON, description="Shape of the result.")

    @model_validator(mode="after")
    def _says_whom(self) -> "ScoresJobRequest":
        if self.ids is None and self.as_of is None:
            raise ValueError("give ids, or as_of for all customers of a moment")
        return self


class JobProgress(BaseModel):
    """How far a job is: `scored` and `unscored` grow until together they are `total`."""

    total: int = Field(description="Ids asked for.")
    done: int
    scored: int = Field(description="Rows of the result.")
    unscored: int = Field(description="Lines of the error file.")


class JobError(BaseModel):
    """Why a job failed."""

    code: str
    detail: str
    where: str
    todo: str


class JobLinks(BaseModel):
    """Where to go on; the last two are null until the job is done."""

    self: str
    result: str | None
    errors: str | None


class JobOut(BaseModel):
    """A job."""

    model_config = ConfigDict(json_schema_extra={"example": examples.JOB})

    job_id: str
    kind: str
    state: JobState
    model: str
    model_version: str = Field(description="The version that answers, whatever is promoted later.")
    as_of: datetime | None
    format: Format
    progress: JobProgress
    created_at: datetime
    started_at: datetime | None
    finished_at: datetime | None
    expires_at: datetime | None = Field(description="When the job and its files are removed.")
    error: JobError | None
    links: JobLinks


def job_out(job: Job, link: Callable[[str], str]) -> JobOut:
    """Return what is said of a job.

    Parameters
    ----------
    link
        Gives the path of an operation on the job by its name.
    """
    asked, done = ScoresAsked.from_json(job.asked), job.state == JobState.DONE
    return JobOut(
        job_id=job.job_id,
        kind=job.kind,
        state=JobState(job.state),
        model=asked.model,
        model_version=asked.version,
        as_of=asked.as_of,
        format=asked.format,
        progress=JobProgress(
            total=job.total,
            done=job.scored + job.unscored,
            scored=job.scored,
            unscored=job.unscored,
        ),
        created_at=job.created_at,
        started_at=job.started_at,
        finished_at=job.finished_at,
        expires_at=job.expires_at,
        error=JobError.model_validate(job.error) if job.error else None,
        links=JobLinks(
            self=link("job"),
            result=link("job_result") if done else None,
            errors=link("job_errors") if done else None,
        ),
    )
