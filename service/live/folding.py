"""From the inbox to the online store, a batch at a time."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Protocol

import pandas as pd
import structlog

from features.errors import StateError
from service.events.event import Event
from service.events.reading import read
from service.events.rows import frames, newest_moment
from service.repository.inbox import Accepted, State
from service.repository.records import Records

Rows = Mapping[str, pd.DataFrame]

# Not the event's fault: it waits until the disk, the memory or the server is back.
_PASSING = (StateError, OSError, MemoryError)
_TICK = timedelta(microseconds=1)

_log = structlog.get_logger("shuke.worker")


class Features(Protocol):
    """What folds events: `features.live.LiveFeatures`."""

    def fold(self, new: Rows, as_of: datetime) -> Rows:
        """Take rows of lake tables in; return the features, by set, of the customers touched."""
        ...


@dataclass(frozen=True, slots=True)
class Told:
    """An accepted event, read."""

    seq: int
    event: Event
    ingested_at: datetime


class Folder:
    """Folds pending events in the order of their arrival.

    Parameters
    ----------
    put
        Puts features online, by set; a newer row there stays.
    """

    def __init__(
        self,
        records: Records,
        features: Features,
        put: Callable[[Rows], None],
        clock: Callable[[], datetime],
    ) -> None:
        self._records = records
        self._features = features
        self._put = put
        self._clock = clock
        self._last = datetime.min.replace(tzinfo=UTC)

    def fold(self, at_most: int) -> int:
        """Fold the events that wait longest and return how many left the line.

        Features are online before the events are noted as such: a process that ends in between
        folds them again, which gives the same features and adds no row.
        """
        with self._records.transaction(read_only=True) as work:
            waiting = work.inbox.some(State.PENDING, at_most)
        if not waiting:
            return 0
        told, errors = _read(waiting)
        errors |= self._fold(told)
        with self._records.transaction() as work:
            work.inbox.move([each.seq for each in told if each.seq not in errors], State.ONLINE)
            work.inbox.set_aside(errors)
        for seq, error in errors.items():
            _log.error("event set aside", seq=seq, error=error)
        return len(waiting)

    def _fold(self, told: Sequence[Told]) -> dict[int, str]:
        """Fold events; return why some could not be, found by halving until each stands alone."""
        if not told:
            return {}
        try:
            rows, moment = frames((e.event, e.ingested_at) for e in told), self._moment(told)
            features = self._features.fold(rows, moment)
        except _PASSING:
            raise
        except Exception as error:  # whatever it is, the line goes on
            if len(told) == 1:
                return {told[0].seq: f"{type(error).__name__}: {error}"}
            half = len(told) // 2
            return self._fold(told[:half]) | self._fold(told[half:])
        self._last = moment
        self._put(features)
        return {}

    def _moment(self, told: Sequence[Told]) -> datetime:
        """Return a cutoff that knows all of `told`, later than any given before.

        It is now, unless the clock of another process or of a till runs ahead.
        """
        known = max(newest_moment(each.event, each.ingested_at) for each in told)
        return max(self._clock(), known + _TICK, self._last + _TICK)


def _read(waiting: Sequence[Accepted]) -> tuple[list[Told], dict[int, str]]:
    told, errors = [], {}
    for each in waiting:
        try:
            told.append(Told(each.seq, read(each.body), each.ingested_at))
        except ValueError as error:
            errors[each.seq] = f"{type(error).__name__}: {error}"
    return told, errors
