"""Challengers: scored beside the champion on the same rows, logged apart, never answered."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from threading import BoundedSemaphore

import structlog

from models_registry.bundle import Bundle
from models_registry.columns import Table, framed
from models_registry.judge import Freshness, judge
from models_registry.score import Score
from models_registry.score_log import ScoreLog
from service.champions import Champions

RowsOf = Callable[[Bundle], Table]
Spread = Callable[[Bundle, datetime, int], object]

_log = structlog.get_logger("shuke.shadow")


@dataclass(frozen=True, slots=True)
class ShadowPolicy:
    """How much a challenger may lag.

    Attributes
    ----------
    waiting
        Requests that wait for a challenger at most; those that come then go without.
    """

    version: str = "1"
    waiting: int = 256


@dataclass(frozen=True, slots=True)
class Answered:
    """What a champion said, and from what.

    Attributes
    ----------
    rows_of
        Reads the same subjects for another model, should `rows` lack what that one reads.
    """

    scores: Sequence[Score]
    rows: Table
    rows_of: RowsOf

    def rows_for(self, bundle: Bundle) -> Table:
        """Return the rows another model can read."""
        there = all(name in self.rows for name in bundle.inputs)
        return self.rows if there else self.rows_of(bundle)


class Shadow:
    """Scores with the challengers. Whatever goes wrong with one is a warning and nothing else.

    Parameters
    ----------
    log
        Where their scores go; never the log of scores given.
    spread
        Scores everybody of a moment on another engine; None does it in this process.
    """

    def __init__(
        self,
        champions: Champions,
        log: ScoreLog,
        max_age_days: float,
        spread: Spread | None = None,
        policy: ShadowPolicy | None = None,
    ) -> None:
        self._champions = champions
        self._log = log
        self._max_age = max_age_days
        self._spread = spread
        self._room = BoundedSemaphore((policy or ShadowPolicy()).waiting)
        self._aside = ThreadPoolExecutor(1, "shuke-shadow")
        self._loaded: dict[str, Bundle] = {}

    def online(self, model: str, answered: Answered, newest: Freshness | None) -> None:
        """Score in a thread what a request was just answered; return at once."""
        version = self._champions.challenger(model)
        if version is None or not answered.scores:
            return
        if not self._room.acquire(blocking=False):
            _log.warning("challenger is too slow; left out", model=model, version=version)
            return

        def work() -> None:
            try:
                self._guarded(model, version, lambda bundle: self._one(bundle, answered, newest))
            finally:
                self._room.release()

        try:
            self._aside.submit(work)
        except RuntimeError:  # the service is closing
            self._room.release()

    def night(self, model: str, answered: Answered, as_of: datetime) -> None:
        """Score what a night just scored, and log it as one batch."""
        version = self._champions.challenger(model)
        if version is not None and answered.scores:
            self._guarded(model, version, lambda bundle: self._batch(bundle, answered, as_of))

    def everybody(self, model: str, as_of: datetime) -> None:
        """Score everybody of a moment where `spread` does, as one batch."""
        version, spread = self._champions.challenger(model), self._spread
        if version is not None and spread is not None:
            self._guarded(model, version, lambda bundle: spread(bundle, as_of, 0))

    def close(self, *, finish: bool = False) -> None:
        """Take no more; `finish` what waits, or leave it out."""
        self._aside.shutdown(wait=True, cancel_futures=not finish)

    def _guarded(self, model: str, version: str, work: Callable[[Bundle], object]) -> None:
        try:
            work(self._bundle(model, version))
        except Exception as error:  # a challenger may fail in any way; nobody waits for it
            _log.warning("challenger failed", model=model, version=version, error=str(error))

    def _bundle(self, model: str, version: str) -> Bundle:
        kept = self._loaded.get(model)
        if kept is None or kept.meta.version != version:
            kept = self._loaded[model] = self._champions.load(model, version)
        return kept

    def _one(self, bundle: Bundle, answered: Answered, newest: Freshness | None) -> None:
        rows = answered.rows_for(bundle)
        scores = self._judged(bundle, rows, answered, newest)
        self._log.append_online(scores, rows, bundle.inputs)

    def _batch(self, bundle: Bundle, answered: Answered, as_of: datetime) -> None:
        rows, meta = answered.rows_for(bundle), bundle.meta
        scores = self._judged(bundle, rows, answered, None)
        inputs = framed(rows).reindex(columns=bundle.inputs)
        self._log.append_batch(scores, meta.model, meta.version, as_of, inputs)

    def _judged(
        self, bundle: Bundle, rows: Table, answered: Answered, newest: Freshness | None
    ) -> list[Score]:
        # Under the champion's own time, by which the two are found again as a pair.
        at = answered.scores[0].scored_at
        return judge(bundle, rows, scored_at=at, max_age_days=self._max_age, newest=newest)
