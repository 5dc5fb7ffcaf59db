"""Turns: work that one process at a time may do, held by the database until that process ends."""

import sqlite3
from typing import Protocol

from sqlalchemy import Connection, Engine, text
from sqlalchemy.exc import DBAPIError

_TAKE = text("SELECT pg_try_advisory_lock(hashtext(:name), hashtext(current_schema()))")


class Turn(Protocol):
    """The right to do a kind of work.

    It ends with `give_up`, or with the process, however that ends: nobody has to wait for a
    time-out, and a process that merely stands still does not lose it.
    """

    def take(self) -> bool:
        """Take the turn; False if another has it."""
        ...

    def held(self) -> bool:
        """Say whether the turn taken is still ours."""
        ...

    def give_up(self) -> None:
        """Let another have it; nothing happens if it is not ours."""
        ...


def turn(engine: Engine, name: str) -> Turn:
    """Return the turn at the work called `name` in this database."""
    if engine.dialect.name == "sqlite":
        database = engine.url.database
        return SqliteTurn(f"{database}.{name}" if database else ":memory:")
    return PostgresTurn(engine, name)


class SqliteTurn:
    """An exclusive lock on a file of its own beside the records, which SQLite keeps portable."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._lock: sqlite3.Connection | None = None

    def take(self) -> bool:
        """Take the turn; False if another has it."""
        if self._lock is not None:
            return True
        lock = sqlite3.connect(self._path, timeout=0, isolation_level=None, check_same_thread=False)
        try:
            lock.execute("BEGIN EXCLUSIVE")
        except sqlite3.OperationalError as error:
            lock.close()
            if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY:
                raise
            return False
        self._lock = lock
        return True

    def held(self) -> bool:
        """Say whether the turn taken is still ours; the file's lock cannot be lost."""
        return self._lock is not None

    def give_up(self) -> None:
        """Let another have it."""
        if self._lock is not None:
            self._lock.close()
            self._lock = None


class PostgresTurn:
    """An advisory lock of a connection of its own; another schema is another turn."""

    def __init__(self, engine: Engine, name: str) -> None:
        self._engine = engine
        self._name = name
        self._lock: Connection | None = None

    def take(self) -> bool:
        """Take the turn; False if another has it."""
        if self._lock is not None:
            return True
        lock = self._engine.connect().execution_options(isolation_level="AUTOCOMMIT")
        if not lock.scalar(_TAKE, {"name": self._name}):
            lock.close()
            return False
        self._lock = lock
        return True

    def held(self) -> bool:
        """Say whether the turn taken is still ours: the lock goes with its connection."""
        if self._lock is None:
            return False
        try:
            self._lock.execute(text("SELECT 1"))
        except DBAPIError:
            self.give_up()
            return False
        return True

    def give_up(self) -> None:
        """Let another have it."""
        if self._lock is not None:
            self._lock.invalidate()  # back in the pool it would go on holding the lock
            self._lock.close()
            self._lock = None
