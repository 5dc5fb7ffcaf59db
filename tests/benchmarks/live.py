"""From an accepted event to changed features online, and to a changed score.

Real server, real worker, whole data set, a trained model. Run it with
`python -m tests.benchmarks.live`; Redis is measured where one answers.
"""

import os
import random
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from statistics import median
from threading import Event, Thread
from typing import Any

import httpx2 as httpx
import numpy as np

from features.clock import now
from features.feature_sets import CUSTOMER
from features.lake.complete_journey import import_complete_journey
from features.lake.lake import Lake
from features.online.open import open_backend
from features.online.store import OnlineStore
from features.settings import Settings as FeatureSettings
from service.bootstrap import build
from service.keys import Scope, create
from service.settings import Settings

RATE, SECONDS, SENDERS = 200, 20, 8
PER_CALL = (1, 10)
MODEL = "churn_28d"
LOOK_EVERY, ASK_EVERY = 0.025, 0.1
PATIENCE = 120.0
REDIS = os.environ.get("SHUKE_TEST_REDIS", "redis://127.0.0.1:6379/15")
SERVE = """
import sys, uvicorn
from service.api.app import create_app
from service.bootstrap import build
uvicorn.run(create_app(build()), host="127.0.0.1", port=int(sys.argv[1]), log_level="error")
"""


@dataclass
class Watch:
    """Moments of each event by customer: sent, answered with 202, seen (seconds).

    Features are seen of every event, the score of one event at a time.
    """

    sent: dict[str, float] = field(default_factory=dict)
    sent_at: dict[str, np.datetime64] = field(default_factory=dict)
    answered: dict[str, float] = field(default_factory=dict)
    done: list[tuple[float, float]] = field(default_factory=list)  # answer, then seen after it
    scored: list[float] = field(default_factory=list)


def main() -> None:
    """Measure each online store, with one event a call and with several, and print a table."""
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        import_complete_journey(Lake(home / "lake"))
        _shuke("features", "build", home=home)
        _shuke("train", "churn", home=home)
        for name, url in (("SQLite", ""), ("Redis", REDIS)):
            if name == "Redis" and not _answers(url):
                continue
            for per_call in PER_CALL:
                # Events bring the lake up to today: each measurement starts from the same one.
                mine = Path(folder) / f"{name}-{per_call}"
                shutil.copytree(home, mine)
                rows.append((f"| {name} | {per_call}", measure(mine, url, per_call)))
                shutil.rmtree(mine)
    report = [
        f"{RATE} events a second for {SECONDS} s, each an order of 3 lines\n",
        "| online store | events a call | | seen | p50 ms | p95 ms | max ms |",
        "|---|---:|---|---:|---:|---:|---:|",
    ]
    for name, watch in rows:
        answers, seen = zip(*watch.done, strict=True)
        report += [
            f"{name} | sent to 202 | {_said(answers)} |",
            f"{name} | 202 to changed features | {_said(seen)} |",
            f"{name} | 202 to changed score | {_said(watch.scored)} |",
        ]
    sys.stdout.write("\n".join(report) + "\n")


def measure(home: Path, url: str, per_call: int) -> Watch:
    """Send events to a server for a while, a worker folding them, and watch the online store."""
    if url:
        _shuke("features", "build", home=home, url=url)
    app = build(Settings(home=home))
    made = create("benchmark", [Scope.EVENTS_WRITE, Scope.SCORES_READ], now())
    with app.records.transaction() as work:
        work.keys.add(made.record)
    ids = app.lake.frame("customers")["customer_id"].tolist()
    store = _store(home, url)
    watch, stop = Watch(), Event()
    with ExitStack() as running:
        port = _free_port()
        running.enter_context(_process("-c", SERVE, str(port), home=home, url=url))
        running.enter_context(_process("-m", "shuke.cli", "worker", home=home, url=url))
        client = running.enter_context(
            httpx.Client(
                base_url=f"http://127.0.0.1:{port}",
                headers={"X-API-Key": made.clear},
                timeout=30,
                trust_env=False,
            )
        )
        looking = Thread(target=_look, args=(store, watch, stop), daemon=True)
        looking.start()
        _warm(client, watch, ids[:3])
        asking = Thread(target=_ask, args=(client, watch, stop), daemon=True)
        asking.start()
        watch.done.clear()
        _send_all(client, watch, ids, per_call)
        _until(lambda: len(watch.done) == RATE * SECONDS)
        stop.set()
        looking.join()
        asking.join()
    app.records.close()
    return watch


def _send_all(client: httpx.Client, watch: Watch, ids: Sequence[str], per_call: int) -> None:
    began = time.perf_counter()
    rng = random.Random(1)
    order = [
        who for _ in range(1 + RATE * SECONDS // len(ids)) for who in rng.sample(ids, len(ids))
    ]
    with ThreadPoolExecutor(SENDERS) as pool:
        for number in range(0, RATE * SECONDS, per_call):
            time.sleep(max(0.0, began + number / RATE - time.perf_counter()))
            # A customer comes again only when the event before was seen.
            free = (each for each in order if each not in watch.sent)
            some: list[str] = []
            while len(some) < per_call:
                who = next(free)
                if who not in some:
                    some.append(who)
            for who in some:
                order.remove(who)
                watch.sent[who] = time.perf_counter()
            pool.submit(_send, client, watch, some).add_done_callback(lambda done: done.result())


def _send(client: httpx.Client, watch: Watch, some: Sequence[str]) -> None:
    sent_at, began = np.datetime64(now().replace(tzinfo=None), "us"), time.perf_counter()
    watch.sent_at.update(dict.fromkeys(some, sent_at))
    watch.sent.update(dict.fromkeys(some, began))
    answer = client.post("/v1/events", json={"events": [_order(who) for who in some]})
    if answer.status_code != 202 or answer.json()["accepted"] != len(some):
        raise RuntimeError(answer.text)
    watch.answered.update(dict.fromkeys(some, time.perf_counter()))


def _look(store: OnlineStore, watch: Watch, stop: Event) -> None:
    """Note when a customer's row online becomes newer than their event."""
    while not stop.is_set():
        ids = list(watch.answered)
        if ids:
            as_of = store.rows(CUSTOMER.name, CUSTOMER.columns, ids).as_of
            seen = time.perf_counter()
            for who, moment in zip(ids, as_of, strict=True):
                if not np.isnat(moment) and moment > watch.sent_at[who]:
                    answered, sent = watch.answered.pop(who), watch.sent.pop(who)
                    watch.done.append((answered - sent, max(0.0, seen - answered)))
        time.sleep(LOOK_EVERY)


def _ask(client: httpx.Client, watch: Watch, stop: Event) -> None:
    """Ask for the score of one customer with a new event until it is newer than the event."""
    while not stop.is_set():
        time.sleep(ASK_EVERY)
        waiting = list(watch.answered.items())
        if not waiting:
            continue
        who, answered = waiting[-1]
        sent_at = watch.sent_at[who]
        while not stop.is_set() and _scored_at(client, who) <= sent_at:
            time.sleep(ASK_EVERY)
        watch.scored.append(time.perf_counter() - answered)


def _scored_at(client: httpx.Client, who: str) -> np.datetime64:
    answer = client.post(f"/v1/scores/{MODEL}", json={"ids": [who]}).raise_for_status()
    [score] = answer.json()["scores"]
    return np.datetime64(score["as_of"].removesuffix("Z"), "us")


def _warm(client: httpx.Client, watch: Watch, ids: Sequence[str]) -> None:
    """Wait until server, worker and model are up."""
    for place, who in enumerate(ids):
        while True:
            try:
                _send(client, watch, [who])
                break
            except httpx.TransportError:
                time.sleep(0.2)
        wanted = place + 1
        _until(lambda wanted=wanted: len(watch.done) == wanted)
    _scored_at(client, ids[0])


def _order(who: str) -> dict[str, Any]:
    name = f"{who}-{time.perf_counter_ns()}"
    lines = [
        {
            "line_no": place,
            "quantity": 1,
            "net_amount": 2.5,
            "category": category,
        }
        for place, category in enumerate(("SOFT DRINKS", "BAKED BREAD/BUNS/ROLLS", "CHEESE"))
    ]
    return {
        "type": "order",
        "event_id": name,
        "occurred_at": (now() - timedelta(seconds=30)).isoformat(),
        "order_id": name,
        "customer_id": who,
        "store_id": "384",
        "lines": lines,
    }


def _shuke(*command: str, home: Path, url: str = "") -> None:
    subprocess.run(
        [sys.executable, "-m", "shuke.cli", *command],
        env=_told(home, url),
        stdout=subprocess.DEVNULL,
        check=True,
    )


def _told(home: Path, url: str) -> dict[str, str]:
    told = {"SHUKE_HOME": str(home), "SHUKE_ONLINE_URL": url, "SHUKE_FLUSH_SECONDS": "5"}
    return {**os.environ, **told}


@contextmanager
def _process(*command: str, home: Path, url: str) -> Iterator[None]:
    process = subprocess.Popen(
        [sys.executable, *command],
        env=_told(home, url),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        process.terminate()
        process.wait(timeout=60)


def _store(home: Path, url: str) -> OnlineStore:
    from features.feature_sets import definitions_fingerprint

    backend = open_backend(url, FeatureSettings(home=home).online_dir)
    return OnlineStore(backend, definitions_fingerprint())


def _answers(url: str) -> bool:
    try:
        open_backend(url, Path()).spaces()
    except Exception:  # whatever keeps Redis from answering
        return False
    return True


def _free_port() -> int:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        return int(free.getsockname()[1])


def _until(holds: Any) -> None:
    give_up = time.monotonic() + PATIENCE
    while not holds():
        if time.monotonic() > give_up:
            raise TimeoutError("waited in vain")
        time.sleep(0.02)


def _said(values: Sequence[float]) -> str:
    milliseconds = sorted(1000 * value for value in values)
    p95 = milliseconds[int(0.95 * (len(milliseconds) - 1))]
    return f"{len(values):,} | {median(milliseconds):,.0f} | {p95:,.0f} | {milliseconds[-1]:,.0f}"


if __name__ == "__main__":
    main()
