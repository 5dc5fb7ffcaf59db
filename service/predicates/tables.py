"""A filter as an Ibis expression, for DuckDB and Spark."""

import operator
from functools import reduce
from string import ascii_lowercase, ascii_uppercase
from typing import Any

import ibis

from features.clock import naive
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


def condition(predicate: Predicate, table: Any) -> Any:
    """Return a filter as a boolean column of `table`.

    Constants become typed literals of the expression tree; Ibis writes them for each engine.

    Parameters
    ----------
    table
        Has the columns the filter reads: numbers as float64, moments as naive UTC.
    """
    match predicate:
        case Compare(operator=test, left=left, right=right):
            return TESTS[test](operand(left, table), operand(right, table))
        case OneOf(operand=one, values=values):
            return operand(one, table).isin([_literal(value) for value in values])
        case Like(operand=one, pattern=pattern):
            return operand(one, table).like(pattern)
        case Missing(operand=one):
            return operand(one, table).isnull()
        case Not(part=part):
            return ~condition(part, table)
        case Every(parts=parts):
            return reduce(operator.and_, (condition(part, table) for part in parts))
        case Some(parts=parts):
            return reduce(operator.or_, (condition(part, table) for part in parts))


def operand(one: Operand, table: Any) -> Any:
    """Return a column of `table`, a constant or a function of them."""
    match one:
        case Value():
            return _literal(one)
        case Column(name=name, kind=Kind.NUMBER):
            # NaN is a value to the engines, and missing to everybody else.
            return table[name].nullif(ibis.literal(float("nan")))
        case Column(name=name):
            return table[name]
        case Call(function="coalesce", operands=operands):
            return ibis.coalesce(*(operand(each, table) for each in operands))
        case Call(function="abs", operands=(inner,)):
            return operand(inner, table).abs()
        case Call(function="lower", operands=(inner,)):
            # The engines' own lower differ beyond ASCII.
            return operand(inner, table).translate(ascii_uppercase, ascii_lowercase)
    raise AssertionError(one)


def _literal(value: Value) -> Any:
    plain: Any = value.plain
    match value.kind:
        case Kind.NUMBER:
            # As text: an engine may read bare digits as a decimal and round them twice.
            return ibis.literal(repr(plain)).cast("float64")
        case Kind.MOMENT:
            return ibis.literal(naive(plain), type="timestamp(6)")
        case _:
            return ibis.literal(plain)
