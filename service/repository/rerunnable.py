"""Shared by the repositories: inserts that a rerun cannot repeat, and rows turned into records."""

from collections.abc import Mapping, Sequence
from dataclasses import fields
from typing import TYPE_CHECKING, Any, TypeVar

from sqlalchemy.dialects import postgresql, sqlite
from sqlalchemy.orm import Session

from service.repository.schema import Base

if TYPE_CHECKING:
    from _typeshed import DataclassInstance

Record = TypeVar("Record", bound="DataclassInstance")


def insert_new(session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]) -> int:
    """Insert the rows that no unique constraint knows yet and return how many they were."""
    return len(new_keys(session, table, rows))


def new_keys(
    session: Session, table: type[Base], rows: Sequence[Mapping[str, Any]]
) -> Sequence[Any]:
    """Insert the rows that no unique constraint knows yet and return their keys.

    The database decides, not a query before the insert: of two writers at the same moment one
    adds the row and the other adds nothing. Other broken constraints raise as ever.
    """
    if not rows:
        return []
    insert = _insert(session.get_bind().dialect.name, table)
    key = table.__mapper__.primary_key[0]
    added = session.scalars(insert.on_conflict_do_nothing().returning(key), list(rows))
    return added.all()


def _insert(dialect: str, table: type[Base]) -> sqlite.Insert | postgresql.Insert:
    return sqlite.insert(table) if dialect == "sqlite" else postgresql.insert(table)


def as_row(record: "DataclassInstance") -> dict[str, Any]:
    """Return a record's fields by name."""
    return {field.name: getattr(record, field.name) for field in fields(record)}


def as_record(row: Base, kind: type[Record]) -> Record:
    """Return a row as a record of `kind`, whose fields are columns of the row."""
    return kind(**{field.name: getattr(row, field.name) for field in fields(kind)})
