"""The records database: the way in, and the unit of work."""

import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

from sqlalchemy import Connection, Engine, create_engine, event, make_url
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import ArgumentError, NoSuchModuleError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import ConnectionPoolEntry

from features.errors import InputError, StateError
from service.repository.assignments import Assignments
from service.repository.audit import AuditLog
from service.repository.contacts import Contacts
from service.repository.endpoints import Endpoints
from service.repository.erasure import Erasure
from service.repository.holders import Holders
from service.repository.idempotency import Idempotency
from service.repository.inbox import Inbox
from service.repository.jobs import Jobs
from service.repository.keys import Keys
from service.repository.leads import Leads
from service.repository.lists import Lists
from service.repository.migrate import Seal, upgrade
from service.repository.outbox import Outbox
from service.repository.sealing import take_turn
from service.repository.staff import StaffList
from service.repository.tasks import Tasks
from service.repository.turn import Turn, turn
from service.repository.users import LoginAttempts, Users, UserSessions

_BUSY_SECONDS = 30.0
_READ_ONLY = "shuke_read_only"
_DURABLE = "shuke_durable"
_SYNCHRONOUS = "shuke_synchronous"


class BadDatabaseUrlError(InputError):
    """The address of the records database cannot be used."""

    code = "bad-database-url"


class RecordsUnavailableError(StateError):
    """The records database cannot be reached."""

    code = "records-unavailable"


class Work:
    """What can be done within one transaction."""

    def __init__(self, session: Session) -> None:
        self.keys = Keys(session)
        self.staff = StaffList(session)
        self.leads = Leads(session)
        self.assignments = Assignments(session)
        self.tasks = Tasks(session)
        self.lists = Lists(session)
        self.inbox = Inbox(session)
        self.idempotency = Idempotency(session)
        self.endpoints = Endpoints(session)
        self.outbox = Outbox(session)
        self.jobs = Jobs(session)
        self.users = Users(session)
        self.sessions = UserSessions(session)
        self.login_attempts = LoginAttempts(session)
        self.holders = Holders(session)
        self.contacts = Contacts(session)
        self.audit = AuditLog(session)
        self.erasure = Erasure(session)
        self._session = session

    def take_sealing_turn(self) -> None:
        """Wait until nobody else seals with a data key."""
        take_turn(self._session)


class Records:
    """Users' keys, staff, leads, assignments, tasks, lists, jobs and the inbox of events.

    Parameters
    ----------
    url
        SQLAlchemy URL: SQLite or PostgreSQL. Nothing is opened before the first use.

    Raises
    ------
    BadDatabaseUrlError
        If the URL is malformed, of another database, or its driver is not installed.
    """

    def __init__(self, url: str) -> None:
        self._engine = _engine(url)
        self.state_of_keys = object()  # another one after each change of keys made here

    def migrate(self, seal: Seal | None = None) -> None:
        """Bring the schema to the newest version; safe from several processes at once.

        Parameters
        ----------
        seal
            Seals what older versions kept in clear; needed only where there is any.

        Raises
        ------
        RecordsUnavailableError
            If the database cannot be opened or stays locked.
        """
        _make_folder(self._engine)
        try:
            left_in_clear = upgrade(self._engine, seal)
            if left_in_clear:
                self.scrub()
        except (OperationalError, sqlite3.OperationalError) as error:
            raise RecordsUnavailableError(
                "The records database cannot be opened or is locked",
                where=self._engine.url.render_as_string(hide_password=True),
                todo="Check SHUKE_DATABASE_URL and that the database runs and may be written to.",
            ) from error

    @contextmanager
    def transaction(self, *, read_only: bool = False, durable: bool = False) -> Iterator[Work]:
        """Commit everything done inside, or nothing if it raises.

        Parameters
        ----------
        read_only
            Nothing will be written: readers then never wait for a writer.
        durable
            What is committed outlives a loss of power. On SQLite that costs a wait for the disk,
            and otherwise only the crash of a process is survived; PostgreSQL always does it.
        """
        with Session(self._engine, expire_on_commit=False) as session:
            work = Work(session)
            try:
                with session.begin():
                    options = {_READ_ONLY: read_only, _DURABLE: durable}
                    session.connection(execution_options=options)
                    yield work
            finally:
                if work.keys.changed:
                    self.state_of_keys = object()

    def turn(self, name: str) -> Turn:
        """Return the turn at a kind of work that only one process at a time may do."""
        return turn(self._engine, name)

    def scrub(self) -> None:
        """Let nothing stay in the file of what was deleted: neither in free pages nor in its log.

        On PostgreSQL the next vacuum does that by itself.
        """
        if self._engine.dialect.name == "sqlite":
            with closing(self._engine.raw_connection()) as connection:
                cursor = connection.cursor()
                cursor.execute("VACUUM")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
                cursor.close()

    def close(self) -> None:
        """Close the pooled connections; the next use opens new ones."""
        self._engine.dispose()


def _engine(url: str) -> Engine:
    try:
        backend = make_url(url).get_backend_name()
        if backend == "postgresql":
            return _postgres_engine(url)
        if backend == "sqlite":
            return _sqlite_engine(url)
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


def _postgres_engine(url: str) -> Engine:
    engine = create_engine(url, pool_pre_ping=True)
    event.listen(engine, "begin", _begin_postgres)
    return engine


def _begin_postgres(connection: Connection) -> None:
    # A reader sees one moment from begin to end, as it does on SQLite.
    if connection.get_execution_options().get(_READ_ONLY):
        connection.exec_driver_sql("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")


def _sqlite_engine(url: str) -> Engine:
    engine = create_engine(url, connect_args={"timeout": _BUSY_SECONDS})
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


def _prepare_sqlite(connection: DBAPIConnection, _entry: ConnectionPoolEntry) -> None:
    # The driver would begin transactions only at the first write; `_begin_sqlite` does it instead.
    connection.isolation_level = None
    cursor = connection.cursor()
    cursor.execute("PRAGMA foreign_keys=ON")
    cursor.close()


def _begin_sqlite(connection: Connection) -> None:
    # A writer takes its place at once: one that read first could not wait for another writer,
    # and would fail however long busy_timeout is.
    options = connection.get_execution_options()
    if options.get(_READ_ONLY, False):
        connection.exec_driver_sql("BEGIN")
        return
    synchronous = "FULL" if options.get(_DURABLE, False) else "NORMAL"
    if connection.info.get(_SYNCHRONOUS) != synchronous:  # stays with the connection once set
        connection.exec_driver_sql(f"PRAGMA synchronous={synchronous}")
        connection.info[_SYNCHRONOUS] = synchronous
    connection.exec_driver_sql("BEGIN IMMEDIATE")


def _make_folder(engine: Engine) -> None:
    database = engine.url.database
    if engine.dialect.name == "sqlite" and database:
        Path(database).parent.mkdir(parents=True, exist_ok=True)
