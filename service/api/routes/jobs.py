"""Jobs: sets of scores too large for one answer."""

from functools import partial
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request, Response, status
from fastapi.responses import FileResponse

from features.clock import utc
from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.idempotency import IDEMPOTENT
from service.api.job_schemas import JobOut, ScoresJobRequest, job_out
from service.api.problem_docs import problems
from service.api.schemas import Id
from service.audit import Action
from service.jobs.asked import Format
from service.jobs.formats import MEDIA_TYPES
from service.keys import Scope
from service.repository.jobs import Job

router = APIRouter(tags=["jobs"], dependencies=[Depends(needs(Scope.SCORES_READ))])

JobId = Annotated[Id, Path(examples=["job_6c1f0a5d2b9e4c7f8a3d1e02"])]
_LOCATION = {"Location": {"description": "Where the job is.", "schema": {"type": "string"}}}


def _files(*formats: Format) -> dict[int | str, dict[str, Any]]:
    """Return what the schema says of an answer that is a file."""
    binary = {"schema": {"type": "string", "format": "binary"}}
    return {200: {"content": {MEDIA_TYPES[each]: binary for each in formats}}}


@router.post(
    "/jobs/scores",
    operation_id="ask_scores_job",
    summary="Score up to 1,000,000 customers or leads, or all of a moment, as a job",
    status_code=status.HTTP_202_ACCEPTED,
    responses={202: {"headers": _LOCATION}, **problems(400, 404, 409, 413)},
    dependencies=[IDEMPOTENT],
)
def ask(
    asked: ScoresJobRequest,
    request: Request,
    response: Response,
    app: CurrentApp,
    sight: CurrentSight,
) -> JobOut:
    """Take a set in and answer at once; the job is where `Location` says.

    It is made part by part, so that it goes on where it was after a restart, however the process
    ended. Every id is either a row of the result or a line of the error file; unlike a request for
    up to 1,000 the result holds no rows of ids nobody knows. All rows come from the model version
    that is champion now. The ids and the files are removed some days after the job's end.
    Somebody you may not see is nobody the job knows; only you and head office find the job.
    """
    job = app.jobs.ask(
        asked.model,
        asked.ids,
        asked.as_of and utc(asked.as_of),
        top_k=asked.reasons,
        lang=asked.lang,
        form=asked.format,
        asked_by=sight.viewer.who,
        seen=partial(sight.into_job, asked.model),
    )
    said = _said(job, request)
    response.headers["Location"] = said.links.self
    return said


@router.get(
    "/jobs/{job_id}",
    operation_id="job",
    summary="How far a job is",
    responses=problems(404),
)
def job(job_id: JobId, request: Request, app: CurrentApp, sight: CurrentSight) -> JobOut:
    """Return the state of a job, its progress, and where its files are once it is done."""
    return _said(app.jobs.get(job_id, sight.asker), request)


@router.get(
    "/jobs/{job_id}/result",
    operation_id="job_result",
    summary="The scores of a job that is done",
    response_class=FileResponse,
    responses={**_files(*Format), **problems(404, 409)},
)
def job_result(job_id: JobId, app: CurrentApp, sight: CurrentSight) -> FileResponse:
    """Return the file of the scores, in the format and the order asked for.

    NDJSON holds one score a line, as a request for one answers it. CSV and Parquet have the same
    columns (`interval` as low, high and level); the reasons are sentences in CSV, JSON text in
    Parquet. Part of the file can be had with a `Range` header.
    """
    file, form = app.jobs.result(job_id, sight.asker)
    sight.saw("job", [job_id], Action.EXPORT)
    return FileResponse(file, media_type=MEDIA_TYPES[form], filename=f"{job_id}.{form}")


@router.get(
    "/jobs/{job_id}/errors",
    operation_id="job_errors",
    summary="The ids of a job that could not be scored",
    response_class=FileResponse,
    responses={**_files(Format.NDJSON), **problems(404, 409)},
)
def job_errors(job_id: JobId, app: CurrentApp, sight: CurrentSight) -> FileResponse:
    """Return NDJSON: `id`, its `index` in the set (from 0), `code` and `detail`.

    The codes are `unusable-id` and `unknown-subject`.
    """
    file, media_type = app.jobs.errors(job_id, sight.asker), MEDIA_TYPES[Format.NDJSON]
    return FileResponse(file, media_type=media_type, filename=f"{job_id}-errors.ndjson")


@router.delete(
    "/jobs/{job_id}",
    operation_id="cancel_job",
    summary="Cancel a job",
    responses=problems(404, 409),
)
def cancel(job_id: JobId, request: Request, app: CurrentApp, sight: CurrentSight) -> JobOut:
    """End a job that is not done; asking again changes nothing.

    The part at work is still finished, and counts no more. A job that is done or has failed is
    not cancelled; it is removed when it expires.
    """
    return _said(app.jobs.cancel(job_id, sight.asker), request)


def _said(found: Job, request: Request) -> JobOut:
    return job_out(found, lambda name: str(request.app.url_path_for(name, job_id=found.job_id)))
