"""Packed rows in PostgreSQL: one table per space, shared by many machines."""

from collections.abc import Callable, Iterable, Sequence
from queue import Empty, Full, LifoQueue
from typing import Any, Final, TypeVar

import psycopg
from psycopg import errors
from psycopg.sql import SQL, Composed, Identifier

from features.online.backend import (
    Incoming,
    Note,
    Patience,
    Row,
    batches,
    keyed,
    public,
    table_of,
    unreachable,
)

IDLE: Final = 8  # connections kept open for the next call

_LOCK = "SELECT pg_advisory_xact_lock(hashtext('shuke_online'))"
_SPACES = SQL(
    "CREATE TABLE IF NOT EXISTS shuke_online_spaces "
    "(name text PRIMARY KEY, as_of bigint, at bigint)"
)
_ROWS = SQL(
    "CREATE TABLE IF NOT EXISTS {table} "
    "(id bytea PRIMARY KEY, as_of bigint NOT NULL, packed bytea NOT NULL) "
    "WITH (fillfactor = 50)"  # every row is rewritten nightly; its new version stays on its page
)
_NAME_SPACE = "INSERT INTO shuke_online_spaces (name) VALUES (%s) ON CONFLICT DO NOTHING"
_PUT = SQL(
    "INSERT INTO {table} AS there "
    "SELECT * FROM unnest(%b::bytea[], %b::bigint[], %b::bytea[]) "
    "ON CONFLICT (id) DO UPDATE SET as_of = excluded.as_of, packed = excluded.packed "
    "WHERE excluded.as_of >= there.as_of"
)
_GET = SQL("SELECT id, as_of, packed FROM {table} WHERE id = ANY(%b::bytea[])")
_COUNT = SQL("SELECT count(*) FROM {table}")
_REMOVE = SQL("DELETE FROM {table} WHERE id = ANY(%s)")
_DROP = SQL("DROP TABLE IF EXISTS {table}")
_PUT_NOTE = (
    "INSERT INTO shuke_online_spaces AS there VALUES (%s, %s, %s) "
    "ON CONFLICT (name) DO UPDATE SET as_of = excluded.as_of, at = excluded.at "
    "WHERE there.as_of IS NULL OR excluded.as_of >= there.as_of"
)
_GET_NOTE = "SELECT as_of, at FROM shuke_online_spaces WHERE name = %s AND as_of IS NOT NULL"

_Connection = psycopg.Connection[tuple[Any, ...]]
_T = TypeVar("_T")


class PostgresBackend:
    """Packed rows in a PostgreSQL schema; see `Backend`.

    Nothing is opened before the first call. Each call has a connection of its own, and runs once
    more on a new one when the server went away: every call may be repeated without harm.

    Parameters
    ----------
    url
        `postgresql://` as libpq reads it, or `postgresql+psycopg://`. Tenants of one database are
        kept apart by schema: `?options=-csearch_path%3Dtenant`.
    patience
        How long to wait for the server.

    Raises
    ------
    psycopg.ProgrammingError
        If the URL cannot be read.
    """

    def __init__(self, url: str, patience: Patience | None = None) -> None:
        self._url = url.replace("postgresql+psycopg://", "postgresql://", 1)
        psycopg.conninfo.conninfo_to_dict(self._url)  # raises for one that libpq cannot read
        self._where = public(url)
        self._patience = patience or Patience()
        self._idle: LifoQueue[_Connection] = LifoQueue(IDLE)

    def read(self, space: str, ids: Sequence[str]) -> list[Row | None]:
        """Return the row of each id in the order given, None where there is none."""
        keys = [keyed(each) for each in ids]
        query = _on(space, _GET)
        nobody: dict[bytes, Row] = {}

        def rows(connection: _Connection) -> dict[bytes, Row]:
            with connection.cursor(binary=True) as cursor:
                cursor.execute(query, (keys,), prepare=True)
                return {key: (as_of, packed) for key, as_of, packed in cursor}

        found = self._if_there(rows, nobody)
        return [found.get(key) for key in keys]

    def write(self, space: str, rows: Iterable[Incoming]) -> int:
        """Store the rows that are not older than those there; return how many."""
        query = _on(space, _PUT)
        stored = 0
        for batch in batches(rows):
            columns = [list(column) for column in zip(*batch, strict=True)]
            try:
                stored += self._changed(query, columns)
            except errors.UndefinedTable:
                self._run(lambda connection: _create(connection, space))
                stored += self._changed(query, columns)
        return stored

    def remove(self, space: str, ids: Sequence[str]) -> int:
        """Remove the rows of some ids and return how many there were; vacuum frees their room."""
        keys = [keyed(each) for each in ids]
        try:
            return self._run(lambda c: c.execute(_on(space, _REMOVE), (keys,)).rowcount)
        except errors.UndefinedTable:
            return 0

    def spaces(self) -> list[str]:
        """Return the names of all spaces, sorted."""
        query = "SELECT name FROM shuke_online_spaces"
        return sorted(name for (name,) in self._all(query))

    def drop(self, space: str) -> None:
        """Remove a space with its rows and its note."""

        def removed(connection: _Connection) -> None:
            with connection.transaction():
                connection.execute(_LOCK)
                connection.execute(_SPACES)
                connection.execute(_on(space, _DROP))
                connection.execute("DELETE FROM shuke_online_spaces WHERE name = %s", (space,))

        self._run(removed)

    def count(self, space: str) -> int:
        """Return the number of rows of a space."""
        rows = self._all(_on(space, _COUNT))
        return int(rows[0][0]) if rows else 0

    def note(self, space: str) -> Note | None:
        """Return the note of a space; None if there is none."""
        rows = self._all(_GET_NOTE, (space,))
        return Note(*rows[0]) if rows else None

    def set_note(self, space: str, note: Note) -> None:
        """Replace the note of a space unless the one there has a newer `as_of`."""

        def noted(connection: _Connection) -> None:
            with connection.transaction():
                connection.execute(_LOCK)
                connection.execute(_SPACES)
                connection.execute(_PUT_NOTE, (space, note.as_of, note.at))

        self._run(noted)

    def close(self) -> None:
        """Close all connections that no call is using; a later call opens new ones."""
        while True:
            try:
                self._idle.get_nowait().close()
            except Empty:
                return

    def _changed(self, query: Composed, columns: list[list[Any]]) -> int:
        return self._run(lambda connection: connection.execute(query, columns).rowcount)

    def _all(self, query: Any, values: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        return self._if_there(lambda connection: connection.execute(query, values).fetchall(), [])

    def _if_there(self, read: Callable[[_Connection], _T], otherwise: _T) -> _T:
        """Return what `read` returns; a space nobody wrote to yet has no table."""
        try:
            return self._run(read)
        except errors.UndefinedTable:
            return otherwise

    def _run(self, work: Callable[[_Connection], _T]) -> _T:
        try:
            try:
                return self._once(work)
            except psycopg.OperationalError:
                self.close()  # idle connections of before a restart are all dead
                return self._once(work)
        except (psycopg.OperationalError, errors.InsufficientPrivilege) as error:
            raise unreachable(self._where, error) from error

    def _once(self, work: Callable[[_Connection], _T]) -> _T:
        connection = self._idle_or_new()
        try:
            return work(connection)
        finally:
            self._give_back(connection)

    def _idle_or_new(self) -> _Connection:
        try:
            return self._idle.get_nowait()
        except Empty:
            return self._connect()

    def _connect(self) -> _Connection:
        seconds = max(int(self._patience.connect), 2)  # libpq's least
        # A server that goes away without a word is noticed by unanswered packets alone.
        silent = max(1, int(self._patience.answer))
        connection = psycopg.connect(
            self._url,
            autocommit=True,
            connect_timeout=seconds,
            tcp_user_timeout=silent * 1000,
            keepalives_idle=silent,
            keepalives_interval=silent,
            keepalives_count=1,
        )
        connection.execute(f"SET statement_timeout = '{self._patience.answer}s'")
        return connection

    def _give_back(self, connection: _Connection) -> None:
        try:
            if not connection.closed:
                self._idle.put_nowait(connection)
        except Full:
            connection.close()


def _on(space: str, statement: SQL) -> Composed:
    return statement.format(table=Identifier(table_of(space)))


def _create(connection: _Connection, space: str) -> None:
    """Make a space's table; PostgreSQL fails when two do that at once, hence the lock."""
    with connection.transaction():
        connection.execute(_LOCK)
        connection.execute(_SPACES)
        connection.execute(_on(space, _ROWS))
        connection.execute(_NAME_SPACE, (space,))
