"""The audit log: lines are added behind the last one, and never changed."""

from collections.abc import Iterator
from datetime import datetime

from sqlalchemy import func, insert, select
from sqlalchemy.orm import Session

from service.audit_chain import GENESIS, Entry, Line, sealed
from service.repository.rerunnable import as_record, as_row
from service.repository.schema_people import AuditRow

_LOCK = 740_219_558  # any number, the same for everyone who adds to the log
_AT_ONCE = 1_000


class AuditLog:
    """The lines; the database refuses to change or remove one."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def append(self, entry: Entry, at: datetime) -> Line:
        """Add an entry and return its line.

        Writers take turns, on SQLite by nature: two lines never follow the same one.
        """
        self.take_turn()
        last = self.last()
        seq, previous = (last.seq + 1, last.hash) if last else (1, GENESIS)
        line = sealed(entry, seq, at, previous)
        self._session.execute(insert(AuditRow), [as_row(line)])
        return line

    def take_turn(self) -> None:
        """Let nobody else add to the log before this transaction ends."""
        if self._session.get_bind().dialect.name == "postgresql":
            self._session.execute(select(func.pg_advisory_xact_lock(_LOCK)))

    def last(self) -> Line | None:
        """Return the newest line; None while there is none."""
        newest = select(AuditRow).order_by(AuditRow.seq.desc()).limit(1)
        row = self._session.scalars(newest).first()
        return None if row is None else as_record(row, Line)

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
