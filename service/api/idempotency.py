"""`Idempotency-Key`: one marker for every route that writes.

`IDEMPOTENT` stands among a route's dependencies, after the caller's scope was looked at: it claims
the key or answers from what was stored. The middleware stores the answer before it leaves.
"""

import uuid
from collections.abc import Mapping
from functools import partial
from typing import Annotated, Any

import structlog
from fastapi import Depends, FastAPI, Header, Request, Response
from fastapi.concurrency import run_in_threadpool
from starlette.datastructures import Headers
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from features.errors import ShukeError
from service.api import errors
from service.api.dependencies import CurrentApp, CurrentViewer
from service.api.middleware import REQUEST_ID_HEADER
from service.bootstrap import App
from service.idempotency import Answer, Call, Claim, digest

HEADER = "Idempotency-Key"
REPLAYED = "Idempotent-Replayed"
_CLAIM, _SECRET = "idempotency_claim", "idempotency_secret"
_OF_ONE_REQUEST = {REQUEST_ID_HEADER.lower(), "content-length"}

_log = structlog.get_logger("shuke.api")

Key = Annotated[
    str | None,
    Header(
        alias=HEADER,
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="Makes a retry safe: the same key and body are answered as the first time,"
        " for 24 hours.",
        examples=["8e03978e-40d5-43e8-bc93-6894a57f9324"],
    ),
]


class AnsweredBeforeError(Exception):
    """No failure: carries a stored answer past the handler."""

    def __init__(self, answer: Answer) -> None:
        super().__init__(answer.status)
        self.answer = answer


async def idempotent(
    request: Request,
    app: CurrentApp,
    viewer: CurrentViewer,
    key: Key = None,
) -> None:
    """Claim the request's idempotency key, if it has one, or answer as the first time."""
    if key is None:
        return
    call = Call(
        caller_id=viewer.who,
        route=f"{request.method} {request.url.path}",
        key=key,
        digest=digest(request.scope["query_string"], await request.body()),
    )
    found = await run_in_threadpool(_begin, app, call)
    if isinstance(found, Answer):
        raise AnsweredBeforeError(found)
    setattr(request.state, _CLAIM, found)


IDEMPOTENT = Depends(idempotent)


async def holds_secret(request: Request) -> None:
    """Mark the answer of a route as one that is kept sealed."""
    setattr(request.state, _SECRET, True)


HOLDS_SECRET = Depends(holds_secret)


def new_id(request: Request) -> str:
    """Return an id for what a request makes; under a key every attempt gets the same."""
    claim: Claim | None = getattr(request.state, _CLAIM, None)
    return claim.new_id() if claim else str(uuid.uuid4())


class IdempotencyMiddleware:
    """Keeps the answer of a claimed call before it is sent; a server's error frees the key."""

    def __init__(self, app: ASGIApp, service: App) -> None:
        self.app = app
        self.service = service

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http" or scope["method"] != "POST":
            await self.app(scope, receive, send)
            return
        state: dict[str, Any] = scope.setdefault("state", {})
        held: list[Message] = []

        async def send_once_kept(message: Message) -> None:
            claim: Claim | None = state.get(_CLAIM)
            if claim is None:
                await send(message)
                return
            held.append(message)
            if message["type"] == "http.response.body" and not message.get("more_body", False):
                try:
                    finish = partial(_finish, secret=_SECRET in state)
                    await run_in_threadpool(finish, self.service, claim, _answer(held))
                except ShukeError as error:  # nobody hears of what the key would not tell again
                    await errors.of_ours(Request(scope), error)(scope, receive, send)
                    return
                for each in held:
                    await send(each)

        try:
            await self.app(scope, receive, send_once_kept)
        except Exception:
            if _CLAIM in state:
                await run_in_threadpool(_give_up, self.service, state[_CLAIM])
            raise


def install(api: FastAPI, app: App) -> None:
    """Let the marked routes of `api` know idempotency keys."""
    api.add_middleware(IdempotencyMiddleware, service=app)
    api.add_exception_handler(AnsweredBeforeError, _replay)


def _begin(app: App, call: Call) -> Claim | Answer:
    with app.records.transaction() as work:
        found = work.idempotency.begin(call, app.clock(), app.settings.idempotency_policy)
    return app.answers.open(call, found) if isinstance(found, Answer) else found


def _finish(app: App, claim: Claim, answer: Answer, *, secret: bool) -> None:
    if answer.status >= 500:
        _give_up(app, claim)
        return
    with app.records.transaction() as work:
        kept = app.answers.seal(work, claim.call, answer) if secret else answer
        if not work.idempotency.finish(claim, kept):
            _log.warning("answered after its idempotency key was free again", key=claim.call.key)


def _give_up(app: App, claim: Claim) -> None:
    try:
        with app.records.transaction() as work:
            work.idempotency.give_up(claim)
    except ShukeError as error:  # the claim runs out by itself
        _log.warning("idempotency key not freed", key=claim.call.key, error=str(error))


def _answer(held: list[Message]) -> Answer:
    start, bodies = held[0], held[1:]
    headers = Headers(raw=start["headers"])
    kept = {name: value for name, value in headers.items() if name not in _OF_ONE_REQUEST}
    return Answer(start["status"], kept, b"".join(each.get("body", b"") for each in bodies))


def _replay(_: Request, error: Exception) -> Response:
    if not isinstance(error, AnsweredBeforeError):
        raise error
    answer = error.answer
    headers: Mapping[str, str] = {**answer.headers, REPLAYED: "true"}
    return Response(answer.body, answer.status, headers=headers)
