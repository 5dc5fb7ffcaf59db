"""The few registry calls a rollback needs, on the embedded store, without importing MLflow.

Importing MLflow takes longer than a shop should wait for its old model. This reads and writes the
tables of `mlflow.db` exactly as MLflow does, and only those of a revision it was held against.
"""

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

REVISIONS = frozenset({"dc11669786a5"})  # of MLflow's schema; the tests hold each against MLflow
_WAIT_SECONDS = 30.0  # for another writer
_DELETED = "Deleted_Internal"


@dataclass(frozen=True)
class QuickVersion:
    """What MLflow calls a ModelVersion."""

    name: str
    version: str
    creation_timestamp: int
    run_id: str
    tags: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class QuickModel:
    """What MLflow calls a RegisteredModel."""

    name: str
    aliases: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True)
class _Data:
    metrics: dict[str, float]


@dataclass(frozen=True)
class QuickRun:
    """What MLflow calls a Run."""

    data: _Data


class QuickClient:
    """`MlflowClient` as far as roles of versions need it, under the same names.

    Parameters
    ----------
    database
        A SQLite file for which `fits` is true.
    """

    def __init__(self, database: Path) -> None:
        self._database = database

    @staticmethod
    def fits(database: Path) -> bool:
        """Return whether this is a store whose tables are known."""
        if not database.exists():
            return False
        try:
            with _opened(database) as store:
                found = store.execute("SELECT version_num FROM alembic_version").fetchall()
        except sqlite3.DatabaseError:
            return False
        return len(found) == 1 and found[0][0] in REVISIONS

    def search_registered_models(self) -> list[QuickModel]:
        """Return every model with its aliases."""
        with _opened(self._database) as store:
            names = store.execute("SELECT name FROM registered_models ORDER BY name").fetchall()
            aliases = store.execute("SELECT name, alias, version FROM registered_model_aliases")
            found = {name: QuickModel(name) for (name,) in names}
            for name, alias, version in aliases:
                found[name].aliases[alias] = str(version)
        return list(found.values())

    def search_model_versions(self, filter_string: str = "") -> list[QuickVersion]:
        """Return every version with its tags; a filter other than `name = '...'` is not known."""
        name = filter_string.removeprefix("name = '").removesuffix("'")
        with _opened(self._database) as store:
            rows = store.execute(
                "SELECT name, version, creation_time, run_id FROM model_versions"
                " WHERE current_stage <> ? AND (? = '' OR name = ?)",
                (_DELETED, name, name),
            ).fetchall()
            found = {(row[0], row[1]): QuickVersion(row[0], str(row[1]), *row[2:]) for row in rows}
            for model, version, key, value in store.execute(
                "SELECT name, version, key, value FROM model_version_tags"
            ):
                if (model, version) in found:
                    found[model, version].tags[key] = value
        return list(found.values())

    def get_run(self, run_id: str) -> QuickRun:
        """Return a run's newest metrics."""
        with _opened(self._database) as store:
            rows = store.execute(
                "SELECT key, CASE WHEN is_nan THEN NULL ELSE value END FROM latest_metrics"
                " WHERE run_uuid = ?",
                (run_id,),
            ).fetchall()
        return QuickRun(_Data({k: float("nan") if v is None else float(v) for k, v in rows}))

    def set_model_version_tag(self, name: str, version: str, key: str, value: str) -> None:
        """Set a tag of a version."""
        with _opened(self._database) as store:
            store.execute(
                "INSERT INTO model_version_tags (name, version, key, value) VALUES (?, ?, ?, ?)"
                " ON CONFLICT DO UPDATE SET value = excluded.value",
                (name, int(version), key, value),
            )

    def set_registered_model_alias(self, name: str, alias: str, version: str) -> None:
        """Let an alias name a version."""
        with _opened(self._database) as store:
            store.execute(
                "INSERT INTO registered_model_aliases (name, alias, version) VALUES (?, ?, ?)"
                " ON CONFLICT DO UPDATE SET version = excluded.version",
                (name, alias, int(version)),
            )

    def delete_registered_model_alias(self, name: str, alias: str) -> None:
        """Take an alias away; one that is not there is no error."""
        with _opened(self._database) as store:
            store.execute(
                "DELETE FROM registered_model_aliases WHERE name = ? AND alias = ?", (name, alias)
            )


@contextmanager
def _opened(database: Path) -> Iterator[sqlite3.Connection]:
    connection = sqlite3.connect(database, timeout=_WAIT_SECONDS)
    try:
        connection.execute("PRAGMA foreign_keys = ON")
        with connection:
            yield connection
    finally:
        connection.close()
