"""Rate limits at the door: who is counted how, and the headers that say so."""

from fastapi import Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.rate_limits import RateLimits, RatePolicy, Standing

_STANDING = "rate_standing"
_NOWHERE = "unknown"


def count_attempt(request: Request, limits: RateLimits) -> None:
    """Count a request whose key is not known to be right, by the address it came from."""
    limits.attempt(request.client.host if request.client else _NOWHERE)


def count_call(request: Request, limits: RateLimits, who: str) -> None:
    """Count a request of a key that holds, or of the user of a session."""
    setattr(request.state, _STANDING, limits.call(who))


class RateHeadersMiddleware:
    """Says on each answer what the key has left, where a key was counted."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        state: dict[str, Standing] = scope.setdefault("state", {})

        async def send_with_standing(message: Message) -> None:
            if message["type"] == "http.response.start" and _STANDING in state:
                MutableHeaders(scope=message).update(headers(state[_STANDING]))
            await send(message)

        await self.app(scope, receive, send_with_standing)


def headers(standing: Standing) -> dict[str, str]:
    """Return a standing as the RateLimit header fields of the IETF's draft."""
    policy: RatePolicy = standing.policy
    return {
        "RateLimit-Policy": f'"key";q={policy.calls};w={policy.seconds}',
        "RateLimit": f'"key";r={standing.left};t={standing.reset}',
    }
