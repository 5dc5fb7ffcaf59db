"""`make bench-hostile`: ten thousand hostile requests; none may be answered 500."""

import argparse
import re
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from tests.benchmarks.hostile_requests import Hostile, requests
from tests.serving import make_home, serving

AT_ONCE = 8
SECONDS = 30.0  # an answer may take
UNFINISHED_SECONDS = 0.5  # until we give up what the server rightly waits for the rest of
READ = 65_536
NONE, SLOW, LEFT = "closed without an answer", "no answer in time", "unfinished, given up"


@dataclass
class Report:
    """What came of the requests: how many by status, and those answered as no request may be."""

    counts: Counter[str] = field(default_factory=Counter)
    faults: list[bytes] = field(default_factory=list)

    def add(self, request: Hostile, status: str) -> None:
        self.counts[status] += 1
        # Whoever sends a whole request is answered, whatever is in it.
        if status in ("500", SLOW) or (request.whole and status == NONE):
            self.faults.append(request.sent)


def attack(port: int, sent: Iterable[Hostile]) -> Report:
    """Send requests, some at once, each on a connection of its own."""
    report = Report()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for request, status in pool.map(lambda each: (each, ask(port, each)), sent):
            report.add(request, status)
    return report


def ask(port: int, request: Hostile) -> str:
    """Send bytes and return the status of the answer, or what came instead."""
    patience = SECONDS if request.whole else UNFINISHED_SECONDS
    try:
        with socket.create_connection(("127.0.0.1", port), timeout=SECONDS) as connection:
            with suppress(ConnectionError):  # it was refused before all was sent
                connection.sendall(request.sent)
            connection.settimeout(patience)
            answer = connection.recv(READ)
    except TimeoutError:
        return SLOW if request.whole else LEFT
    except OSError:
        return NONE
    found = re.match(rb"HTTP/1\.[01] (\d{3})", answer)
    return found[1].decode() if found else NONE


def main() -> None:
    """Print counts by status, and end with 1 where a request was answered 500 or not in time."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--requests", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder, "home")
        home.mkdir()
        key = make_home(home)
        free = {"SHUKE_RATE_LIMIT_CALLS": "1000000", "SHUKE_RATE_LIMIT_ATTEMPTS": "1000000"}
        with serving(home, key, **free) as served:
            began = time.perf_counter()
            report = attack(served.port, requests(asked.requests, key, asked.seed))
            took = time.perf_counter() - began
            with served.client() as client:
                alive = client.get("/readyz").json()["ready"]
    for status, count in sorted(report.counts.items()):
        print(f"{status:>26} {count:>7,}")  # noqa: T201
    print(f"{asked.requests:,} requests in {took:.0f} s; ready afterwards: {alive}")  # noqa: T201
    for request in report.faults[:5]:
        print(f"fault: {request[:600]!r}")  # noqa: T201
    sys.exit(bool(report.faults) or not alive)


if __name__ == "__main__":
    main()
