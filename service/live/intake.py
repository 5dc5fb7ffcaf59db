"""Taking events in: what is good is durable before anybody hears of it."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from service.events.event import Event
from service.events.reading import Refused, canonical, check, digest
from service.repository.inbox import Outcome, Sent
from service.repository.records import Records


@dataclass(frozen=True, slots=True)
class Duplicate:
    """An event that was there already; `conflict` if it then said something else."""

    index: int
    event_id: str
    conflict: bool


@dataclass(frozen=True, slots=True)
class Taken:
    """What became of a call; `read == accepted + len(duplicates) + len(rejected)`."""

    read: int
    accepted: int
    duplicates: list[Duplicate]
    rejected: list[Refused]


@dataclass(frozen=True, slots=True)
class Intake:
    """Accepts events into the inbox, each once."""

    records: Records
    clock: Callable[[], datetime]

    def take(self, raw: Sequence[Any]) -> Taken:
        """Accept what is good among `raw` (values as parsed from JSON) and say what is not.

        When it returns, what was accepted outlives the loss of the process and of power.
        """
        at = self.clock()
        checked = check(raw, at)
        sent = [_sent(event) for _, event in checked.good]
        outcomes: list[Outcome] = []
        if sent:
            with self.records.transaction(durable=True) as work:
                outcomes = work.inbox.add(sent, at)
        duplicates = [
            Duplicate(index, event.event_id, outcome is Outcome.CONFLICT)
            for (index, event), outcome in zip(checked.good, outcomes, strict=True)
            if outcome is not Outcome.ACCEPTED
        ]
        accepted = len(outcomes) - len(duplicates)
        return Taken(len(raw), accepted, duplicates, checked.refused)


def _sent(event: Event) -> Sent:
    body = canonical(event)
    return Sent(event.event_id, event.type, digest(body), body)
