"""The records database: the way in, and the unit of work."""

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import closing, contextmanager
from datetime import datetime

import structlog
from sqlalchemy.exc import InterfaceError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeoutError
from sqlalchemy.orm import Session

from service.audit_chain import Entry, Line
from service.repository.assignments import Assignments
from service.repository.audit import AuditLog, append
from service.repository.contacts import Contacts
from service.repository.endpoints import Endpoints
from service.repository.engine import (
    DURABLE,
    PATIENCE,
    READ_ONLY,
    Patience,
    RecordsUnavailableError,
    make_folder,
    opened,
    trouble,
)
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

_log = structlog.get_logger("shuke.records")


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
    patience
        How long to wait for a connection, for another writer, for the server.

    Raises
    ------
    BadDatabaseUrlError
        If the URL is malformed, of another database, or its driver is not installed.
    """

    def __init__(self, url: str, patience: Patience = PATIENCE) -> None:
        self._engine = opened(url, patience)
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
        make_folder(self._engine)
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

        Raises
        ------
        RecordsUnavailableError
            The database is gone, or locked for longer than the patience; nothing was changed.
        StorageFullError
        """
        with self._answering(), Session(self._engine, expire_on_commit=False) as session:
            work = Work(session)
            try:
                with session.begin():
                    options = {READ_ONLY: read_only, DURABLE: durable}
                    session.connection(execution_options=options)
                    yield work
            finally:
                if work.keys.changed:
                    self.state_of_keys = object()

    def add_lines(self, entries: Sequence[Entry], at: datetime) -> list[Line]:
        """Add lines to the audit log, in a transaction of their own that needs no session.

        Raises
        ------
        RecordsUnavailableError, StorageFullError
        """
        with self._answering(), self._engine.begin() as connection:
            return append(connection, entries, at)

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

    @contextmanager
    def _answering(self) -> Iterator[None]:
        try:
            yield
        except (OperationalError, InterfaceError, PoolTimeoutError) as error:
            _log.warning("records not written or read", error=str(error))
            raise trouble(error, self._engine.dialect.name) from error

    def close(self) -> None:
        """Close the pooled connections; the next use opens new ones."""
        self._engine.dispose()
