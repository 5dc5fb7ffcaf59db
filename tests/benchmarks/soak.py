"""`make bench-soak MINUTES=10`: at 70 % of its peak for long, does the service stay as it was?"""

import argparse
import asyncio
import random
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import httpx2 as httpx
import numpy as np

from features.clock import now
from tests.serving import make_home, serving

SHARE = 0.7  # of the peak
CALLERS = 16
PEAK_SECONDS = 8.0
CUSTOMERS = 200
PATIENCE = 30.0
GROWTH = 1.25  # of the memory, from the middle to the end, is a leak


@dataclass
class Answers:
    """What came back, and how long each took in seconds; of an open loop since it was due."""

    seconds: list[float] = field(default_factory=list)
    errors: Counter[str] = field(default_factory=Counter)

    def percentile(self, share: float) -> float:
        return float(np.percentile(self.seconds, share)) * 1000 if self.seconds else float("nan")


class Caller:
    """Asks for what a shop's systems ask for, and looks whether the answer is one."""

    def __init__(self, client: httpx.AsyncClient, answers: Answers) -> None:
        self._client = client
        self._answers = answers
        self._rng = random.Random(3)
        self._number = 0

    async def call(self, due: float) -> None:
        try:
            error = await self._one()
        except httpx.HTTPError as failed:
            error = type(failed).__name__
        self._answers.seconds.append(time.perf_counter() - due)
        if error:
            self._answers.errors[error] += 1

    async def _one(self) -> str:
        self._number += 1
        who = f"C{self._rng.randrange(CUSTOMERS):05d}"
        kind = self._rng.random()
        if kind < 0.80:
            body = {"ids": [who], "explain": "top_k"}
            answer = await self._client.post("/v1/scores/churn_60d", json=body)
            return _fault(answer, 200, lambda said: said["scores"][0]["customer_id"] == who)
        if kind < 0.90:
            answer = await self._client.get("/v1/at-risk", params={"limit": 20})
            return _fault(answer, 200, lambda said: len(said["customers"]) > 0)
        if kind < 0.97:
            answer = await self._client.post("/v1/events", json={"events": [self._event(who)]})
            return _fault(answer, 202, lambda said: said["accepted"] == 1)
        lead = {"source": "soak", "store_id": "1", "customer_id": who}
        answer = await self._client.post("/v1/leads", json=lead)
        return _fault(answer, 201, lambda said: said["score"]["status"] != "unscored")

    def _event(self, who: str) -> dict[str, object]:
        name = f"soak {time.time_ns()}-{self._number}"
        return {
            "type": "order",
            "event_id": name,
            "occurred_at": (now() - timedelta(seconds=1)).isoformat(),
            "order_id": name,
            "customer_id": who,
            "store_id": "1",
            "lines": [{"line_no": 1, "quantity": 1, "net_amount": 2.5}],
        }


def _fault(answer: httpx.Response, status: int, good: Callable[..., bool]) -> str:
    if answer.status_code != status:
        return str(answer.status_code)
    return "" if good(answer.json()) else "wrong answer"


async def peak(client: httpx.AsyncClient, seconds: float) -> float:
    """Return the answers a second when each caller asks again at once (a closed loop)."""
    answers, ends = Answers(), time.perf_counter() + seconds
    caller = Caller(client, answers)

    async def ask() -> None:
        while time.perf_counter() < ends:
            await caller.call(time.perf_counter())

    await asyncio.gather(*(ask() for _ in range(CALLERS)))
    if answers.errors:
        raise SystemExit(f"errors at the peak already: {dict(answers.errors)}")
    return len(answers.seconds) / seconds


async def soak(client: httpx.AsyncClient, rate: float, seconds: float) -> Answers:
    """Ask at a steady rate whatever the answers take (an open loop)."""
    answers, began = Answers(), time.perf_counter()
    caller, under_way = Caller(client, answers), set[asyncio.Task[None]]()
    for number in range(int(rate * seconds)):
        due = began + number / rate
        await asyncio.sleep(max(0.0, due - time.perf_counter()))
        task = asyncio.create_task(caller.call(due))
        under_way.add(task)
        task.add_done_callback(under_way.discard)
    await asyncio.gather(*under_way)
    return answers


def memory(pid: int) -> float:
    """Return the resident memory of a process in MB."""
    status = Path(f"/proc/{pid}/status").read_text()
    [line] = [row for row in status.splitlines() if row.startswith("VmRSS")]
    return int(line.split()[1]) / 1024


async def measured(url: str, key: str, pid: int, seconds: float) -> bool:
    """Find the peak, soak in two halves, and say whether the service stayed as it was."""
    limits = httpx.Limits(max_connections=200, max_keepalive_connections=200)
    async with httpx.AsyncClient(
        base_url=url,
        headers={"X-API-Key": key},
        timeout=PATIENCE,
        limits=limits,
        trust_env=False,
    ) as client:
        await peak(client, PEAK_SECONDS / 2)  # warms up
        top = await peak(client, PEAK_SECONDS)
        rate, held = top * SHARE, [memory(pid)]
        say(f"peak {top:.0f} requests/s with {CALLERS} callers; soaking at {rate:.0f}/s")
        halves = []
        for half in ("first", "second"):
            answers = await soak(client, rate, seconds / 2)
            held.append(memory(pid))
            halves.append(answers)
            p50, p99 = answers.percentile(50), answers.percentile(99)
            told = f"{half} half: {len(answers.seconds):,} answers, errors {dict(answers.errors)}"
            say(f"{told}, p50 {p50:.1f} ms, p99 {p99:.1f} ms")
    say("RSS MB at start, middle, end: " + ", ".join(f"{each:.0f}" for each in held))
    return not any(each.errors for each in halves) and held[2] < held[1] * GROWTH


def say(text: str) -> None:
    print(text, flush=True)  # noqa: T201


def main() -> None:
    """Soak a server on a simulated shop; end with 1 where an answer was wrong or memory grew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--minutes", type=float, default=10.0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        key = make_home(home, CUSTOMERS)
        with serving(home, key, SHUKE_RATE_LIMIT_CALLS="1000000") as served:
            pid = served.process.pid if served.process else 0
            well = asyncio.run(measured(served.url, key, pid, asked.minutes * 60))
    sys.exit(not well)


if __name__ == "__main__":
    main()
