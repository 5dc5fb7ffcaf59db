"""Schema migrations, run from the installed package."""

import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from importlib.resources import files
from typing import TYPE_CHECKING

from sqlalchemy import Connection, Engine, func, inspect, select, text

if TYPE_CHECKING:
    from alembic.config import Config

_LOCK = 740_219_556  # any number, the same for everyone who migrates this schema
_WAIT_SECONDS = 30.0
_PAUSE_SECONDS = 0.05


Seal = Callable[[str, str], str]
"""Seals a secret of an endpoint, by its id."""


def upgrade(engine: Engine, seal: Seal | None = None) -> bool:
    """Bring a database to the newest version; say whether its file may hold secrets it held before.

    All in one transaction that holds a lock: of two processes the second waits, then finds
    nothing to do; a migration that fails leaves nothing behind.
    """
    if engine.dialect.name == "sqlite":
        _use_write_ahead_log(engine)
    with engine.begin() as connection:
        if connection.dialect.name == "postgresql":
            connection.execute(text(f"SET LOCAL lock_timeout = '{_WAIT_SECONDS}s'"))
            connection.execute(select(func.pg_advisory_xact_lock(_LOCK)))
        if _version(connection) == newest():
            return False
        return _migrated(connection, seal)


def newest() -> str:
    """Return the newest version there is, by the names of the files."""
    versions = files("service.repository") / "migrations" / "versions"
    names = (each.name for each in versions.iterdir())
    return max(name[1:].split("_")[0] for name in names if name.startswith("r"))


def _version(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _migrated(connection: Connection, seal: Seal | None) -> bool:
    # A twentieth of the time a server takes to start goes to this import, mostly for nothing.
    from alembic import command

    config = _config(connection, seal)
    command.upgrade(config, "head")
    return bool(config.attributes.get("cleared"))


def _config(connection: Connection, seal: Seal | None) -> "Config":
    from alembic.config import Config

    config = Config()
    config.set_main_option("script_location", "service.repository:migrations")
    config.set_main_option("path_separator", "os")
    config.attributes.update(connection=connection, seal=seal)
    return config


def _use_write_ahead_log(engine: Engine) -> None:
    # Stays in the file once set; cannot be set inside a transaction, so below SQLAlchemy. While
    # another process sets it too, SQLite answers "locked" at once and does not wait by itself.
    give_up_at = time.monotonic() + _WAIT_SECONDS
    with closing(engine.raw_connection()) as connection, closing(connection.cursor()) as cursor:
        while True:
            try:
                cursor.execute("PRAGMA journal_mode=WAL")
            except sqlite3.OperationalError as error:
                if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or time.monotonic() > give_up_at:
                    raise
                time.sleep(_PAUSE_SECONDS)
            else:
                return
