"""Two workers under one parent: both answer, what is done once is done once, none stays behind."""

import os
import re
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2 as httpx
import pytest

from features.clock import now
from features.lake.lake import Lake
from tests.serving import Served, make_home, running, until

ORDERS = 5


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    home = tmp_path_factory.mktemp("workers")
    settings = {"SHUKE_WORKERS": "2", "SHUKE_FLUSH_SECONDS": "0.2", "SHUKE_SHUTDOWN_SECONDS": "20"}
    served = Served(home, make_home(home), settings)
    with running(served):
        yield served


def pids(home: Path) -> set[int]:
    """Return the processes that have answered: each writes a score log of its own."""
    found = (re.fullmatch(r".+-(\d+)-\w+\.jsonl", f.name) for f in home.glob("scores/online/*"))
    return {int(each[1]) for each in found if each}


def lives(pid: int) -> bool:
    try:
        state = Path(f"/proc/{pid}/stat").read_text().rsplit(") ", 1)[1]
    except FileNotFoundError:
        return False
    return not state.startswith("Z")


def ask(served: Served) -> None:
    time.sleep(0.3)
    with served.client() as client:  # a new connection each time: either worker may take it
        answer = client.post("/v1/scores/churn_60d", json={"ids": ["C00001"]})
    assert answer.status_code == 200, answer.text


def test_two_workers_answer_and_none_is_left(served: Served) -> None:
    def both_answered() -> bool:
        ask(served)
        return len(pids(served.home)) >= 2

    until(both_answered)
    workers = pids(served.home)
    parent = served.process.pid if served.process else 0
    assert parent not in workers
    _a_worker_that_dies_is_replaced(served, min(workers))
    _events_are_folded_once(served)
    every = {pid for pid in pids(served.home) if lives(pid)} | {parent}
    slow = _under_way(served)
    assert served.end() in (0, -signal.SIGTERM), served.log
    slow.join(30)
    assert not slow.is_alive()
    assert slow.status == [200]
    until(lambda: not any(map(lives, every)), 10, "for the end of all")


def test_workers_end_with_a_parent_that_is_killed(served: Served) -> None:
    if served.process is None or served.process.poll() is not None:
        served.start()
    until(lambda: _asked(served) and any(map(lives, pids(served.home))))
    served.end(signal.SIGKILL)
    until(lambda: not any(map(lives, pids(served.home))), 60, "for workers without a parent to end")


def _asked(served: Served) -> bool:
    ask(served)
    return True


def _a_worker_that_dies_is_replaced(served: Served, pid: int) -> None:
    os.kill(pid, signal.SIGKILL)

    def replaced() -> bool:
        try:
            ask(served)
        except httpx.TransportError:  # it was cut in the middle
            return False
        return len({each for each in pids(served.home) if lives(each)}) >= 2

    until(replaced, 180, "for another worker")


def _events_are_folded_once(served: Served) -> None:
    events = [
        {
            "type": "order",
            "event_id": f"w{number}",
            "occurred_at": now().isoformat(),
            "order_id": f"workers {number}",
            "customer_id": "C00001",
            "store_id": "1",
            "lines": [{"line_no": 1, "quantity": 1, "net_amount": 2.5}],
        }
        for number in range(ORDERS)
    ]
    with served.client() as client:
        assert client.post("/v1/events", json={"events": events}).status_code == 202

    def in_lake() -> int:
        ids = Lake(served.home / "lake", threads=1).frame("order_lines")["order_id"]
        return int(ids.str.startswith("workers ").sum())

    until(lambda: in_lake() >= ORDERS)
    assert in_lake() == ORDERS


class Slow(threading.Thread):
    """A request whose body comes slowly, so that it is under way when the signal comes."""

    def __init__(self, served: Served) -> None:
        super().__init__()
        self.served = served
        self.begun = threading.Event()
        self.status: list[int] = []

    def run(self) -> None:
        def body() -> Iterator[bytes]:
            yield b'{"ids": '
            self.begun.set()
            time.sleep(2)
            yield b'["C00001"]}'

        with self.served.client() as client:
            headers = {"content-type": "application/json"}
            answer = client.post("/v1/scores/churn_60d", content=body(), headers=headers)
            self.status.append(answer.status_code)


def _under_way(served: Served) -> Slow:
    slow = Slow(served)
    slow.start()
    assert slow.begun.wait(30)
    time.sleep(0.5)  # what was sent is read by now
    return slow
