"""Where a page begins: an order with ties broken by an id, and the filter of what comes after."""

from collections.abc import Collection
from dataclasses import dataclass

from features.errors import InputError
from service.predicates.columns import Columns, nearest
from service.predicates.tree import (
    Column,
    Compare,
    Every,
    Kind,
    Missing,
    Plain,
    Predicate,
    Some,
    Value,
)

Place = tuple[Plain | None, str]


class BadSortError(InputError):
    """A list has no such order."""

    code = "bad-sort"


@dataclass(frozen=True, slots=True)
class Sort:
    """An order of rows; missing values come last in either direction, ties by id."""

    column: Column
    descending: bool


def sort_of(text: str, columns: Columns) -> Sort:
    """Return the order a text names: a column, with ``-`` before it for the greatest first.

    Raises
    ------
    BadSortError
    """
    name = text.removeprefix("-")
    sortable = [each for each, column in columns.items() if column.kind is not Kind.BOOLEAN]
    if name not in sortable:
        raise BadSortError(
            f"The list cannot be sorted by {name[:100]}",
            where="sort",
            todo=nearest(name[:100], sortable),
        )
    return Sort(columns[name].column, text.startswith("-"))


def beyond(sort: Sort, key: Column, place: Place) -> Predicate:
    """Return the filter of the rows after a place.

    Parameters
    ----------
    key
        The id, which no two rows share.
    place
        Sort value and id of the last row given.
    """
    value, last = place
    later = Compare(">", key, Value(last, Kind.TEXT))
    if value is None:
        return Every((Missing(sort.column), later))
    constant = Value(value, sort.column.kind)
    further = Compare("<" if sort.descending else ">", sort.column, constant)
    tied = Every((Compare("=", sort.column, constant), later))
    return Some((further, tied, Missing(sort.column)))


def all_of(parts: Collection[Predicate | None]) -> Predicate | None:
    """Return the filter of what meets all parts that are there; None if none is."""
    given = tuple(part for part in parts if part is not None)
    return Every(given) if given else None
