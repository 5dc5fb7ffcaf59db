"""Packed rows in one SQLite file: no server, several processes on one machine."""

import sqlite3
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from threading import RLock
from time import monotonic, sleep
from typing import Final, TypeVar

from features.online.backend import (
    READ_IDS,
    Incoming,
    Note,
    Patience,
    Row,
    batches,
    keyed,
    table_of,
    unreachable,
)

MEMORY_MAP: Final = 2**30  # bytes of the file read without a copy; costs address space only

_SPACES = """
    CREATE TABLE IF NOT EXISTS shuke_online_spaces (
        name TEXT PRIMARY KEY, as_of INTEGER, at INTEGER
    )"""
_ROWS = """
    CREATE TABLE IF NOT EXISTS {table} (
        id BLOB PRIMARY KEY, as_of INTEGER NOT NULL, packed BLOB NOT NULL
    )"""
_NAME_SPACE = "INSERT OR IGNORE INTO shuke_online_spaces (name) VALUES (?)"
_PUT = """
    INSERT INTO {table} VALUES (?, ?, ?)
    ON CONFLICT (id) DO UPDATE SET as_of = excluded.as_of, packed = excluded.packed
    WHERE excluded.as_of >= as_of"""
_PUT_NOTE = """
    INSERT INTO shuke_online_spaces VALUES (?, ?, ?)
    ON CONFLICT (name) DO UPDATE SET as_of = excluded.as_of, at = excluded.at
    WHERE as_of IS NULL OR excluded.as_of >= as_of"""
_GET_NOTE = "SELECT as_of, at FROM shuke_online_spaces WHERE name = ? AND as_of IS NOT NULL"

_T = TypeVar("_T")


class SqliteBackend:
    """Packed rows in a SQLite file in WAL mode; see `Backend`.

    Nothing is opened before the first call. Reads have a connection of their own, so they never
    wait for a write.

    Parameters
    ----------
    path
        The file; it and its folder are made when missing.
    patience
        How long to wait for another process's write.
    """

    def __init__(self, path: Path, patience: Patience | None = None) -> None:
        self._path = path
        self._patience = patience or Patience()
        self._reader = _Connection(self._open)
        self._writer = _Connection(self._open)

    def read(self, space: str, ids: Sequence[str]) -> list[Row | None]:
        """Return the row of each id in the order given, None where there is none."""
        keys = [keyed(each) for each in ids]
        nobody: dict[bytes, Row] = {}
        with self._speaking(), self._reader as connection:
            found = _if_there(lambda: _rows(connection, table_of(space), keys), nobody)
        return [found.get(key) for key in keys]

    def write(self, space: str, rows: Iterable[Incoming]) -> int:
        """Store the rows that are not older than those there; return how many."""
        put = _PUT.format(table=table_of(space))
        stored = 0
        for batch in batches(rows):
            with self._writing() as connection:
                connection.execute(_ROWS.format(table=table_of(space)))
                connection.execute(_NAME_SPACE, (space,))
                stored += connection.executemany(put, batch).rowcount
        return stored

    def remove(self, space: str, ids: Sequence[str]) -> int:
        """Remove the rows of some ids from the file, its free pages and its log; return how many.

        The file is written anew for that, which takes room for a second one.
        """
        delete = f"DELETE FROM {table_of(space)} WHERE id = ?"  # noqa: S608 (a digest)
        keys = [(keyed(each),) for each in ids]
        with self._writing() as connection:
            gone = _if_there(lambda: connection.executemany(delete, keys).rowcount, 0)
        if gone:
            with self._speaking(), self._writer as connection:
                connection.execute("VACUUM")
                connection.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchall()
        return gone

    def spaces(self) -> list[str]:
        """Return the names of all spaces, sorted."""
        query = "SELECT name FROM shuke_online_spaces ORDER BY name"
        with self._speaking(), self._reader as connection:
            return [name for (name,) in connection.execute(query)]

    def drop(self, space: str) -> None:
        """Remove a space with its rows and its note."""
        with self._writing() as connection:
            connection.execute(f"DROP TABLE IF EXISTS {table_of(space)}")
            connection.execute("DELETE FROM shuke_online_spaces WHERE name = ?", (space,))

    def count(self, space: str) -> int:
        """Return the number of rows of a space."""
        query = f"SELECT count(*) FROM {table_of(space)}"  # noqa: S608 (a digest)
        with self._speaking(), self._reader as connection:
            return _if_there(lambda: int(connection.execute(query).fetchone()[0]), 0)

    def note(self, space: str) -> Note | None:
        """Return the note of a space; None if there is none."""
        with self._speaking(), self._reader as connection:
            said = connection.execute(_GET_NOTE, (space,)).fetchone()
        return Note(*said) if said else None

    def set_note(self, space: str, note: Note) -> None:
        """Replace the note of a space unless the one there has a newer `as_of`."""
        with self._writing() as connection:
            connection.execute(_PUT_NOTE, (space, note.as_of, note.at))

    def close(self) -> None:
        """Close the file; a later call opens it again."""
        self._reader.close()
        self._writer.close()

    @contextmanager
    def _writing(self) -> Iterator[sqlite3.Connection]:
        """Hold the file's one write lock from the start, so that no upgrade of a lock can fail."""
        with self._speaking(), self._writer as connection:
            connection.execute("BEGIN IMMEDIATE")
            with connection:
                yield connection

    @contextmanager
    def _speaking(self) -> Iterator[None]:
        try:
            yield
        except (sqlite3.DatabaseError, OSError) as error:
            raise unreachable(str(self._path), error) from error

    def _open(self) -> sqlite3.Connection:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        connection = sqlite3.connect(
            self._path,
            timeout=self._patience.answer,
            isolation_level=None,
            check_same_thread=False,
        )
        try:
            _switch_to_wal(connection, self._patience.answer)
            connection.execute("PRAGMA synchronous = NORMAL")
            connection.execute(f"PRAGMA mmap_size = {MEMORY_MAP}")
            connection.execute(_SPACES)
        except sqlite3.Error:
            connection.close()
            raise
        return connection


class _Connection:
    """A connection opened on first use and lent to one thread at a time."""

    def __init__(self, connect: Callable[[], sqlite3.Connection]) -> None:
        self._connect = connect
        self._open: sqlite3.Connection | None = None
        self._turn = RLock()

    def __enter__(self) -> sqlite3.Connection:
        self._turn.acquire()
        try:
            if self._open is None:
                self._open = self._connect()
        except BaseException:
            self._turn.release()
            raise
        return self._open

    def __exit__(self, *_: object) -> None:
        self._turn.release()

    def close(self) -> None:
        with self._turn:
            if self._open is not None:
                self._open.close()
            self._open = None


def _rows(connection: sqlite3.Connection, table: str, keys: Sequence[bytes]) -> dict[bytes, Row]:
    found: dict[bytes, Row] = {}
    for start in range(0, len(keys), READ_IDS):
        some = keys[start : start + READ_IDS]
        places = ",".join("?" * len(some))
        query = f"SELECT id, as_of, packed FROM {table} WHERE id IN ({places})"  # noqa: S608
        found.update((key, (at, packed)) for key, at, packed in connection.execute(query, some))
    return found


def _if_there(read: Callable[[], _T], otherwise: _T) -> _T:
    """Return what `read` returns; a space nobody wrote to yet has no table."""
    try:
        return read()
    except sqlite3.OperationalError as error:
        if str(error).startswith("no such table"):
            return otherwise
        raise


def _switch_to_wal(connection: sqlite3.Connection, patience: float) -> None:
    """Switch to WAL; SQLite does not wait by itself while another process is switching."""
    deadline = monotonic() + patience
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError:
            if monotonic() > deadline:
                raise
            sleep(0.01)
        else:
            return
