"""Filters and rows as hypothesis draws them, and a filter written out as text."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from service.predicates.columns import Columns, ListColumn
from service.predicates.tree import (
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

KINDS: Mapping[str, Kind] = {
    "x": Kind.NUMBER,
    "y": Kind.NUMBER,
    "s": Kind.TEXT,
    "u": Kind.TEXT,
    "at": Kind.MOMENT,
    "told": Kind.MOMENT,
    "yes": Kind.BOOLEAN,
}
COLUMNS: Columns = {name: ListColumn(name, kind, "") for name, kind in KINDS.items()}
Row = dict[str, Plain | None]

# Case beyond ASCII, what each engine takes for a wild card or an escape, and more than two bytes.
_LETTERS = "aAzZéÉİßΣ中顾😀%_\\'\"*?[]^-. "
_TEXTS = st.one_of(st.sampled_from(["", "a", "A", "ab", "Ab", "中"]), st.text(_LETTERS, max_size=6))
_NUMBERS = st.one_of(
    st.sampled_from([-1.0, 0.0, 0.1, 0.30000000000000004, 1.0, 200.0]),
    st.floats(allow_nan=False, allow_infinity=False),
)
_FIRST = datetime(1990, 1, 1, tzinfo=UTC)
_MOMENTS = st.one_of(
    st.sampled_from([datetime(2018, 1, 1, tzinfo=UTC), datetime(2018, 1, 1, 0, 0, 0, 1, UTC)]),
    st.timedeltas(timedelta(), timedelta(days=40_000)).map(lambda past: _FIRST + past),
)
_PLAIN: Mapping[Kind, st.SearchStrategy[Plain]] = {
    Kind.NUMBER: _NUMBERS,
    Kind.TEXT: _TEXTS,
    Kind.MOMENT: _MOMENTS,
    Kind.BOOLEAN: st.booleans(),
}
_FORMS = st.text(_LETTERS.replace("\\", "") + "%%__", max_size=5)


def rows() -> st.SearchStrategy[list[Row]]:
    """Return a strategy for a few rows, any value of which may be missing."""
    row = {name: st.one_of(st.none(), _PLAIN[kind]) for name, kind in KINDS.items()}
    return st.lists(st.fixed_dictionaries(row), min_size=1, max_size=8)


def predicates() -> st.SearchStrategy[Predicate]:
    """Return a strategy for filters such as `parse` gives."""
    return st.recursive(
        st.one_of(_compared(), _listed(), _formed(), _missing()),
        lambda part: st.one_of(
            part.filter(lambda one: not isinstance(one, Not)).map(Not),
            st.lists(part, min_size=2, max_size=3).map(tuple).map(_every),
            st.lists(part, min_size=2, max_size=3).map(tuple).map(_some),
        ),
        max_leaves=6,
    )


def _every(parts: tuple[Predicate, ...]) -> Predicate:
    """Join parts as a reader of text does: a chain has no chain of its kind within."""
    first = parts[0]
    return Every((*first.parts, *parts[1:])) if isinstance(first, Every) else Every(parts)


def _some(parts: tuple[Predicate, ...]) -> Predicate:
    first = parts[0]
    return Some((*first.parts, *parts[1:])) if isinstance(first, Some) else Some(parts)


def _columns(kind: Kind) -> st.SearchStrategy[Operand]:
    return st.sampled_from([Column(n, k) for n, k in KINDS.items() if k is kind])


def _values(kind: Kind) -> st.SearchStrategy[Value]:
    return _PLAIN[kind].map(lambda plain: Value(plain, kind))


def _named(kind: Kind) -> st.SearchStrategy[Operand]:
    """Return a strategy for operands that name a column."""
    column = _columns(kind)
    first = st.tuples(column, st.one_of(column, _values(kind)))
    ways = [column, first.map(lambda both: Call("coalesce", both, kind))]
    if kind is Kind.NUMBER:
        ways.append(column.map(lambda one: Call("abs", (one,), kind)))
    if kind is Kind.TEXT:
        ways.append(column.map(lambda one: Call("lower", (one,), kind)))
    return st.one_of(*ways)


@st.composite
def _compared(draw: st.DrawFn) -> Predicate:
    kind = draw(st.sampled_from(list(Kind)))
    signs = ["=", "!="] if kind is Kind.BOOLEAN else ["=", "!=", "<", "<=", ">", ">="]
    sides = draw(st.tuples(_named(kind), st.one_of(_named(kind), _values(kind))))
    left, right = sides if draw(st.booleans()) else reversed(sides)
    return Compare(draw(st.sampled_from(signs)), left, right)  # type: ignore[arg-type]


@st.composite
def _listed(draw: st.DrawFn) -> Predicate:
    kind = draw(st.sampled_from(list(Kind)))
    values = draw(st.lists(_values(kind), min_size=1, max_size=3))
    return OneOf(draw(_named(kind)), tuple(values))


def _formed() -> st.SearchStrategy[Predicate]:
    return st.tuples(_named(Kind.TEXT), _FORMS).map(lambda both: Like(*both))


def _missing() -> st.SearchStrategy[Predicate]:
    return st.sampled_from(list(Kind)).flatmap(_named).map(Missing)


def written(node: Predicate | Operand) -> str:
    """Return the text of a filter, with parentheses wherever they may be."""
    match node:
        case Column(name=name):
            return name
        case Value(plain=bool() as plain):
            return str(plain).lower()
        case Value(plain=float() as plain):
            return repr(plain)
        case Value(plain=datetime() as plain):
            return f"'{plain.isoformat()}'"
        case Value(plain=plain):
            return _quoted(str(plain))
        case Call(function=function, operands=operands):
            return f"{function}({', '.join(map(written, operands))})"
        case Compare(operator=sign, left=left, right=right):
            return f"{written(left)} {sign} {written(right)}"
        case OneOf(operand=one, values=values):
            return f"{written(one)} in ({', '.join(map(written, values))})"
        case Like(operand=one, pattern=pattern):
            return f"{written(one)} like {_quoted(pattern)}"
        case Missing(operand=one):
            return f"{written(one)} is null"
        case Not(part=part):
            return f"not ({written(part)})"
        case Every(parts=parts):
            return " and ".join(f"({written(part)})" for part in parts)
        case Some(parts=parts):
            return " or ".join(f"({written(part)})" for part in parts)


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"
