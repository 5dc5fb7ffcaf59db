"""The inbox: accepted events in the order of their arrival, and how far each has come."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from sqlalchemy import delete, func, insert, select, update
from sqlalchemy.orm import Session

from service.repository.rerunnable import as_record, as_row
from service.repository.schema import InboxRow

_LOCK = 740_219_557  # any number, the same for everyone who adds to an inbox


class State(StrEnum):
    """How far an event has come: each state has what the ones before it have."""

    PENDING = "pending"  # durable
    ONLINE = "online"  # in the features online
    IN_LAKE = "in_lake"  # kept for some days, to know it if it is sent again
    FAILED = "failed"  # set aside: it could not be folded


class Outcome(StrEnum):
    """What became of an event that was sent; `conflict` is a duplicate with other content."""

    ACCEPTED = "accepted"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"


@dataclass(frozen=True, slots=True)
class Sent:
    """An event to be accepted.

    Attributes
    ----------
    digest
        Names the content of `body`.
    """

    event_id: str
    type: str
    digest: str
    body: str


@dataclass(frozen=True, slots=True)
class Accepted:
    """An event in the inbox; `error` says why it was set aside."""

    seq: int
    event_id: str
    body: str
    ingested_at: datetime
    error: str | None


@dataclass(frozen=True, slots=True)
class Backlog:
    """How much waits.

    Attributes
    ----------
    pending, online, failed
        Events in these states.
    oldest_pending
        When the pending event that waits longest was accepted; None if none waits.
    """

    pending: int
    online: int
    failed: int
    oldest_pending: datetime | None


class Inbox:
    """Accepted events; within one transaction of the records."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, sent: Sequence[Sent], at: datetime) -> list[Outcome]:
        """Accept events and return what became of each, in their order.

        Callers take turns, on SQLite by nature: so the order of arrival is that of the commits,
        and two calls that repeat each other cannot block each other.
        """
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        known = self._digests([each.event_id for each in sent])
        outcomes: list[Outcome] = []
        new: list[dict[str, object]] = []
        for each in sent:
            before = known.get(each.event_id)
            if before is None:
                known[each.event_id] = each.digest
                new.append(as_row(each) | {"ingested_at": at, "state": State.PENDING.value})
                outcomes.append(Outcome.ACCEPTED)
            else:
                same = before == each.digest
                outcomes.append(Outcome.DUPLICATE if same else Outcome.CONFLICT)
        if new:
            self._session.execute(insert(InboxRow), new)
        return outcomes

    def some(self, state: State, limit: int, after: int = 0) -> list[Accepted]:
        """Return events in a state with a `seq` above `after`, in the order of arrival."""
        query = select(InboxRow).where(InboxRow.state == state.value, InboxRow.seq > after)
        query = query.order_by(InboxRow.seq)
        return [as_record(row, Accepted) for row in self._session.scalars(query.limit(limit))]

    def move(self, seqs: Collection[int], state: State) -> None:
        """Note that events have come to a state."""
        if seqs:
            where = InboxRow.seq.in_(seqs)
            self._session.execute(update(InboxRow).where(where).values(state=state.value))

    def set_aside(self, errors: Mapping[int, str]) -> None:
        """Note, by `seq`, that events could not be folded and why."""
        rows = [
            {"seq": seq, "state": State.FAILED.value, "error": error}
            for seq, error in errors.items()
        ]
        if rows:
            self._session.execute(update(InboxRow), rows)

    def retry(self) -> int:
        """Let every event that was set aside be tried again, and return how many."""
        failed = update(InboxRow).where(InboxRow.state == State.FAILED.value)
        again = failed.values(state=State.PENDING.value, error=None).returning(InboxRow.seq)
        return len(self._session.scalars(again).all())

    def forget(self, before: datetime) -> int:
        """Delete events in the lake that were accepted before a moment; return how many."""
        old = delete(InboxRow).where(
            InboxRow.state == State.IN_LAKE.value, InboxRow.ingested_at < before
        )
        return len(self._session.scalars(old.returning(InboxRow.seq)).all())

    def backlog(self) -> Backlog:
        """Return how much waits."""
        first = select(InboxRow.ingested_at).where(InboxRow.state == State.PENDING.value)
        oldest = self._session.scalars(first.order_by(InboxRow.seq).limit(1)).first()
        return Backlog(
            pending=self._count(State.PENDING),
            online=self._count(State.ONLINE),
            failed=self._count(State.FAILED),
            oldest_pending=oldest,
        )

    def _count(self, state: State) -> int:
        count = select(func.count()).where(InboxRow.state == state.value)
        return self._session.scalar(count) or 0

    def _digests(self, event_ids: Sequence[str]) -> dict[str, str]:
        query = select(InboxRow.event_id, InboxRow.digest).where(InboxRow.event_id.in_(event_ids))
        return {row.event_id: row.digest for row in self._session.execute(query)}
