"""The operands of a filter: columns, constants and functions, each of one kind."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import isfinite
from typing import Any, NoReturn

from sqlglot import exp

from features.clock import utc
from service.predicates.columns import Columns, nearest
from service.predicates.tree import Call, Column, Function, Kind, Operand, Value
from service.predicates.words import refuse

EARLIEST, LATEST = datetime(1900, 1, 1, tzinfo=UTC), datetime(2200, 1, 1, tzinfo=UTC)

_FUNCTIONS: Mapping[type[exp.Expr], Function] = {
    exp.Abs: "abs",
    exp.Lower: "lower",
    exp.Coalesce: "coalesce",
}
_TAKES: Mapping[Function, Kind] = {"abs": Kind.NUMBER, "lower": Kind.TEXT}
_WRITING = "Text and moments stand in single quotes, numbers bare, booleans are true or false."


@dataclass(frozen=True)
class Operands:
    """Reads the operands in one parsed text; what is not named here is refused."""

    text: str
    columns: Columns

    def one(self, node: exp.Expr) -> Operand:
        """Return what a node says where a column, a constant or a function may stand."""
        match node:
            case exp.Paren():
                return self.one(self.parts(node, "this")["this"])
            case exp.Column():
                return self._column(node)
            case exp.Literal(is_string=True):
                return Value(node.name, Kind.TEXT)
            case exp.Literal():
                return self._number(node, node.name)
            case exp.Neg(this=exp.Literal(is_string=False) as digits):
                return self._number(digits, f"-{digits.name}")
            case exp.Boolean():
                return Value(bool(node.this), Kind.BOOLEAN)
            case exp.Null():
                self.refuse(node, "Nothing equals null", "Write is null or is not null.")
        if type(node) not in _FUNCTIONS:
            self.refuse(
                node, "A column or a constant is wanted here", "Join conditions with and and or."
            )
        return self._call(node)

    def agreeing(self, node: exp.Expr, nodes: Sequence[exp.Expr]) -> tuple[Operand, ...]:
        """Return operands of one kind, not all of them constants.

        Text beside a moment is read as a moment.
        """
        operands = [self.one(each) for each in nodes]
        kinds = sorted({one.kind for one in operands if not isinstance(one, Value)})
        if not kinds:
            self.refuse(node, "Only constants are named here", "Name a column.")
        if len(kinds) > 1:
            self.refuse(node, f"A {kinds[0]} does not go with a {kinds[1]}", _WRITING)
        pairs = zip(nodes, operands, strict=True)
        return tuple(self._as(kinds[0], where, one) for where, one in pairs)

    def parts(self, node: exp.Expr, *names: str) -> dict[str, Any]:
        """Return the parts of a node; one that is not named is refused, never passed over."""
        found = {name: part for name, part in node.args.items() if part}
        if not found.keys() <= set(names):
            self.refuse(node, "This form is not part of the language", "See docs/filters.md.")
        return found

    def refuse(self, node: exp.Expr, what: str, todo: str) -> NoReturn:
        """Raise `BadFilterError` at the first word of a node."""
        starts = [each.meta["start"] for each in node.walk() if "start" in each.meta]
        refuse(self.text, min(starts, default=0), what, todo)

    def _column(self, node: exp.Expr) -> Column:
        name = self.parts(node, "this")["this"].name
        if name not in self.columns:
            self.refuse(node, f"There is no column {name}", nearest(name, self.columns))
        return self.columns[name].column

    def _number(self, node: exp.Expr, digits: str) -> Value:
        number = float(digits)
        if not isfinite(number):
            self.refuse(node, "The number is too large", "Numbers are below 1.8e308.")
        return Value(number, Kind.NUMBER)

    def _call(self, node: exp.Expr) -> Call:
        function = _FUNCTIONS[type(node)]
        found = self.parts(node, "this", "expressions")
        operands = self.agreeing(node, [found["this"], *found.get("expressions", [])])
        kind = _TAKES.get(function, operands[0].kind)
        if operands[0].kind is not kind:
            self.refuse(node, f"{function} takes a {kind}", f"Name a {kind} column.")
        return Call(function, operands, kind)

    def _as(self, kind: Kind, node: exp.Expr, one: Operand) -> Operand:
        if one.kind is kind:
            return one
        if kind is not Kind.MOMENT or not isinstance(one, Value) or not isinstance(one.plain, str):
            self.refuse(node, f"A {one.kind} does not go with a {kind}", _WRITING)
        return Value(self._moment(node, one.plain), Kind.MOMENT)

    def _moment(self, node: exp.Expr, written: str) -> datetime:
        try:
            moment = utc(datetime.fromisoformat(written))
        except (ValueError, OverflowError):
            moment = None
        if moment is None or not EARLIEST <= moment <= LATEST:
            self.refuse(
                node,
                f"This is no moment from {EARLIEST.year} to {LATEST.year}",
                "Write '2018-01-31' or '2018-01-31T09:30:00+08:00'; without a zone it is UTC.",
            )
        return moment
