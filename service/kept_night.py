"""The night that lists are read from again and again, joined once.

Pages of a list ask the same night, so joining its batches for each would take ten times as long as
finding the rows of the page.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

import pyarrow as pa

from features.engine import connect

KEPT_CUSTOMERS = 1_000_000  # at about 160 bytes each, in every process that serves
_NAME = "kept_night"


@dataclass
class KeptNight:
    """Holds the rows of one night in memory for as long as they are the same.

    Attributes
    ----------
    most
        A night of more rows is not kept, so that memory does not grow with the company.
    """

    most: int = KEPT_CUSTOMERS
    _turn: Lock = field(default_factory=Lock, init=False, repr=False)
    _key: object = field(default=None, init=False, repr=False)
    _rows: pa.Table | None = field(default=None, init=False, repr=False)

    def table(self, key: object, joined: Callable[[], Any]) -> Any | None:
        """Return a night as a table on a connection of its own; None if it is too large to keep.

        Parameters
        ----------
        key
            What differs whenever the rows may.
        joined
            Gives the table of the night; asked only under another key than the last time.
        """
        rows = self._under(key, joined)
        if rows is None:
            return None
        con = connect()
        con.con.register(_NAME, rows)
        return con.table(_NAME)

    def _under(self, key: object, joined: Callable[[], Any]) -> pa.Table | None:
        with self._turn:  # whoever comes meanwhile wants the same, and would do the same work
            if key != self._key:
                self._key = self._rows = None  # one night at a time, and none if this fails
                rows = joined().limit(self.most + 1).to_pyarrow()
                self._key, self._rows = key, rows if len(rows) <= self.most else None
            return self._rows
