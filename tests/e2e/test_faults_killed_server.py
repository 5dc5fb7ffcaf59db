"""The server is killed again and again under load: what was accepted is there, and there once."""

import random
import signal
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event
from uuid import uuid4

import httpx2 as httpx
import pytest

from features.clock import now
from features.lake.lake import Lake
from service.bootstrap import App, build
from service.settings import Settings
from tests.serving import Served, make_home, running, until

KILLS = 3
SECONDS = 1.5  # of load between two kills, at most
FREE = (409, 429, 503)
# A killed call frees its key soon, so that the load goes on.
SETTINGS = {"SHUKE_FLUSH_SECONDS": "0.5", "SHUKE_IDEMPOTENCY_IN_FLIGHT_SECONDS": "2"}


@dataclass
class Till:
    """Sends leads and events, each under a key of its own, until each was accepted."""

    served: Served
    name: str
    stop: Event
    leads: list[str] = field(default_factory=list)
    events: list[str] = field(default_factory=list)
    trouble: list[str] = field(default_factory=list)

    def work(self) -> None:
        with self.served.client(5) as client:
            number = 0
            while not self.stop.is_set():
                number += 1
                self._lead(client, number)
                self._events(client, number)

    def _lead(self, client: httpx.Client, number: int) -> None:
        body = {"source": self.name, "store_id": "1", "medium": f"{number}"}
        answer = self._until_accepted(client, "/v1/leads", body)
        if answer is not None:
            self.leads.append(str(answer.json()["lead_id"]))

    def _events(self, client: httpx.Client, number: int) -> None:
        name = f"{self.name}-{number}"
        line = {"line_no": 1, "quantity": 1, "net_amount": 2.5}
        event = {
            "type": "order",
            "event_id": name,
            "occurred_at": now().isoformat(),
            "order_id": f"killed {name}",
            "customer_id": "C00001",
            "store_id": "1",
            "lines": [line],
        }
        if self._until_accepted(client, "/v1/events", {"events": [event]}) is not None:
            self.events.append(f"killed {name}")

    def _until_accepted(
        self, client: httpx.Client, path: str, body: object
    ) -> httpx.Response | None:
        key = {"Idempotency-Key": uuid4().hex}
        while not self.stop.is_set():
            try:
                answer = client.post(path, json=body, headers=key)
            except httpx.TransportError:
                time.sleep(0.05)
                continue
            if answer.is_success:
                return answer
            if answer.status_code not in FREE:
                self.trouble.append(answer.text)
                return None
            time.sleep(0.1)
        return None


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("killed-server")
    served = Served(home, make_home(home), SETTINGS)
    with running(served):
        yield served


@pytest.fixture(scope="module")
def app(served: Served) -> Iterator[App]:
    app = build(Settings(home=served.home))
    yield app
    app.records.close()


def test_killed_at_any_moment_nothing_accepted_is_lost_and_nothing_is_doubled(
    served: Served, app: App
) -> None:
    stop, rng = Event(), random.Random(5)
    tills = [Till(served, f"till{number}", stop) for number in range(3)]
    with ThreadPoolExecutor(len(tills)) as pool:
        working = [pool.submit(till.work) for till in tills]
        try:
            for _ in range(KILLS):
                time.sleep(rng.uniform(0.3, SECONDS))
                served.end(signal.SIGKILL)
                served.start()
            so_far = [len(till.leads) for till in tills]
            until(lambda: all(len(t.leads) > n for t, n in zip(tills, so_far, strict=True)), 90)
        finally:
            stop.set()
        for each in working:
            each.result()
    assert [till.trouble for till in tills] == [[]] * len(tills)
    for till in tills:
        stored = leads_of(app, till.name)
        assert set(till.leads) <= set(stored)
        # The one under way at the end may be there though nobody was told; none is there twice.
        assert len(set(stored.values())) == len(stored)
        assert len(stored) - len(till.leads) <= 1
    wanted = {order for till in tills for order in till.events}
    until(lambda: wanted <= set(in_lake(served.home)), 90, "for the lake")
    found = in_lake(served.home)
    assert len(found) == len(set(found))
    assert served.end() in (0, -signal.SIGTERM)


def leads_of(app: App, source: str) -> dict[str, str]:
    """Return the stored leads of a till: lead_id to the number it gave them."""
    with app.records.transaction(read_only=True) as work:
        lines = work.leads.page(limit=100_000)
    return {each.lead_id: str(each.medium) for each in lines if each.source == source}


def in_lake(home: Path) -> list[str]:
    ids = Lake(home / "lake", threads=1).frame("order_lines")["order_id"]
    return [each for each in ids if each.startswith("killed ")]
