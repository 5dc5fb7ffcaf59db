"""The server of the API: uvicorn, with limits on what a connection may take before it is answered.

Uvicorn itself waits without end for the head of a request, and takes one of any size.
"""

from asyncio import BaseTransport, TimerHandle
from typing import Any, ClassVar

import uvicorn
from fastapi import FastAPI
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from service.serving_policy import POLICY, ServingPolicy

_TOO_LARGE = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\n"
    b"content-length: 0\r\nconnection: close\r\n\r\n"
)


class GuardedProtocol(HttpToolsProtocol):
    """One connection that is closed when its requests come too slowly or with too large a head."""

    policy: ClassVar[ServingPolicy] = POLICY
    _timer: TimerHandle | None = None
    _in_head = False
    _in_body = False
    _head = 0

    def connection_made(self, transport: BaseTransport) -> None:
        """Wait for a first request, but not for long."""
        super().connection_made(transport)  # type: ignore[arg-type]  # as asyncio calls it
        self._close_after(self.policy.head_seconds)

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the connection."""
        self._go_on()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take what came; a head that does not end is refused before it fills the memory."""
        super().data_received(data)
        if self._in_head:
            self._head += len(data)
            if self._head > self.policy.head_bytes and not self.transport.is_closing():
                self._refuse()

    def on_message_begin(self) -> None:
        """Begin a request."""
        super().on_message_begin()
        self._in_head, self._head = True, 0
        if self._timer is None and not self._is_answering():  # a head sent ahead may wait
            self._close_after(self.policy.head_seconds)

    def on_headers_complete(self) -> None:
        """Hand the request on, unless its head is too large."""
        self._in_head, self._in_body = False, True
        self._go_on()
        head = len(self.url) + sum(len(name) + len(value) for name, value in self.headers)
        self._head = head
        if head > self.policy.head_bytes:
            raise ValueError("the head is too large")  # the parser's way to end the connection
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        """Note that all of the request is here."""
        self._in_body = False
        self._go_on()
        super().on_message_complete()

    def on_response_complete(self) -> None:
        """Wait only shortly for the rest of a request that was answered before its end."""
        super().on_response_complete()
        if self._is_answering():
            return
        if self._in_body:
            self._close_after(self.policy.linger_seconds)
        elif self._in_head:
            self._close_after(self.policy.head_seconds)

    def send_400_response(self, msg: str) -> None:
        """Answer what is no request, or one with too large a head."""
        if self._head > self.policy.head_bytes:
            self._refuse()
        else:
            super().send_400_response(msg)

    def _is_answering(self) -> bool:
        """Say whether an answer to the newest request that is here is still to come."""
        return self.cycle is not None and not self.cycle.response_complete

    def _refuse(self) -> None:
        self.transport.write(_TOO_LARGE)
        self.transport.close()

    def _close_after(self, seconds: float) -> None:
        self._go_on()
        self._timer = self.loop.call_later(seconds, self.transport.close)

    def _go_on(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None


def server(api: FastAPI, host: str, port: int, policy: ServingPolicy = POLICY) -> uvicorn.Server:
    """Return the server of an API, ready to run."""
    return uvicorn.Server(uvicorn.Config(api, host=host, port=port, **options(policy)))


def options(policy: ServingPolicy = POLICY) -> dict[str, Any]:
    """Return what uvicorn is told besides the application and its address."""
    own = {} if policy == POLICY else {"policy": policy}
    return {
        # Several processes are each sent the class, so it must have a name of its own.
        "http": type("Guarded", (GuardedProtocol,), own) if own else GuardedProtocol,
        "ws": "none",
        "log_level": "warning",
        "server_header": False,
        "limit_concurrency": policy.connections,
        "timeout_keep_alive": policy.keep_alive_seconds,
    }
