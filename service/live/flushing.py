"""From the inbox to the lake: what is online already, many events at a time."""

from collections.abc import Sequence
from dataclasses import dataclass

import structlog

from features.lake.lake import Lake, frame_fingerprint
from service.events.reading import read
from service.events.rows import frames
from service.repository.inbox import Accepted, State
from service.repository.records import Records

SOURCE = "events"

_log = structlog.get_logger("shuke.worker")


@dataclass(frozen=True, slots=True)
class Flusher:
    """Appends events to the lake.

    Attributes
    ----------
    lake
        One that no other thread uses.
    """

    records: Records
    lake: Lake

    def flush(self, at_once: int) -> int:
        """Append all events that are online and not in the lake; return how many.

        The lake is written first and knows its keys, so a process that ends in between appends
        the same rows again, which adds nothing.
        """
        done = 0
        while flushed := self._flush(at_once):
            done += flushed
        return done

    def settle(self, at_once: int) -> int:
        """Append all events no worker has folded yet, leave them in the line, and return how many.

        A night reads the lake: what was accepted before it began belongs to it, whatever the
        worker is doing. The worker appends the same rows again later, which adds nothing.
        """
        done = self.flush(at_once)
        last = 0
        while waiting := self._some(State.PENDING, at_once, last):
            self._append(waiting)
            done, last = done + len(waiting), waiting[-1].seq
        return done

    def _flush(self, at_most: int) -> int:
        some = self._some(State.ONLINE, at_most)
        self._append(some)
        with self.records.transaction() as work:
            work.inbox.move([each.seq for each in some], State.IN_LAKE)
        return len(some)

    def _some(self, state: State, at_most: int, after: int = 0) -> list[Accepted]:
        with self.records.transaction(read_only=True) as work:
            return work.inbox.some(state, at_most, after)

    def _append(self, some: Sequence[Accepted]) -> None:
        told = ((read(each.body), each.ingested_at) for each in some)
        for table, frame in frames(told).items():
            name = frame_fingerprint(frame)
            report = self.lake.append(table, [frame], source=SOURCE, fingerprint=name)
            self.lake.compact(table)
            if report.quarantined:
                _log.error("rows quarantined", table=table, file=str(report.quarantine_file))
            _log.info(
                "flushed", table=table, accepted=report.accepted, known_before=report.duplicates
            )
