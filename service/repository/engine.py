"""Opening the records database: patience with it, and what its failures mean."""

import sqlite3
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, DBAPIError, NoSuchModuleError, OperationalError
from sqlalchemy.pool import ConnectionPoolEntry

from features.errors import InputError, StorageFullError, UnreachableError

READ_ONLY = "shuke_read_only"
DURABLE = "shuke_durable"
_SYNCHRONOUS = "shuke_synchronous"  # what a connection was told last
_POSTGRES_FULL = "53100"


@dataclass(frozen=True, slots=True)
class Patience:
    """What the database may cost a request.

    Attributes
    ----------
    seconds
        How long to wait for a connection, for another writer, for a server that says nothing.
    """

    seconds: float = 30.0


PATIENCE = Patience()


class BadDatabaseUrlError(InputError):
    """The address of the records database cannot be used."""

    code = "bad-database-url"


class RecordsUnavailableError(UnreachableError):
    """The records database cannot be reached, or does not answer in time."""

    code = "records-unavailable"


def trouble(error: Exception, database: str) -> RecordsUnavailableError | StorageFullError:
    """Return our error for a failure of the database."""
    cause = error.orig if isinstance(error, DBAPIError) else None
    full = (
        isinstance(cause, sqlite3.Error) and cause.sqlite_errorcode & 0xFF == sqlite3.SQLITE_FULL
    ) or getattr(cause, "sqlstate", None) == _POSTGRES_FULL
    if full:
        return StorageFullError(
            "There is no room left for the records",
            where=database,
            todo="Free some space; nothing of this request was written.",
        )
    return RecordsUnavailableError(
        "The records database does not answer, or another writer holds it",
        where=database,
        todo="Repeat the request after a while; the server's log says why.",
    )


def opened(url: str, patience: Patience) -> Engine:
    """Return the engine of a database; nothing is connected yet.

    Raises
    ------
    BadDatabaseUrlError
    """
    try:
        backend = make_url(url).get_backend_name()
        if backend == "postgresql":
            return _postgres_engine(url, patience)
        if backend == "sqlite":
            return _sqlite_engine(url, patience)
    except (ArgumentError, NoSuchModuleError, ModuleNotFoundError) as error:
        raise _bad_url(str(error)) from error
    raise _bad_url(f"{backend} is not supported")


def _bad_url(why: str) -> BadDatabaseUrlError:
    return BadDatabaseUrlError(
        f"The records database cannot be used: {why}",
        where="SHUKE_DATABASE_URL",
        todo="Give sqlite:///path, or postgresql+psycopg://user@host/database with psycopg"
        " installed; leave it empty for SQLite under SHUKE_HOME.",
    )


def _postgres_engine(url: str, patience: Patience) -> Engine:
    engine = create_engine(
        url,
        pool_pre_ping=True,
        pool_timeout=patience.seconds,
        connect_args=_bounded(patience),
    )
    event.listen(engine, "connect", partial(_prepare_postgres, patience))
    event.listen(engine, "begin", _begin_postgres)
    return engine


def _bounded(patience: Patience) -> dict[str, int]:
    """Return what lets libpq notice a server that went away without a word."""
    seconds = max(2, int(patience.seconds))  # libpq's least
    return {
        "connect_timeout": seconds,
        "tcp_user_timeout": seconds * 1000,
        "keepalives_idle": max(1, seconds // 3),
        "keepalives_interval": max(1, seconds // 3),
        "keepalives_count": 2,
    }


def _prepare_postgres(
    patience: Patience, connection: DBAPIConnection, _entry: ConnectionPoolEntry
) -> None:
    cursor = connection.cursor()
    cursor.execute(f"SET lock_timeout = '{patience.seconds}s'")
    cursor.close()
    connection.commit()


def _begin_postgres(connection: Connection) -> None:
    # A reader sees one moment from begin to end, as it does on SQLite.
    if connection.get_execution_options().get(READ_ONLY):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _sqlite_engine(url: str, patience: Patience) -> Engine:
    # A database in memory has one connection a thread and no pool to wait at.
    pool = {"pool_timeout": patience.seconds} if make_url(url).database else {}
    engine = create_engine(url, connect_args={"timeout": patience.seconds}, **pool)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, entry: ConnectionPoolEntry) -> None:
    # The driver would begin transactions only at the first write; `_begin_sqlite` does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()
    entry.info[_SYNCHRONOUS] = ""


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its place at once: one that read first could not wait for another writer,
    # and would fail however long busy_timeout is.
    options = connection.get_execution_options()
    if options.get(READ_ONLY, False):
        _execute(connection, "BEGIN")
        return
    synchronous = "FULL" if options.get(DURABLE, False) else "NORMAL"
    if connection.info[_SYNCHRONOUS] != synchronous:
        _execute(connection, f"PRAGMA synchronous={synchronous}")
        connection.info[_SYNCHRONOUS] = synchronous
    _execute(connection, "BEGIN IMMEDIATE")


def _execute(connection: Connection, statement: str) -> None:
    """Tell the driver, whose words these are: SQLAlchemy takes longer over them than SQLite."""
    try:
        connection.connection.cursor().execute(statement)
    except sqlite3.Error as error:
        raise OperationalError(statement, None, error) from error


def make_folder(engine: Engine) -> None:
    """Make the folder a SQLite file lies in."""
    database = engine.url.database
    if engine.dialect.name == "sqlite" and database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
