"""A real HTTP server on loopback that does what a test tells it to."""

import ssl
import threading
from collections import Counter
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from standardwebhooks import Webhook, WebhookVerificationError


@dataclass(frozen=True)
class Got:
    """One request that came in."""

    path: str
    headers: dict[str, str]
    body: str

    @property
    def event_id(self) -> str:
        return self.headers["webhook-id"]

    def signed_with(self, secret: str) -> bool:
        """Whether the library of Standard Webhooks takes the request under a secret."""
        try:
            Webhook(secret).verify(self.body, self.headers)
        except WebhookVerificationError:
            return False
        return True


@dataclass
class Receiver:
    """Answers with the statuses of `script` in turn, then with `status`.

    Attributes
    ----------
    status
        What it answers; None hangs, -1 sends a header byte by byte, without end.
    """

    port: int = 0
    trust: ssl.SSLContext | None = None
    status: int | None = 204
    script: list[int | None] = field(default_factory=list)
    got: list[Got] = field(default_factory=list)

    def __enter__(self) -> "Receiver":
        self._closing = threading.Event()
        self._lock = threading.Lock()
        self._server = _Server(("127.0.0.1", self.port), _handler(self))
        if self.trust is not None:
            self._server.socket = self.trust.wrap_socket(self._server.socket, server_side=True)
        self.port = self._server.server_address[1]
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.01,))
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._closing.set()
        self._server.shutdown()
        self._thread.join()
        self._server.server_close()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/hooks?shop=1"

    @property
    def times(self) -> Counter[str]:
        """How often each event came."""
        return Counter(each.event_id for each in self.got)

    def answer(self, got: Got) -> int | None:
        with self._lock:
            self.got.append(got)
            return self.script.pop(0) if self.script else self.status

    def wait(self, seconds: float | None = None) -> bool:
        return self._closing.wait(seconds)


class _Server(ThreadingHTTPServer):
    allow_reuse_address = True
    request_queue_size = 100

    def handle_error(self, request: object, client_address: object) -> None:
        """Say nothing: that a caller hangs up is what some tests are about."""


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["content-length"])).decode()
            headers = {name.lower(): value for name, value in self.headers.items()}
            status = receiver.answer(Got(self.path, headers, body))
            if status is None:
                receiver.wait()
            elif status < 0:
                self.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
                while not receiver.wait(0.02):
                    self.wfile.write(b"x")
            else:
                self.send_response(status)
                self.send_header("Location", f"http://127.0.0.1:{receiver.port}/elsewhere")
                self.send_header("Content-Length", "0")
                self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    return Handler
