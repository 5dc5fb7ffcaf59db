"""Since when a row is known: `ingested_at`, empty for "known when it happened"."""

from datetime import datetime

import pandas as pd

from features.clock import naive
from features.lake.tables import INGESTED, Table


def known_since(rows: pd.DataFrame, table: Table, ingested_at: datetime | None) -> pd.DataFrame:
    """Return `rows` with `ingested_at` completed.

    A moment of the row's own stands, except that nothing is known before it happened: an earlier
    one becomes the moment it happened. A row without one takes `ingested_at`; without that either
    it stays empty. The later states of a row (a case that was closed) are known from their change,
    not from the opening that `time` tells.

    Parameters
    ----------
    rows
        Rows that keep the contract.
    ingested_at
        When this source arrived; None for a backfill.
    """
    if INGESTED not in table.columns or table.time is None:
        return rows
    known, happened = rows[INGESTED], rows[table.time]
    if ingested_at is not None:
        known = known.fillna(pd.Timestamp(naive(ingested_at)))
    if table.changed:
        known = known.fillna(rows[table.changed])
        happened = rows[table.changed].fillna(happened)
    return rows.assign(**{INGESTED: known.mask(known < happened, happened)})
