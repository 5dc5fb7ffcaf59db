"""Time limits of a request: its body comes without long pauses, its answer begins in time."""

import asyncio
from time import monotonic

from fastapi import Request
from starlette.exceptions import HTTPException
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from service.api.errors import late
from service.serving_policy import ServingPolicy


class TimeLimitMiddleware:
    """Ends requests that take too long: 408 while the body comes, 504 before the answer begins."""

    def __init__(self, app: ASGIApp, policy: ServingPolicy) -> None:
        self.app = app
        self.policy = policy

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one connection."""
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        body = _Body(receive, self.policy)

        async def send_begun(message: Message) -> None:
            limit.reschedule(None)  # a long file may take its time
            await send(message)

        try:
            async with asyncio.timeout(self.policy.answer_seconds) as limit:
                await self.app(scope, body.receive, send_begun)
        except TimeoutError:
            if not limit.expired():
                raise
            await late(Request(scope))(scope, receive, send)


class _Body:
    """Gives the body of a request while it comes quickly enough."""

    def __init__(self, receive: Receive, policy: ServingPolicy) -> None:
        self._receive = receive
        self._policy = policy
        self._until = monotonic() + policy.body_seconds
        self._whole = False

    async def receive(self) -> Message:
        if self._whole:  # what follows is the end of the connection, whenever that is
            return await self._receive()
        left = self._until - monotonic()
        try:
            async with asyncio.timeout(min(self._policy.body_pause, left)):
                message = await self._receive()
        except TimeoutError as error:
            # The client would go on with a body nobody reads.
            headers = {"Connection": "close"}
            raise HTTPException(408, "The body came too slowly", headers) from error
        self._whole = not message.get("more_body", False)
        return message
