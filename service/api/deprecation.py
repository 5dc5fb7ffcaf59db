"""Routes that will go: said in the schema and with every answer (RFC 9745, RFC 8594)."""

from datetime import UTC, date, datetime, time
from email.utils import format_datetime
from typing import Any

from fastapi import Depends, Request
from starlette.datastructures import MutableHeaders
from starlette.types import ASGIApp, Message, Receive, Scope, Send

_MARK = "deprecation"


def deprecated(*, since: date, until: date, instead: str) -> dict[str, Any]:
    """Return what a route that will go is declared with.

    ``@router.get("/old", **deprecated(since=..., until=..., instead="/v2/new"))``

    Parameters
    ----------
    since
        The day it began to be deprecated.
    until
        The day from which it may be gone.
    instead
        Path of what takes its place.
    """
    headers = {
        "Deprecation": f"@{_midnight(since).timestamp():.0f}",
        "Sunset": format_datetime(_midnight(until), usegmt=True),
        "Link": f'<{instead}>; rel="successor-version"',
    }

    async def mark(request: Request) -> None:
        setattr(request.state, _MARK, headers)

    return {
        "deprecated": True,
        "dependencies": [Depends(mark)],
        "openapi_extra": {"x-sunset": until.isoformat(), "x-successor": instead},
    }


class DeprecationMiddleware:
    """Add the headers of deprecated routes to whatever they answer, errors too."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""

        async def send_marked(message: Message) -> None:
            if message["type"] == "http.response.start":
                for name, value in scope.get("state", {}).get(_MARK, {}).items():
                    MutableHeaders(scope=message)[name] = value
            await send(message)

        await self.app(scope, receive, send_marked)


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)
