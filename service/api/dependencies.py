"""What handlers are given: the app, and a caller whose key may do this."""

from collections.abc import Awaitable, Callable
from typing import Annotated

from fastapi import Depends, Request, Security
from fastapi.security import APIKeyHeader, HTTPAuthorizationCredentials, HTTPBearer

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
    """Return the key the request came with; raise KeyRejectedError if there is none that holds."""
    verifier: Verifier = request.app.state.verifier
    given = header or (bearer.credentials if bearer else "")
    with app.records.transaction(read_only=True) as work:
        return verifier.verify(given, work.keys.get, app.clock())


def needs(scope: Scope) -> Callable[[ApiKey], Awaitable[None]]:
    """Return a dependency that lets only keys with `scope` (or admin) pass."""

    async def check(key: Annotated[ApiKey, Depends(caller)]) -> None:
        require(key, scope)

    return check
