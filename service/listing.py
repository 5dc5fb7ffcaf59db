"""A list read from a table: filtered, in order, from a place on, as rows or as a stream."""

from collections.abc import Iterator, Sequence
from typing import Any

from service.predicates.paging import Place, Sort, beyond
from service.predicates.tables import condition, operand
from service.predicates.tree import Column, Predicate

Rows = Sequence[tuple[Any, ...]]

_STREAMED = 5_000


def kept(table: Any, met: Predicate | None) -> Any:
    """Return the rows of a table that meet a filter; without one all of them."""
    return table if met is None else table.filter(condition(met, table))


def ordered(table: Any, sort: Sort, key: Column, after: Place | None = None) -> Any:
    """Return the rows of a table in an order, after a place."""
    rest = kept(table, None if after is None else beyond(sort, key, after))
    by = operand(sort.column, rest)
    direction = by.desc() if sort.descending else by.asc()
    ties = [] if sort.column == key else [rest[key.name]]
    return rest.order_by(by.isnull(), direction, *ties)


def rows(table: Any, limit: int) -> list[dict[str, Any]]:
    """Return the first rows of a table, with None for what is missing."""
    found: list[dict[str, Any]] = table.limit(limit).to_pyarrow().to_pylist()
    return found


def stream(table: Any) -> Iterator[Rows]:
    """Yield all rows of a table of the embedded engine, some at a time, as it hands them out."""
    con = table.get_backend()
    # Ibis 12 asks DuckDB 2 for its batches by a name that is gone.
    for batch in con.con.sql(con.compile(table)).to_arrow_reader(_STREAMED):
        yield list(zip(*(column.to_pylist() for column in batch.columns), strict=True))
