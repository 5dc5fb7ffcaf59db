"""A filter decided for one row, in plain Python, as the engines decide it for a table."""

import re
from collections.abc import Mapping
from string import ascii_lowercase, ascii_uppercase
from typing import Any

from features.clock import utc
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
    Plain,
    Predicate,
    Some,
    Value,
)

_LOWER = str.maketrans(ascii_uppercase, ascii_lowercase)


def holds(predicate: Predicate, row: Mapping[str, object]) -> bool:
    """Return whether a row meets a filter; unknown is not met.

    Parameters
    ----------
    row
        Value by column name; None, NaN and a name that is not there are missing.
    """
    return _truth(predicate, row) is True


def _truth(predicate: Predicate, row: Mapping[str, object]) -> bool | None:
    match predicate:
        case Compare(operator=test, left=left, right=right):
            values = _value(left, row), _value(right, row)
            return None if None in values else TESTS[test](*values)
        case OneOf(operand=one, values=values):
            found = _value(one, row)
            return None if found is None else any(found == value.plain for value in values)
        case Like(operand=one, pattern=pattern):
            text = _value(one, row)
            return None if text is None else _like(pattern).fullmatch(str(text)) is not None
        case Missing(operand=one):
            return _value(one, row) is None
        case Not(part=part):
            truth = _truth(part, row)
            return None if truth is None else not truth
        case Every(parts=parts):
            return _first_of(False, {_truth(part, row) for part in parts})
        case Some(parts=parts):
            return _first_of(True, {_truth(part, row) for part in parts})


def _first_of(decisive: bool, truths: set[bool | None]) -> bool | None:
    if decisive in truths:
        return decisive
    return None if None in truths else not decisive


def _value(operand: Operand, row: Mapping[str, object]) -> Plain | None:
    match operand:
        case Value(plain=plain):
            return plain
        case Column(name=name, kind=kind):
            return _plain(row.get(name), kind)
        case Call(function="coalesce", operands=operands):
            return next((v for o in operands if (v := _value(o, row)) is not None), None)
        case Call(function=function, operands=(one,)):
            found: Any = _value(one, row)
            if found is None:
                return None
            applied: Plain = abs(found) if function == "abs" else found.translate(_LOWER)
            return applied
    raise AssertionError(operand)


def _plain(found: Any, kind: Kind) -> Plain | None:
    if found is None or found != found:  # NaN, and pandas' NaT
        return None
    return utc(found) if kind is Kind.MOMENT else found


def _like(pattern: str) -> re.Pattern[str]:
    wild = {"%": ".*", "_": "."}
    return re.compile("".join(wild.get(c) or re.escape(c) for c in pattern), re.DOTALL)
