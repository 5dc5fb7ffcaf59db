"""What handlers are given: the app, who asks, and what they see."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.concurrency import run_in_threadpool
from fastapi.security import APIKeyCookie, APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from service.api.rate_limits import count_attempt, count_call
from service.bootstrap import App
from service.crm.permissions import Scope, Viewer
from service.keys import Verifier, require_holding
from service.repository.rows import ApiKey
from service.sessions import require_csrf
from service.sight import Sight
from service.viewers import of_key, require

SESSION_COOKIE = "shuke_session"
CSRF_HEADER = "X-CSRF-Token"
_VIEWER = "viewer"
_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})

_header = APIKeyHeader(name="X-API-Key", scheme_name="ApiKey", auto_error=False)
_bearer = HTTPBearer(scheme_name="Bearer", auto_error=False)
_cookie = APIKeyCookie(name=SESSION_COOKIE, scheme_name="Session", auto_error=False)


async def current_app(request: Request) -> App:
    """Return the app behind this API; async, as a trip to a worker thread would cost more."""
    app: App = request.app.state.app
    return app


CurrentApp = Annotated[App, Depends(current_app)]


@dataclass(frozen=True, slots=True)
class Shown:
    """What a request shows to say who asks; with a key a session does not count."""

    key: str
    session: str | None


async def shown(
    header: Annotated[str | None, Security(_header)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
    cookie: Annotated[str | None, Security(_cookie)],
) -> Shown:
    """Return the key or the token of the session that a request carries."""
    key = header or (bearer.credentials if bearer else "")
    return Shown(key, None if key else cookie)


CurrentShown = Annotated[Shown, Depends(shown)]


async def current_viewer(request: Request, shown: CurrentShown) -> Viewer:
    """Return who asks: with a key, or in a session, which must prove that a page of ours asks.

    A key that is remembered is checked at once; for anything else a worker thread waits.

    Raises
    ------
    KeyRejectedError, SessionEndedError
        There is neither, or it does not hold.
    CsrfError
        A session would change something without its own token.
    TooManyRequestsError
        The key or user, or the address a key came from, has used up its limit; a key not known to
        be right is not even looked at then.
    """
    app = await current_app(request)
    key = _remembered(request, app, shown.key)
    if key is None:
        viewer = await run_in_threadpool(_looked_up, request, app, shown)
    else:
        require_holding(key, app.clock())
        count_call(request, app.limits, key.key_id)
        viewer = of_key(key, app.policies.access)
    setattr(request.state, _VIEWER, viewer)
    return viewer


VIEWED = Depends(current_viewer)  # for a route that is for everybody who is known
CurrentViewer = Annotated[Viewer, VIEWED]


async def current_sight(request: Request) -> Sight:
    """Return what the viewer sees during this request; the route, too, depends on the viewer.

    FastAPI walks all that a dependency depends on each time it is named: so the viewer is not named
    again, but kept by whoever came first, mostly `needs`.
    """
    viewer: Viewer = getattr(request.state, _VIEWER)
    app = await current_app(request)
    return app.access.sight(viewer, request.scope["route"].operation_id, request.state.request_id)


CurrentSight = Annotated[Sight, Depends(current_sight)]


def needs(scope: Scope) -> Callable[[Viewer], Awaitable[None]]:
    """Return a dependency that lets only viewers with `scope` (or admin) pass."""

    async def check(viewer: CurrentViewer) -> None:
        require(viewer, scope)

    return check


def _remembered(request: Request, app: App, given: str) -> ApiKey | None:
    """Return a key for which nothing has to be read, written or asked of another server."""
    verifier: Verifier = request.app.state.verifier
    key = verifier.known(given, app.keys.recall)
    if key is None or app.limits.shared or not app.keys.is_noted(key, app.clock()):
        return None
    return key


def _looked_up(request: Request, app: App, shown: Shown) -> Viewer:
    if not shown.session:
        return _of_key(request, app, shown.key)
    if request.method not in _SAFE:
        require_csrf(shown.session, request.headers.get(CSRF_HEADER, ""))
    viewer = app.sessions.viewer(shown.session)
    count_call(request, app.limits, viewer.who)
    return viewer


def _of_key(request: Request, app: App, given: str) -> Viewer:
    verifier: Verifier = request.app.state.verifier
    at = app.clock()
    if verifier.known(given, app.keys.get) is None:
        count_attempt(request, app.limits)
    key = verifier.verify(given, app.keys.get, at)
    count_call(request, app.limits, key.key_id)
    app.keys.note_use(key, at)
    return of_key(key, app.policies.access)
