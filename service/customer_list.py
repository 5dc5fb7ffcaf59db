"""The customers list: one night of the board, filtered, in order, and what changed in it."""

from collections.abc import Collection, Iterator
from dataclasses import dataclass
from typing import Any

from service import listing
from service.board import Board, Night
from service.customer_row import CUSTOMER_COLUMNS, CUSTOMER_ID, CustomerRow
from service.predicates.paging import Place, Sort
from service.predicates.tree import Predicate, column_names


@dataclass(frozen=True, slots=True)
class Customers:
    """Which customers of which night.

    Attributes
    ----------
    met
        A filter over `CUSTOMER_COLUMNS`; None takes all.
    then
        Only customers of whom `night` says another value, band or status than this one said.
    seen
        Only these, whom the viewer sees; None is everybody.
    """

    night: Night
    met: Predicate | None = None
    then: Night | None = None
    seen: Collection[str] | None = None


@dataclass(frozen=True)
class CustomerList:
    """Reads the list from the board."""

    board: Board

    def page(
        self, asked: Customers, *, sort: Sort, limit: int, after: Place | None = None
    ) -> list[CustomerRow]:
        """Return at most `limit` customers after `after`, in the order of `sort`."""
        table = self._table(asked, sort, after)
        return [CustomerRow(**row) for row in listing.rows(table, limit)]

    def whole(
        self, asked: Customers, *, sort: Sort, after: Place | None = None
    ) -> Iterator[listing.Rows]:
        """Yield all customers after `after`, some at a time, as they are read.

        Values are in the order of the fields of `CustomerRow`.
        """
        return listing.stream(self._table(asked, sort, after))

    def count(self, asked: Customers) -> int:
        """Return how many customers the whole list holds."""
        read = column_names(asked.met) if asked.met else set()
        table = self.board.table(asked.night, read, asked.then, asked.seen)
        return int(listing.kept(table, asked.met).count().execute())

    def _table(self, asked: Customers, sort: Sort, after: Place | None) -> Any:
        table = self.board.table(asked.night, CUSTOMER_COLUMNS, asked.then, asked.seen)
        return listing.ordered(listing.kept(table, asked.met), sort, CUSTOMER_ID, after)
