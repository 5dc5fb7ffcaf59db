"""The one translation of errors into problem documents (RFC 9457, application/problem+json)."""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

import orjson
import structlog
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel, ConfigDict, Field
from starlette.exceptions import HTTPException

from features.errors import (
    InputError,
    ShukeError,
    StateError,
    StorageFullError,
    UnreachableError,
    is_no_room,
)
from models_registry.errors import BundleError, UnknownModelError
from service.api.middleware import REQUEST_ID_HEADER, guard
from service.errors import ConflictError, NotFoundError, TryLaterError
from service.idempotency import InFlightError
from service.keys import KeyRejectedError, ScopeMissingError
from service.rate_limits import TooManyRequestsError
from service.sessions import CsrfError, TooManyAttemptsError

MEDIA_TYPE = "application/problem+json"

STATUS_OF: Mapping[type[ShukeError], HTTPStatus] = {
    KeyRejectedError: HTTPStatus.UNAUTHORIZED,
    ScopeMissingError: HTTPStatus.FORBIDDEN,
    CsrfError: HTTPStatus.FORBIDDEN,
    TooManyAttemptsError: HTTPStatus.TOO_MANY_REQUESTS,
    NotFoundError: HTTPStatus.NOT_FOUND,
    ConflictError: HTTPStatus.CONFLICT,
    UnknownModelError: HTTPStatus.NOT_FOUND,
    TryLaterError: HTTPStatus.SERVICE_UNAVAILABLE,
    InFlightError: HTTPStatus.CONFLICT,
    TooManyRequestsError: HTTPStatus.TOO_MANY_REQUESTS,
    BundleError: HTTPStatus.SERVICE_UNAVAILABLE,
    StorageFullError: HTTPStatus.INSUFFICIENT_STORAGE,
    StateError: HTTPStatus.SERVICE_UNAVAILABLE,
    InputError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ShukeError: HTTPStatus.INTERNAL_SERVER_ERROR,
}

_MALFORMED, _INVALID, _UNEXPECTED = "malformed-json", "invalid-request", "internal-error"
_CODES = {
    400: _MALFORMED,  # bytes that are no text, or brackets without end
    404: "not-found",
    405: "method-not-allowed",
    408: "body-too-slow",
    413: "content-too-large",
    504: "answer-too-late",
}

# What is answered with no error class of ours behind it; `docs/errors.md` tells of each.
HTTP_CODES: Mapping[str, int] = {
    **{code: status for status, code in _CODES.items()},
    _INVALID: 422,
    _UNEXPECTED: 500,
}

_log = structlog.get_logger("shuke.api")


class Fault(BaseModel):
    """One thing wrong with the request."""

    pointer: str | None = Field(None, description="JSON pointer into the body, as a URI fragment.")
    parameter: str | None = Field(None, description="Name of the query, path or header parameter.")
    detail: str
    code: str


class Problem(BaseModel):
    """A problem document (RFC 9457)."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "type": "urn:shuke:problem:no-champion",
                "title": "Service Unavailable",
                "status": 503,
                "detail": "The model has no champion",
                "instance": "/v1/scores/churn_60d",
                "code": "no-champion",
                "where": "churn_60d",
                "todo": "Train it with `shuke train churn_60d`.",
                "request_id": "5f0c3a3e8f7b4b0f9d6f1f6f1a2b3c4d",
                "errors": [],
            }
        }
    )

    type: str = Field(
        description="Stable name of this kind of problem; `docs/errors.md` has a section for each."
    )
    title: str
    status: int
    detail: str = Field(description="What went wrong.")
    instance: str = Field(description="Path of the request.")
    code: str = Field(description="Last part of `type`.")
    where: str = Field("", description="The id, table or column it happened at.")
    todo: str = Field("", description="What to do about it.")
    request_id: str
    errors: list[Fault] = []


def status_of(error: ShukeError) -> HTTPStatus:
    """Return the HTTP status of an error: that of its nearest ancestor in `STATUS_OF`."""
    return next(STATUS_OF[kind] for kind in type(error).__mro__ if kind in STATUS_OF)


def install(app: FastAPI) -> None:
    """Make every error leave `app` as a problem document."""
    app.add_exception_handler(ShukeError, of_ours)
    app.add_exception_handler(OSError, _of_disk)
    app.add_exception_handler(RequestValidationError, _of_validation)
    app.add_exception_handler(HTTPException, _of_http)
    app.add_exception_handler(Exception, _of_surprise)


def late(request: Request) -> Response:
    """Return the answer to a request that takes too long to answer otherwise."""
    return _respond(
        request,
        HTTPStatus.GATEWAY_TIMEOUT,
        code=_CODES[504],
        detail="The answer takes too long",
        todo="Ask for less at once, or for a job; repeat a write under its Idempotency-Key.",
    )


def faults(errors: Sequence[Mapping[str, Any]]) -> list[Fault]:
    """Return pydantic's errors as faults that point into the body or name a parameter."""
    return [_fault(tuple(e["loc"]), str(e["msg"]), str(e["type"])) for e in errors]


def pointer(steps: Sequence[str | int]) -> str:
    """Return a JSON pointer (RFC 6901) as a URI fragment: ``("ids", 3)`` -> ``#/ids/3``."""
    escaped = (str(step).replace("~", "~0").replace("/", "~1") for step in steps)
    return "#" + "".join(f"/{step}" for step in escaped)


def _fault(loc: tuple[str | int, ...], message: str, code: str) -> Fault:
    if loc[:1] != ("body",):
        return Fault(pointer=None, parameter=str(loc[-1]), detail=message, code=code)
    # For JSON that cannot be parsed the second step is a position, not a place in the document.
    steps = () if code == "json_invalid" else loc[1:]
    detail = f"{message} at character {loc[1]}" if code == "json_invalid" else message
    return Fault(pointer=pointer(steps), parameter=None, detail=detail, code=code)


def _respond(
    request: Request,
    status: HTTPStatus,
    *,
    code: str,
    detail: str,
    where: str = "",
    todo: str = "",
    errors: Sequence[Fault] = (),
    headers: Mapping[str, str] | None = None,
) -> Response:
    problem = Problem(
        type=f"urn:shuke:problem:{code}",
        title=status.phrase,
        status=status.value,
        detail=detail,
        instance=request.url.path,
        code=code,
        where=where,
        todo=todo,
        request_id=_request_id(request),
        errors=list(errors),
    )
    body = orjson.dumps(problem.model_dump(exclude_none=True))
    told = {REQUEST_ID_HEADER: problem.request_id, **(headers or {})}
    return Response(body, status.value, headers=told, media_type=MEDIA_TYPE)


def _request_id(request: Request) -> str:
    return str(request.scope.get("state", {}).get("request_id", ""))


def of_ours(request: Request, error: Exception) -> Response:
    """Return an error of ours as a problem document."""
    if not isinstance(error, ShukeError):
        raise error
    status = status_of(error)
    headers = {}
    if status is HTTPStatus.UNAUTHORIZED:
        headers["WWW-Authenticate"] = "Bearer"
    if isinstance(error, TryLaterError | UnreachableError):
        headers["Retry-After"] = str(error.after)
    return _respond(
        request,
        status,
        code=error.code,
        detail=error.what,
        where=error.where,
        todo=error.todo,
        headers=headers,
    )


def _of_disk(request: Request, error: Exception) -> Response:
    """Answer for a disk that is full; any other fault of the system stays a surprise."""
    if not is_no_room(error):
        raise error
    _log.error("no room left", path=request.url.path, error=str(error))
    full = StorageFullError(
        "There is no room left to write",
        todo="Free some space; nothing of this request is kept.",
    )
    return of_ours(request, full)


def _of_validation(request: Request, error: Exception) -> Response:
    if not isinstance(error, RequestValidationError):
        raise error
    found = faults(error.errors())
    unreadable = any(fault.code == "json_invalid" for fault in found)
    return _respond(
        request,
        HTTPStatus.BAD_REQUEST if unreadable else HTTPStatus.UNPROCESSABLE_ENTITY,
        code=_MALFORMED if unreadable else _INVALID,
        detail="The body is not JSON" if unreadable else "The request does not fit the schema",
        todo="Correct what `errors` points at; the schema is at /openapi.json.",
        errors=found,
    )


def _of_http(request: Request, error: Exception) -> Response:
    if not isinstance(error, HTTPException):
        raise error
    status = HTTPStatus(error.status_code)
    code = _CODES.get(status.value, f"http-{status.value}")
    return _respond(request, status, code=code, detail=error.detail, headers=error.headers)


def _of_surprise(request: Request, error: Exception) -> Response:
    _log.error(
        "unexpected error",
        request_id=_request_id(request),
        path=request.url.path,
        exc_info=error,
    )
    answer = _respond(
        request,
        HTTPStatus.INTERNAL_SERVER_ERROR,
        code=_UNEXPECTED,
        detail="The server met an error it did not expect",
        todo="Report the request_id; the server's log holds the rest under it.",
    )
    guard(answer.headers, request.url.path)  # answered outside of every middleware of ours
    return answer
