"""Text -> checked filter: known columns, agreeing kinds, nothing else."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp, parse_one
from sqlglot.errors import ParseError

from service.predicates.columns import Columns
from service.predicates.operands import Operands
from service.predicates.tree import (
    Compare,
    Every,
    Kind,
    Like,
    Missing,
    Not,
    OneOf,
    Operand,
    Operator,
    Predicate,
    Some,
    Value,
)
from service.predicates.words import check_words, refuse

_OPERATORS: Mapping[type[exp.Expr], Operator] = {
    exp.EQ: "=",
    exp.NEQ: "!=",
    exp.LT: "<",
    exp.LTE: "<=",
    exp.GT: ">",
    exp.GTE: ">=",
}
_CONDITION = "Write a condition such as churn_60d > 0.6."


def parse(text: str, columns: Columns) -> Predicate:
    """Return the filter that a text says over the columns of a list.

    Parameters
    ----------
    text
        Such as ``churn_60d > 0.6 and store_id in ('318', '406')``.

    Raises
    ------
    BadFilterError
        With the place in the text and what to do.
    """
    check_words(text)
    try:
        return _Conditions(Operands(text, columns)).read(parse_one(text))
    except ParseError as error:
        refuse(text, _place(text, error), "The filter cannot be read from here on", _CONDITION)
    except RecursionError:
        refuse(text, 0, "The filter is nested too deeply", "Write it in fewer steps.")


def _place(text: str, error: ParseError) -> int:
    """Return where the parser stopped; it counts lines and the last character of a word."""
    told = error.errors[0]
    lines = text.split("\n")[: int(told["line"] or 1) - 1]
    at = sum(len(line) + 1 for line in lines) + int(told["col"] or 1)
    return max(at - len(told["highlight"] or " "), 0)


@dataclass(frozen=True)
class _Conditions:
    """Reads the conditions in one parsed text; a node that is not named here is refused."""

    operands: Operands

    def read(self, node: exp.Expr) -> Predicate:
        readers: Mapping[type[exp.Expr], Callable[[exp.Expr], Predicate]] = {
            **dict.fromkeys(_OPERATORS, self._compare),
            exp.Paren: self._inner,
            exp.And: lambda one: Every(self._chain(one)),
            exp.Or: lambda one: Some(self._chain(one)),
            exp.Not: lambda one: Not(self._inner(one)),
            exp.Between: self._between,
            exp.In: self._one_of,
            exp.Like: self._like,
            exp.Is: self._missing,
            exp.Column: self._flag,
        }
        if type(node) not in readers:
            self.operands.refuse(node, "A condition is wanted here", _CONDITION)
        return readers[type(node)](node)

    def _inner(self, node: exp.Expr) -> Predicate:
        return self.read(self.operands.parts(node, "this")["this"])

    def _chain(self, node: exp.Expr) -> tuple[Predicate, ...]:
        """Read a chain of one connective from its last part to its first: it may be long."""
        read: list[Predicate] = []
        one, connective = node, type(node)
        while type(one) is connective:
            parts = self.operands.parts(one, "this", "expression")
            read.append(self.read(parts["expression"]))
            one = parts["this"]
        return (self.read(one), *reversed(read))

    def _compare(self, node: exp.Expr) -> Predicate:
        parts = self.operands.parts(node, "this", "expression")
        left, right = self.operands.agreeing(node, [parts["this"], parts["expression"]])
        if _OPERATORS[type(node)] not in ("=", "!="):
            self._check_ordered(node, left)
        return Compare(_OPERATORS[type(node)], left, right)

    def _between(self, node: exp.Expr) -> Predicate:
        parts = self.operands.parts(node, "this", "low", "high")
        nodes = [parts["this"], parts["low"], parts["high"]]
        one, low, high = self.operands.agreeing(node, nodes)
        self._check_ordered(node, one)
        return Every((Compare(">=", one, low), Compare("<=", one, high)))

    def _check_ordered(self, node: exp.Expr, one: Operand) -> None:
        if one.kind is Kind.BOOLEAN:
            self.operands.refuse(node, "true and false have no order", "Compare with = or !=.")

    def _one_of(self, node: exp.Expr) -> Predicate:
        parts = self.operands.parts(node, "this", "expressions")
        listed = parts.get("expressions", [])
        one, *others = self.operands.agreeing(node, [parts["this"], *listed])
        values = tuple(other for other in others if isinstance(other, Value))
        if not values or len(values) < len(others) or isinstance(one, Value):
            self.operands.refuse(
                node, "in takes a column and constants", "Write store_id in ('318', '406')."
            )
        return OneOf(one, values)

    def _like(self, node: exp.Expr) -> Predicate:
        parts = self.operands.parts(node, "this", "expression", "negate")
        one, pattern = self.operands.one(parts["this"]), self.operands.one(parts["expression"])
        if one.kind is not Kind.TEXT or isinstance(one, Value):
            self.operands.refuse(node, "like takes a text column", "Compare with = or <.")
        if not isinstance(pattern, Value) or not isinstance(pattern.plain, str):
            self.operands.refuse(node, "like takes a constant form", "Write like 'spring%'.")
        if "\\" in pattern.plain:
            self.operands.refuse(
                node, "Nothing can be escaped after like", "Leave the backslash out, or use =."
            )
        said = Like(one, pattern.plain)
        # The parser hides the not of `not like` in the node, where others stand outside.
        return Not(said) if parts.get("negate") else said

    def _missing(self, node: exp.Expr) -> Predicate:
        parts = self.operands.parts(node, "this", "expression")
        if not isinstance(parts["expression"], exp.Null):
            self.operands.refuse(node, "is goes with null alone", "Write is null, or = true.")
        one = self.operands.one(parts["this"])
        if isinstance(one, Value):
            self.operands.refuse(node, "A constant is never missing", "Name a column.")
        return Missing(one)

    def _flag(self, node: exp.Expr) -> Predicate:
        one = self.operands.one(node)
        if one.kind is not Kind.BOOLEAN:
            self.operands.refuse(node, f"A {one.kind} alone is no condition", _CONDITION)
        return Compare("=", one, Value(True, Kind.BOOLEAN))
