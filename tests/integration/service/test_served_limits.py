"""What a connection may take of the served API, tried with raw sockets on loopback."""

import gzip
import json
import socket
import time
from collections.abc import Iterator
from contextlib import closing
from datetime import datetime
from pathlib import Path
from threading import Event, Thread

import pytest

from features.clock import now
from service.api.app import create_app
from service.api.serving import server
from service.bootstrap import build
from service.keys import Scope
from service.policies import Policies
from service.serving_policy import ServingPolicy
from service.settings import Settings
from tests.integration.service.conftest import new_key

POLICY = ServingPolicy(
    head_bytes=4_096,
    head_seconds=0.6,
    body_pause=0.6,
    body_seconds=1.5,
    answer_seconds=4.0,
    linger_seconds=0.4,
    keep_alive_seconds=1,
    connections=20,
)
SLACK = 6.0  # of a busy machine
GUARDS = ("x-content-type-options", "cache-control", "content-security-policy", "referrer-policy")


class Paused:
    """A clock that stands still or breaks while a test wants it to."""

    def __init__(self) -> None:
        self.goes_on = Event()
        self.goes_on.set()
        self.broken = False

    def __call__(self) -> datetime:
        self.goes_on.wait(30)
        if self.broken:
            raise RuntimeError("the clock is broken")
        return now()


@pytest.fixture(scope="module")
def clock() -> Paused:
    return Paused()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory, clock: Paused) -> Iterator[tuple[int, str]]:
    """Return the port of a served home without data, and a key that may do everything."""
    home: Path = tmp_path_factory.mktemp("limits")
    settings = Settings(home=home, max_body_bytes=100_000)
    app = build(settings, policies=Policies(serving=POLICY), clock=clock)
    running = server(create_app(app), "127.0.0.1", 0, POLICY)
    thread = Thread(target=running.run)
    thread.start()
    while not running.started:
        assert thread.is_alive()
        time.sleep(0.02)
    port = running.servers[0].sockets[0].getsockname()[1]
    yield port, new_key(app, Scope.ADMIN)
    running.should_exit = True
    thread.join(30)
    app.records.close()


@pytest.fixture
def connection(served: tuple[int, str]) -> Iterator[socket.socket]:
    with closing(socket.create_connection(("127.0.0.1", served[0]), timeout=30)) as made:
        yield made


def until_closed(connection: socket.socket) -> tuple[bytes, float]:
    """Return what comes until the server closes, and how long that took."""
    began, got = time.monotonic(), b""
    try:
        while some := connection.recv(65_536):
            got += some
    except ConnectionResetError:
        pass
    return got, time.monotonic() - began


def head(key: str, path: str = "/v1/events", *lines: str, method: str = "POST") -> bytes:
    told = (f"{method} {path} HTTP/1.1", "Host: x", f"X-API-Key: {key}", *lines)
    return "\r\n".join((*told, "", "")).encode()


def answer(got: bytes) -> tuple[int, dict[str, str], bytes]:
    """Return status, headers and body of the first answer."""
    top, _, body = got.partition(b"\r\n\r\n")
    status, *lines = top.decode().split("\r\n")
    headers = dict(line.lower().split(": ", 1) for line in lines)
    return int(status.split()[1]), headers, body


def asked(port: int, request: bytes) -> tuple[int, dict[str, str], bytes]:
    with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as made:
        made.sendall(request)
        return answer(until_closed(made)[0])


def test_a_connection_that_says_nothing_is_closed(connection: socket.socket) -> None:
    got, seconds = until_closed(connection)
    assert got == b""
    assert POLICY.head_seconds * 0.9 < seconds < POLICY.head_seconds + SLACK


def test_a_head_that_comes_drop_by_drop_is_closed(
    connection: socket.socket, served: tuple[int, str]
) -> None:
    began = time.monotonic()
    with pytest.raises(OSError):
        for byte in head(served[1]) * 50:
            connection.sendall(bytes([byte]))
            time.sleep(0.02)
    assert time.monotonic() - began < POLICY.head_seconds + SLACK


def test_a_second_request_on_a_connection_is_held_to_the_same(
    connection: socket.socket, served: tuple[int, str]
) -> None:
    connection.sendall(head(served[1], "/healthz", method="GET") + b"GET /healthz HT")
    got, seconds = until_closed(connection)
    assert answer(got)[0] == 200
    assert got.count(b"HTTP/1.1") == 1
    assert seconds < POLICY.head_seconds + SLACK


def test_a_head_without_end_is_refused_before_it_fills_the_memory(
    connection: socket.socket, served: tuple[int, str]
) -> None:
    connection.sendall(b"GET /healthz HTTP/1.1\r\nX-Long: " + b"x" * (POLICY.head_bytes + 1))
    assert answer(until_closed(connection)[0])[0] == 431


def test_a_head_that_is_too_large_at_once_is_refused(served: tuple[int, str]) -> None:
    many = [f"X-{n}: {'y' * 90}" for n in range(60)]
    assert asked(served[0], head(served[1], "/healthz", *many, method="GET"))[0] == 431
    few = many[:20]
    close = "Connection: close"
    assert asked(served[0], head(served[1], "/healthz", *few, close, method="GET"))[0] == 200


def test_what_is_no_request_is_refused(served: tuple[int, str]) -> None:
    assert asked(served[0], b"\x16\x03\x01 nonsense\r\n\r\n")[0] == 400


def test_a_body_that_pauses_is_answered_408_and_closed(
    connection: socket.socket, served: tuple[int, str]
) -> None:
    connection.sendall(head(served[1], "/v1/events", "Content-Length: 50") + b'{"events"')
    got, seconds = until_closed(connection)
    status, headers, body = answer(got)
    assert (status, json.loads(body)["code"]) == (408, "body-too-slow")
    assert headers["connection"] == "close"
    assert all(name in headers for name in GUARDS)
    assert seconds < POLICY.body_pause + SLACK


def test_a_body_that_comes_drop_by_drop_is_ended_by_its_whole_time(
    connection: socket.socket, served: tuple[int, str]
) -> None:
    connection.sendall(head(served[1], "/v1/events", "Content-Length: 500"))
    began = time.monotonic()
    with pytest.raises(OSError):
        for _ in range(500):
            connection.sendall(b" ")
            time.sleep(0.05)
    assert time.monotonic() - began < POLICY.body_seconds + SLACK


def test_who_goes_on_sending_what_was_refused_is_cut_off(
    connection: socket.socket, served: tuple[int, str]
) -> None:
    connection.sendall(head(served[1], "/v1/events", "Content-Length: 90000000"))
    began = time.monotonic()
    got = connection.recv(65_536)
    with pytest.raises(OSError):
        for _ in range(2_000):
            connection.sendall(b" ")
            time.sleep(0.02)
    assert answer(got)[0] == 413
    assert time.monotonic() - began < POLICY.linger_seconds + SLACK


def test_an_answer_that_does_not_begin_is_ended_and_others_are_answered(
    served: tuple[int, str], clock: Paused
) -> None:
    port, key = served
    clock.goes_on.clear()
    try:
        with closing(socket.create_connection(("127.0.0.1", port), timeout=30)) as waiting:
            waiting.sendall(head(key, "/v1/tasks", "Connection: close", method="GET"))
            alive = head(key, "/healthz", "Connection: close", method="GET")
            assert asked(port, alive)[0] == 200
            status, headers, body = answer(until_closed(waiting)[0])
    finally:
        clock.goes_on.set()
    assert (status, json.loads(body)["code"]) == (504, "answer-too-late")
    assert json.loads(body)["request_id"] == headers["x-request-id"]
    assert all(name in headers for name in GUARDS)


def test_an_error_nobody_expected_is_guarded_like_any_answer(
    served: tuple[int, str], clock: Paused
) -> None:
    port, key = served
    clock.broken = True
    try:
        got = asked(port, head(key, "/v1/tasks", "Connection: close", method="GET"))
    finally:
        clock.broken = False
    status, headers, body = got
    assert (status, json.loads(body)["code"]) == (500, "internal-error")
    assert b"broken" not in body
    assert all(name in headers for name in GUARDS)


def test_nothing_is_unpacked(served: tuple[int, str]) -> None:
    port, key = served
    bomb = gzip.compress(b" " * 50_000_000)
    assert len(bomb) < 100_000
    lines = (
        "Content-Type: application/json",
        "Content-Encoding: gzip",
        f"Content-Length: {len(bomb)}",
        "Connection: close",
    )
    status, _, body = asked(port, head(key, "/v1/events", *lines) + bomb)
    assert (status, json.loads(body)["code"]) == (400, "malformed-json")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", ""])
def test_a_body_of_another_type_is_no_json(served: tuple[int, str], kind: str) -> None:
    """What a form of another site can send without asking is never read as JSON."""
    port, key = served
    body = b'{"source": "web"}'
    lines = [f"Content-Length: {len(body)}", "Connection: close"]
    lines += [f"Content-Type: {kind}"] if kind else []
    assert asked(port, head(key, "/v1/leads", *lines) + body)[0] == 422


def test_json_nested_without_end_is_refused(served: tuple[int, str]) -> None:
    port, key = served
    body = b'{"events": ' + b"[" * 90_000
    lines = (
        "Content-Type: application/json",
        f"Content-Length: {len(body)}",
        "Connection: close",
    )
    assert asked(port, head(key, "/v1/events", *lines) + body)[0] == 400


def test_more_connections_than_allowed_are_answered_503(served: tuple[int, str]) -> None:
    port, key = served
    opened = [socket.create_connection(("127.0.0.1", port)) for _ in range(POLICY.connections)]
    try:
        request = head(key, "/healthz", "Connection: close", method="GET")
        assert asked(port, request)[0] == 503
    finally:
        for each in opened:
            each.close()
    for _ in range(50):
        if asked(port, request)[0] == 200:
            return
        time.sleep(0.1)
    pytest.fail("the server did not recover")
