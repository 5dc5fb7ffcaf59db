"""What handlers are given: the app, and a caller whose key may do this."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

from service.api.rate_limits import count_attempt, count_call
from service.bootstrap import App
from service.keys import Scope, Verifier, require
from service.repository.rows import ApiKey

_header = APIKeyHeader(name="X-API-Key", scheme_name="ApiKey", auto_error=False)
_bearer = HTTPBearer(scheme_name="Bearer", auto_error=False)


async def current_app(request: Request) -> App:
    """Return the app behind this API; async, as a trip to a worker thread would cost more."""
    app: App = request.app.state.app
    return app


CurrentApp = Annotated[App, Depends(current_app)]


def caller(
    request: Request,
    app: CurrentApp,
    header: Annotated[str | None, Security(_header)],
    bearer: Annotated[HTTPAuthorizationCredentials | None, Security(_bearer)],
) -> ApiKey:
    """Return the key the request came with, counted.

    Raises
    ------
    KeyRejectedError
        There is none that holds.
    TooManyRequestsError
        It, or the address it came from, has used up its limit; what is not known to be right is
        not even looked at then.
    """
    verifier: Verifier = request.app.state.verifier
    given = header or (bearer.credentials if bearer else "")
    with app.records.transaction(read_only=True) as work:
        if not verifier.knows(given, work.keys.get):
            count_attempt(request, app.limits)
        key = verifier.verify(given, work.keys.get, app.clock())
    count_call(request, app.limits, key)
    return key


def needs(scope: Scope) -> Callable[[ApiKey], Awaitable[None]]:
    """Return a dependency that lets only keys with `scope` (or admin) pass."""

    async def check(key: Annotated[ApiKey, Depends(caller)]) -> None:
        require(key, scope)

    return check
