"""The sums of all that happened before a moment, for later cutoffs to start from."""

from datetime import datetime

from features.clock import naive
from features.transforms.base import Tables
from features.transforms.events import Reach, events
from features.transforms.lifetime import Lifetime, lifetime


def state_at(tables: Tables, moment: datetime, before: Lifetime | None = None) -> Lifetime:
    """Return the sums of every order line that happened before `moment`, whenever it was told.

    They hold for cutoffs by which all of those lines had been told.

    Parameters
    ----------
    tables
        The lake; its order lines may begin at the moment of `before`.
    before
        The sums at an earlier moment; None if `tables` holds all lines.

    Returns
    -------
    Lifetime
        Tables keyed by customer_id, without `as_of`.
    """
    lines = tables.table("order_lines")
    lines = lines.filter(lines.ordered_at < naive(moment)).select(
        *(name for name in lines.columns if name != "ingested_at")
    )
    seeds = None if before is None else before.seeds()
    sums = lifetime(events(lines, [moment], Reach(), seeds), [moment], before)
    return Lifetime(**{name: table.drop("as_of") for name, table in sums.tables().items()})
