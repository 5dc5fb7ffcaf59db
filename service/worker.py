"""The worker: folds accepted events into the features online and into the lake.

One process at a time does it, for as long as it lives; another one waits for its turn.
"""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import datetime
from threading import Event, Thread
from typing import Protocol

import structlog

from service.live.flushing import Flusher
from service.live.folding import Features, Folder, Rows
from service.live.policy import POLICY, WorkerPolicy
from service.repository.records import Records
from service.repository.turn import Turn

TURN = "worker"

_log = structlog.get_logger("shuke.worker")


class LoadedFeatures(Features, Protocol):
    """What folds events, and takes in what others bring into the lake."""

    def catch_up(self) -> int:
        """Take in rows that came into the lake by another way; return how many."""
        ...


class Worker:
    """Folds until it is told to stop.

    Parameters
    ----------
    load
        Loads the features' state from the lake; called when the turn comes, and after a failure.
    put
        Puts features online, by set.
    flusher
        Brings events into the lake, from a thread of its own.
    """

    def __init__(
        self,
        records: Records,
        load: Callable[[], LoadedFeatures],
        put: Callable[[Rows], None],
        flusher: Flusher,
        clock: Callable[[], datetime],
        policy: WorkerPolicy = POLICY,
    ) -> None:
        self._records = records
        self._load = load
        self._put = put
        self._flusher = flusher
        self._clock = clock
        self._policy = policy

    def run(self, stop: Event) -> None:
        """Work until `stop` is set, then bring into the lake what is online, and return."""
        turn = self._records.turn(TURN)
        waits, rest = False, self._policy.rest
        while not stop.is_set():
            began = time.monotonic()
            try:
                if turn.take():
                    waits = False
                    self._work(turn, stop)
                elif not waits:
                    waits = True
                    _log.info("another worker folds; waiting for the turn")
            except Exception as error:  # a worker outlives whatever its servers do
                _log.exception("the worker starts anew", error=str(error))
                turn.give_up()
                if time.monotonic() - began > self._policy.rest_most:
                    rest = self._policy.rest  # it had worked for a while
                stop.wait(rest)
                rest = min(2 * rest, self._policy.rest_most)
            else:
                stop.wait(self._policy.look)
        turn.give_up()

    def _work(self, turn: Turn, stop: Event) -> None:
        policy = self._policy
        # What the one before left between the online store and the lake is read from the lake.
        self._flusher.flush(policy.flush_batch)
        features = self._load()
        folder = Folder(self._records, features, self._put, self._clock)
        look, catch_up = _Every(policy.look), _Every(policy.catch_up)
        forget = _Every(policy.forget_every)
        _log.info("folding")
        with _Aside(self._flusher, policy) as aside:
            while not stop.is_set():
                folded = folder.fold(policy.batch)
                aside.folded(folded)
                if look.due() and not turn.held():
                    _log.warning("the turn was lost")
                    return
                if catch_up.due():
                    features.catch_up()
                if forget.due():
                    with self._records.transaction() as work:
                        work.inbox.forget(self._clock() - policy.keep)
                if not folded:
                    stop.wait(policy.poll)
        self._flusher.flush(policy.flush_batch)


class _Every:
    """Says when a while has passed since it last said so."""

    def __init__(self, seconds: float) -> None:
        self._seconds = seconds
        self._at = time.monotonic()

    def due(self) -> bool:
        now = time.monotonic()
        if now - self._at < self._seconds:
            return False
        self._at = now
        return True


class _Aside:
    """Flushes in a thread of its own, so that folding never waits for the lake."""

    def __init__(self, flusher: Flusher, policy: WorkerPolicy) -> None:
        self._flusher = flusher
        self._policy = policy
        self._pool = ThreadPoolExecutor(1, "shuke-flush")
        self._running: Future[int] | None = None
        self._events = 0
        self._since = time.monotonic()

    def __enter__(self) -> "_Aside":
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown()
        self._look()

    def folded(self, events: int) -> None:
        """Count events that wait for the lake, and start a flush if it is time."""
        if not self._events:
            self._since = time.monotonic()
        self._events += events
        self._look()
        waited = time.monotonic() - self._since >= self._policy.flush_after
        enough = self._events >= self._policy.flush_events
        if self._running is None and self._events and (waited or enough):
            self._events = 0
            self._running = self._pool.submit(self._flusher.flush, self._policy.flush_batch)

    def _look(self) -> None:
        if self._running is not None and self._running.done():
            running, self._running = self._running, None
            running.result()  # a flush that failed is the worker's failure


class Endless(Protocol):
    """Work that goes on until it is told to stop."""

    def run(self, stop: Event) -> None:
        """Work until `stop` is set."""
        ...


def in_background(work: Endless) -> Callable[[], None]:
    """Start work in a thread; return what ends it and waits until it has ended."""
    stop = Event()
    thread = Thread(target=work.run, args=(stop,), name="shuke-aside")
    thread.start()

    def end() -> None:
        stop.set()
        thread.join()

    return end


@contextmanager
def all_in_background(*works: Endless) -> Iterator[None]:
    """Do works meanwhile, each in a thread, and end them in the reverse order."""
    with ExitStack() as ends:
        for each in works:
            ends.callback(in_background(each))
        yield


def is_working(records: Records) -> bool:
    """Say whether some worker has the turn now."""
    turn = records.turn(TURN)
    free = turn.take()
    turn.give_up()
    return not free
