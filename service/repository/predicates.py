"""A filter as an SQL condition with bound parameters, for SQLite and PostgreSQL."""

from collections.abc import Callable, Mapping
from typing import Any

from sqlalchemy import (
    Boolean,
    ColumnElement,
    Double,
    String,
    and_,
    collate,
    func,
    literal,
    not_,
    or_,
)
from sqlalchemy.types import TypeEngine

from service.predicates.tree import (
    TESTS,
    Call,
    Column,
    Compare,
    Every,
    Kind,
    Like,
    Missing,
    Not,
    OneOf,
    Operand,
    Predicate,
    Some,
    Value,
)
from service.repository.schema import UtcTime

_TYPES: Mapping[Kind, Callable[[], TypeEngine[Any]]] = {
    Kind.NUMBER: Double,
    Kind.TEXT: String,
    Kind.MOMENT: UtcTime,
    Kind.BOOLEAN: Boolean,
}
_GLOB = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}


def condition(
    predicate: Predicate, columns: Mapping[str, ColumnElement[Any]], dialect: str
) -> ColumnElement[bool]:
    """Return a filter as a condition.

    Parameters
    ----------
    columns
        What stands for each column the filter may name.
    dialect
        SQLAlchemy's name of the database.
    """
    return _Renderer(columns, dialect).condition(predicate)


def ordered(column: ColumnElement[Any], kind: Kind, dialect: str) -> ColumnElement[Any]:
    """Return a column as its order is the same on every database: text by code points."""
    # SQLite compares bytes of itself; PostgreSQL by the customs of a country unless told.
    return collate(column, "C") if kind is Kind.TEXT and dialect == "postgresql" else column


class _Renderer:
    def __init__(self, columns: Mapping[str, ColumnElement[Any]], dialect: str) -> None:
        self._columns = columns
        self._dialect = dialect

    def condition(self, predicate: Predicate) -> ColumnElement[bool]:
        match predicate:
            case Compare(operator=test, left=left, right=right):
                met: ColumnElement[bool] = TESTS[test](self._value(left), self._value(right))
                return met
            case OneOf(operand=one, values=values):
                return self._value(one).in_([self._value(value) for value in values])
            case Like(operand=one, pattern=pattern):
                return self._like(self._value(one), pattern)
            case Missing(operand=one):
                return self._value(one).is_(None)
            case Not(part=part):
                return not_(self.condition(part))
            case Every(parts=parts):
                return and_(*(self.condition(part) for part in parts))
            case Some(parts=parts):
                return or_(*(self.condition(part) for part in parts))

    def _like(self, text: ColumnElement[Any], pattern: str) -> ColumnElement[bool]:
        if self._dialect != "sqlite":
            return text.like(pattern)
        # SQLite's LIKE takes A for a; GLOB does not, and has other wild cards.
        glob = "".join(_GLOB.get(character, character) for character in pattern)
        return text.bool_op("GLOB")(literal(glob))

    def _value(self, operand: Operand) -> ColumnElement[Any]:
        match operand:
            case Value(plain=plain, kind=kind):
                return literal(plain, _TYPES[kind]())
            case Column(name=name, kind=kind):
                return ordered(self._columns[name], kind, self._dialect)
            case Call(function="coalesce", operands=operands):
                return func.coalesce(*map(self._value, operands))
            case Call(function=function, operands=(one,)):
                # Under the collation C, lower knows the letters A to Z alone, as on SQLite.
                return (func.abs if function == "abs" else func.lower)(self._value(one))
        raise AssertionError(operand)
