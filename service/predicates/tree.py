"""A checked filter as data: what parsing gives and every engine renders."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal


class Kind(StrEnum):
    """What a column or a value is."""

    NUMBER = "number"
    TEXT = "text"
    MOMENT = "moment"
    BOOLEAN = "boolean"


Plain = float | str | datetime | bool
Operator = Literal["=", "!=", "<", "<=", ">", ">="]
Function = Literal["abs", "lower", "coalesce"]
TESTS: Mapping[Operator, Callable[[Any, Any], Any]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True, slots=True)
class Column:
    """A column of the list the filter is about."""

    name: str
    kind: Kind


@dataclass(frozen=True, slots=True)
class Value:
    """A constant; moments are aware UTC, numbers are finite."""

    plain: Plain
    kind: Kind


@dataclass(frozen=True, slots=True)
class Call:
    """A function of operands; `lower` knows the letters A to Z alone."""

    function: Function
    operands: tuple["Operand", ...]
    kind: Kind


Operand = Column | Value | Call


@dataclass(frozen=True, slots=True)
class Compare:
    """Two operands of one kind; unknown where either is missing."""

    operator: Operator
    left: Operand
    right: Operand


@dataclass(frozen=True, slots=True)
class OneOf:
    """Whether an operand equals one of some constants; unknown where it is missing."""

    operand: Operand
    values: tuple[Value, ...]


@dataclass(frozen=True, slots=True)
class Like:
    """Whether a text has a form: `%` is any text, `_` any one character; case matters."""

    operand: Operand
    pattern: str


@dataclass(frozen=True, slots=True)
class Missing:
    """Whether an operand is missing; never unknown itself."""

    operand: Operand


@dataclass(frozen=True, slots=True)
class Not:
    """The opposite; of unknown it is unknown."""

    part: "Predicate"


@dataclass(frozen=True, slots=True)
class Every:
    """True where all parts are, false where one is, else unknown."""

    parts: tuple["Predicate", ...]


@dataclass(frozen=True, slots=True)
class Some:
    """True where one part is, false where all are, else unknown."""

    parts: tuple["Predicate", ...]


Predicate = Compare | OneOf | Like | Missing | Not | Every | Some


def column_names(predicate: Predicate) -> set[str]:
    """Return the names of the columns a filter reads."""
    return {column.name for column in _columns(predicate)}


def _columns(node: Predicate | Operand) -> Iterator[Column]:
    match node:
        case Column():
            yield node
        case Call(operands=inner) | Every(parts=inner) | Some(parts=inner):
            for each in inner:
                yield from _columns(each)
        case Compare(left=left, right=right):
            yield from _columns(left)
            yield from _columns(right)
        case OneOf(operand=one) | Like(operand=one) | Missing(operand=one) | Not(part=one):
            yield from _columns(one)
        case Value():
            return
