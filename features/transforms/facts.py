"""Rows that happened, and the cutoffs that know them."""

from collections.abc import Callable
from dataclasses import dataclass, replace

import ibis.expr.types as ir

from features.transforms.formulas import KEY
from features.transforms.knowledge import Cutoffs, known_lately


@dataclass(frozen=True, slots=True)
class Facts:
    """Rows of customers, of which each cutoff knows a part.

    Attributes
    ----------
    once
        Rows that became known as they happened, each once.
    each
        Rows of other customers beside every cutoff that knows them, with `as_of` and `age_days`;
        None for none.
    time
        The column that says when a row happened.
    """

    once: ir.Table
    each: ir.Table | None
    time: str
    cutoffs: Cutoffs

    def where(self, keep: Callable[[ir.Table], ir.BooleanValue]) -> "Facts":
        """Return those rows of which `keep` is true."""
        each = None if self.each is None else self.each.filter(keep(self.each))
        return replace(self, once=self.once.filter(keep(self.once)), each=each)

    def seen(self, *names: str, days: int | None = None) -> ir.Table:
        """Return rows beside every cutoff that knows them.

        Whoever needs rows asks for the columns needed: one wide table of all rows at all cutoffs,
        from which everybody reads, costs the engine more than a join for each.

        Parameters
        ----------
        names
            Columns wanted.
        days
            Rows that happened longer before the cutoff are left out.

        Returns
        -------
        ibis.Table
            customer_id, as_of, `age_days` (days from the row to the cutoff) and `names`.
        """
        wanted = dict.fromkeys(("customer_id", self.time, *names))
        rows = self.once.select(*wanted)
        met = known_lately(rows, self.time, self.cutoffs, days)
        columns = (*KEY, "age_days", *names)
        if self.each is None:
            return met.select(*columns)
        late = self.each if days is None else self.each.filter(self.each.age_days <= days)
        return met.select(*columns).union(late.select(*columns))
