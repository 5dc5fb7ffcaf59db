"""The audit log: lines are added behind the last one, and never changed."""

from collections.abc import Iterator, Sequence
from datetime import datetime

from sqlalchemy import Connection, func, insert, select
from sqlalchemy.orm import Session

from service.audit_chain import GENESIS, Entry, Line, sealed
from service.repository.rerunnable import as_record, as_row
from service.repository.schema_people import AuditRow

_LOCK = 740_219_558  # any number, the same for everyone who adds to the log
_AT_ONCE = 1_000

_TURN = select(func.pg_advisory_xact_lock(_LOCK))
_LAST = select(AuditRow.seq, AuditRow.hash).order_by(AuditRow.seq.desc()).limit(1)
_ADD = insert(AuditRow)


class AuditLog:
    """The lines; the database refuses to change or remove one."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, entries: Sequence[Entry], at: datetime) -> list[Line]:
        """Add entries, one behind the other, and return their lines."""
        return append(self._session.connection(), entries, at)

    def take_turn(self) -> None:
        """Let nobody else add to the log before this transaction ends."""
        _take_turn(self._session.connection())

    def lines(self) -> Iterator[Line]:
        """Return every line, the oldest first."""
        after = 0
        while rows := self._after(after):
            yield from rows
            after = rows[-1].seq

    def newest(
        self, limit: int, *, subject: str | None = None, action: str | None = None
    ) -> list[Line]:
        """Return lines, the newest first, of one subject or action where they are given."""
        query = select(AuditRow).order_by(AuditRow.seq.desc()).limit(limit)
        for column, wanted in ((AuditRow.subject, subject), (AuditRow.action, action)):
            if wanted is not None:
                query = query.where(column == wanted)
        return [as_record(row, Line) for row in self._session.scalars(query)]

    def _after(self, seq: int) -> list[Line]:
        query = select(AuditRow).where(AuditRow.seq > seq).order_by(AuditRow.seq).limit(_AT_ONCE)
        return [as_record(row, Line) for row in self._session.scalars(query)]


def append(connection: Connection, entries: Sequence[Entry], at: datetime) -> list[Line]:
    """Add entries, one behind the other, and return their lines.

    Writers take turns, on SQLite by nature: two lines never follow the same one. All this is below
    the ORM, which takes as long as the database does: every read of a person waits for it.
    """
    _take_turn(connection)
    last = connection.execute(_LAST).first()
    before, previous = (last.seq, last.hash) if last else (0, GENESIS)
    lines = []
    for seq, entry in enumerate(entries, before + 1):
        lines.append(sealed(entry, seq, at, previous))
        previous = lines[-1].hash
    connection.execute(_ADD, [as_row(line) for line in lines])
    return lines


def _take_turn(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(_TURN)
