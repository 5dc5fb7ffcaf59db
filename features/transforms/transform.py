"""A transform: features of each customer alone, set against what everybody did at midnight."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

import ibis.expr.types as ir

from features.clock import naive
from features.transforms.base import Tables
from features.transforms.knowledge import Cutoffs, midnights, moments
from features.transforms.lifetime import Lifetime


@dataclass(frozen=True, slots=True)
class Transform:
    """From the lake to one row per customer and cutoff, in three steps.

    What compares a customer with others compares with the others of the last midnight (UTC) at
    or before the cutoff. A night computes that for everybody, once; during the day a single
    customer is looked at anew without reading all the others.

    Attributes
    ----------
    own
        From tables, cutoffs and sums of the past to what each customer did, keyed by
        (customer_id, as_of).
    population
        From the rows of `own` to statistics over everybody, of those cutoffs that are midnights;
        `as_of` says of which.
    finish
        From the rows of `own` and `population` to the features.
    """

    own: Callable[[Tables, Cutoffs, Lifetime | None], ir.Table]
    population: Callable[[ir.Table], ir.Table]
    finish: Callable[[ir.Table, ir.Table], ir.Table]

    def __call__(
        self, tables: Tables, cutoffs: Sequence[datetime], before: Lifetime | None = None
    ) -> ir.Table:
        """Return the features at `cutoffs`, in one query.

        Parameters
        ----------
        tables
            The lake; `order_lines` is needed, other tables are used where there.
        cutoffs
            Moments in any order; duplicates count once.
        before
            Sums of all before the order lines that `tables` holds; None if it holds all.
        """
        wanted = {naive(cutoff) for cutoff in cutoffs}
        looked_at = with_midnights(cutoffs)
        own = self.own(tables, looked_at, before)
        done = self.finish(own, self.population(own))
        if set(looked_at) == wanted:
            return done
        return done.semi_join(moments(sorted(wanted)), "as_of")


def with_midnights(cutoffs: Sequence[datetime]) -> list[datetime]:
    """Return the cutoffs (naive UTC, ascending) and the midnights they are compared at."""
    return sorted({*midnights(cutoffs), *(naive(cutoff) for cutoff in cutoffs)})


def at_midnight(own: ir.Table) -> ir.Table:
    """Return the rows whose cutoff is a midnight."""
    return own.filter(own.as_of == own.as_of.truncate("D"))
