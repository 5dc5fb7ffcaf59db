"""`shuke serve` as it is started, and a receiver beside it: a lead in, its webhook out."""

import os
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import httpx2 as httpx

from features.clock import now
from service.bootstrap import build
from service.keys import Scope, create
from service.settings import Settings
from service.webhooks.events import EventType
from tests.integration.webhooks.deliveries import BY
from tests.integration.webhooks.receiver import Receiver

SECONDS = 120


def test_a_lead_sent_to_the_server_reaches_the_receiver_signed(tmp_path: Path) -> None:
    app = build(Settings(home=tmp_path, webhook_allow_private=True))
    made = create("test", [Scope.ADMIN], now())
    with app.records.transaction() as work:
        work.keys.add(made.record)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = os.environ | {"SHUKE_HOME": str(tmp_path), "SHUKE_WEBHOOK_ALLOW_PRIVATE": "true"}
    with Receiver() as receiver:
        endpoint = app.webhooks.add(BY, receiver.url, [EventType.LEAD_ROUTED], allow_private=True)
        app.records.close()
        command = [sys.executable, "-m", "shuke.cli", "serve", "--port", str(port)]
        server = subprocess.Popen(command, env=environment)
        try:
            answer = _capture(port, made.clear, server)
            for _ in range(SECONDS * 10):
                if receiver.got:
                    break
                threading.Event().wait(0.1)
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(SECONDS)
    assert answer.status_code == 201
    assert re.fullmatch(r'"key";r=\d+;t=\d+', answer.headers["ratelimit"])
    (got,) = receiver.got
    assert got.signed_with(endpoint.secret)
    assert answer.json()["lead_id"] in got.body


def _capture(port: int, key: str, server: subprocess.Popen[bytes]) -> httpx.Response:
    headers = {"X-API-Key": key, "Idempotency-Key": "k-1"}
    give_up_at = time.monotonic() + SECONDS
    with httpx.Client(headers=headers, timeout=60, trust_env=False) as client:
        while True:
            try:
                return client.post(f"http://127.0.0.1:{port}/v1/leads", json={"source": "web"})
            except httpx.ConnectError:
                assert server.poll() is None
                assert time.monotonic() < give_up_at
                threading.Event().wait(0.2)
