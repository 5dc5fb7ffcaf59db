"""Server and worker are killed again and again; no accepted event is lost or applied twice."""

import os
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from threading import Event, Thread

import httpx2 as httpx
import pytest

from features.clock import now
from features.lake.lake import Lake
from service.bootstrap import App, build
from service.keys import Scope, create
from service.settings import Settings
from tests.integration.live.conftest import assert_online_is_fresh
from tests.synthetic import ShopConfig, fill, simulate

KILLS = 3
PATIENCE = 180.0
CUSTOMERS = 30
SERVE = """
import sys, uvicorn
from service.api.app import create_app
from service.bootstrap import build
uvicorn.run(create_app(build()), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
"""


@dataclass
class Till:
    """A client that sends events until each was answered with 202."""

    url: str
    key: str
    stop: Event = field(default_factory=Event)
    acknowledged: dict[str, str] = field(default_factory=dict)  # event_id: customer_id
    trouble: list[str] = field(default_factory=list)

    def work(self) -> None:
        headers = {"X-API-Key": self.key}
        rng = random.Random(3)
        with httpx.Client(base_url=self.url, headers=headers, timeout=5, trust_env=False) as client:
            number = 0
            while not self.stop.is_set():
                events = [self._event(number + place, rng) for place in range(5)]
                number += len(events)
                self._send(client, events)
                time.sleep(0.1)

    def _send(self, client: httpx.Client, events: list[dict[str, object]]) -> None:
        give_up = time.monotonic() + PATIENCE
        while time.monotonic() < give_up:
            try:
                answer = client.post("/v1/events", json={"events": events})
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if answer.status_code == 202:
                said = answer.json()
                if said["rejected"] or any(each["conflict"] for each in said["duplicates"]):
                    self.trouble.append(answer.text)
                self.acknowledged |= {str(e["event_id"]): str(e["customer_id"]) for e in events}
                return
            time.sleep(0.05)
        self.trouble.append("the server did not answer in time")

    def _event(self, number: int, rng: random.Random) -> dict[str, object]:
        lines = [
            {"line_no": place, "quantity": 1, "net_amount": 2.5, "category": f"category {place}"}
            for place in range(1, 3)
        ]
        return {
            "type": "order",
            "event_id": f"e{number}",
            "occurred_at": (now() - timedelta(minutes=1)).isoformat(),
            "order_id": f"live {number}",
            "customer_id": f"C{rng.randrange(CUSTOMERS):05d}",
            "store_id": "1",
            "lines": lines,
        }


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    home = tmp_path_factory.mktemp("killed")
    fill(Lake(home / "lake", threads=1), simulate(ShopConfig(customers=CUSTOMERS)))
    opened = build(Settings(home=home))
    yield opened
    opened.records.close()


@contextmanager
def running(*command: str, home: Path) -> Iterator[Callable[[int], None]]:
    """Run a program, and lend what ends it with a signal and starts it anew."""
    environment = {**os.environ, "SHUKE_HOME": str(home), "SHUKE_FLUSH_SECONDS": "0.3"}

    def start() -> "subprocess.Popen[bytes]":
        with (home / "log").open("ab") as log:
            every = [sys.executable, *command]
            return subprocess.Popen(every, env=environment, stdout=log, stderr=log)

    process = start()

    def again(how: int) -> None:
        nonlocal process
        assert process.poll() is None, f"{command} ended by itself"
        process.send_signal(how)
        process.wait(timeout=60)
        process = start()

    try:
        yield again
    finally:
        process.terminate()
        assert process.wait(timeout=60) in (0, -signal.SIGTERM)


def test_killed_at_any_moment_no_event_is_lost_or_applied_twice(app: App) -> None:
    home = app.settings.home
    made = create("test", [Scope.EVENTS_WRITE], now())
    with app.records.transaction() as work:
        work.keys.add(made.record)
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    till = Till(f"http://127.0.0.1:{port}", made.clear)
    rng = random.Random(7)
    sending = Thread(target=till.work)
    with (
        running("-c", SERVE, str(port), home=home) as server,
        running("-m", "shuke.cli", "worker", home=home) as worker,
    ):
        sending.start()
        try:
            for kill in range(KILLS):
                _until_more_is_folded(app, till)
                time.sleep(rng.uniform(0, 0.8))
                (worker if kill % 2 == 0 else server)(signal.SIGKILL)
        finally:
            till.stop.set()
            sending.join()
        _until(lambda: _waiting(app) == 0)
    assert till.trouble == []
    lines = Lake(home / "lake", threads=1).frame("order_lines")
    live = lines[lines["order_id"].str.startswith("live ")]
    got = sorted(zip(live["order_id"], live["line_no"], live["customer_id"], strict=True))
    sent = till.acknowledged.items()
    assert got == sorted((f"live {e[1:]}", line, who) for e, who in sent for line in (1, 2))
    assert_online_is_fresh(app, sorted(set(till.acknowledged.values())))


def _until_more_is_folded(app: App, till: Till) -> None:
    before = _folded(app, till)
    _until(lambda: _folded(app, till) > before)


def _folded(app: App, till: Till) -> int:
    """Return at least how many events have left the line."""
    with app.records.transaction(read_only=True) as work:
        waiting = work.inbox.backlog().pending
    return len(till.acknowledged) - waiting


def _waiting(app: App) -> int:
    with app.records.transaction(read_only=True) as work:
        backlog = work.inbox.backlog()
    assert backlog.failed == 0
    return backlog.pending + backlog.online


def _until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.1)
