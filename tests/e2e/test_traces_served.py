"""Traces of a real server reach the collector that the environment names."""

import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread

import httpx2 as httpx
import pytest

from tests.serving import BOOT_SECONDS

SECONDS = 60
SERVE = """
import sys, uvicorn
from service.api.app import create_app
from service.bootstrap import build
uvicorn.run(create_app(build()), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""


@pytest.fixture
def collector() -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Return the address of a collector, and what it was sent: path and body."""
    came: list[tuple[str, bytes]] = []

    class Collector(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            came.append((self.path, self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Collector)
    thread = Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}", came
    server.shutdown()
    thread.join()
    server.server_close()


def test_a_request_leaves_a_trace_without_what_was_sent(
    collector: tuple[str, list[tuple[str, bytes]]], tmp_path: Path
) -> None:
    address, came = collector
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {
        **os.environ,
        "SHUKE_HOME": str(tmp_path / "home"),
        "OTEL_EXPORTER_OTLP_ENDPOINT": address,
        "OTEL_EXPORTER_OTLP_COMPRESSION": "none",
        "OTEL_SERVICE_NAME": "shuke",
    }
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], env=environment)
    try:
        url = f"http://127.0.0.1:{port}"
        with httpx.Client(base_url=url, trust_env=False, timeout=SECONDS) as client:
            wait_until_it_answers(client, process)
            client.post("/v1/scores/churn_60d", json={"ids": ["a-secret-customer"]})
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(SECONDS)
    traces = b"".join(body for path, body in came if path == "/v1/traces")
    assert b"/v1/scores/{model}" in traces
    assert b"shuke" in traces
    assert b"a-secret-customer" not in b"".join(body for _, body in came)


def wait_until_it_answers(client: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    until = time.monotonic() + BOOT_SECONDS
    while time.monotonic() < until and process.poll() is None:
        try:
            client.get("/healthz")
        except httpx.TransportError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError("the server does not answer")
