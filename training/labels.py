"""Outcomes: what happened in [cutoff, cutoff + horizon), for every cutoff in one pass.

Expressions are pure Ibis: `order_lines` in, one row per customer and cutoff out. Nothing before
the cutoff and nothing at or after the end of the window can change a label, except that the
customers labelled at a cutoff are those who had bought before it.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.clock import naive, utc
from features.errors import CutoffError, EmptyDataError
from features.transforms.events import baskets_of
from features.transforms.formulas import KEY
from features.transforms.knowledge import SECONDS_PER_DAY


def check_matured(cutoffs: Sequence[datetime], horizon_days: int, today: datetime) -> None:
    """Refuse cutoffs whose outcome window has not closed.

    Raises
    ------
    EmptyDataError
        No cutoff was given.
    CutoffError
        A window ends after `today`.
    """
    if not cutoffs:
        raise EmptyDataError("No cutoff to label", where="labels", todo="Import a longer history.")
    newest = utc(max(cutoffs))
    if newest + timedelta(days=horizon_days) > utc(today):
        raise CutoffError(
            f"The {horizon_days}-day outcome of this cutoff is not known yet",
            where=f"cutoff {newest:%Y-%m-%d}, today {utc(today):%Y-%m-%d}",
            todo="Choose an earlier cutoff or import newer orders.",
        )


def outcomes(
    order_lines: ir.Table,
    cutoffs: Sequence[datetime],
    horizon_days: int,
    until: datetime | None = None,
) -> ir.Table:
    """Label every customer known at each cutoff.

    Parameters
    ----------
    until
        Nothing is seen from here on: windows that would reach further end here.

    Returns
    -------
    One row per customer with a purchase before the cutoff: `customer_id`, `as_of` (naive UTC),
    `churned` (1.0 if no purchase in the window), `days_to_next` (days to the first purchase, the
    length of the window if there is none), `followed_days` (that length), `purchases` (how many
    there were) and `spend` (net amount of the window, returns deducted).
    """
    baskets = baskets_of(order_lines)
    windows = _windows(cutoffs, horizon_days, until)
    bought = baskets.filter(baskets.is_purchase)
    first = bought.group_by("customer_id").agg(first_at=bought.ordered_at.min())
    length = windows.until.epoch_seconds() - windows.as_of.epoch_seconds()
    whole = windows.mutate(followed_days=(length / SECONDS_PER_DAY).cast("float64"))
    known = whole.join(first, first.first_at < whole.as_of).select(*KEY, "followed_days")
    inside = _inside(baskets, windows)
    seen = inside.group_by(*KEY).agg(
        next_at=inside.ordered_at.min(where=inside.is_purchase),
        purchases=inside.is_purchase.sum().cast("float64"),
        spend=(inside.spend - inside.returned).sum(),
    )
    joined = known.left_join(seen, KEY)
    waited = (joined.next_at.epoch_seconds() - joined.as_of.epoch_seconds()) / SECONDS_PER_DAY
    return joined.select(
        "customer_id",
        "as_of",
        churned=joined.next_at.isnull().cast("float64"),
        days_to_next=ibis.coalesce(waited.cast("float64"), joined.followed_days),
        followed_days=joined.followed_days,
        purchases=ibis.coalesce(joined.purchases, ibis.literal(0.0)),
        spend=ibis.coalesce(joined.spend, ibis.literal(0.0)),
    )


def next_basket(order_lines: ir.Table, cutoffs: Sequence[datetime], horizon_days: int) -> ir.Table:
    """Return the categories of the first purchase in each window.

    Returns
    -------
    `customer_id`, `as_of` and `basket` (array of distinct names, in order), one row per customer
    who buys in the window something that has a category.
    """
    baskets = baskets_of(order_lines)
    inside = _inside(baskets.filter(baskets.is_purchase), _windows(cutoffs, horizon_days))
    in_turn = ibis.window(group_by=KEY, order_by=[inside.ordered_at, inside.order_id])
    ranked = inside.mutate(place=ibis.row_number().over(in_turn))
    first = ranked.filter(ranked.place == 0).select(*KEY, "order_id", "ordered_at")
    bought = order_lines.filter(order_lines.category.notnull(), order_lines.quantity >= 0)
    lines = first.join(bought, ["customer_id", "order_id", "ordered_at"])
    held = lines.select(*KEY, "category").distinct()
    return held.group_by(*KEY).agg(basket=held.category.collect(order_by=held.category))


def leads_known_by(leads: pd.DataFrame, decided: pd.DataFrame, moment: datetime) -> pd.DataFrame:
    """Return the leads whose outcome is settled by `moment`, converted or not.

    An open lead counts neither way, whatever it did so far: were its conversion taken as known
    while its silence is not, newer leads would contribute successes only.

    Parameters
    ----------
    leads
        Lake table `leads`.
    decided
        Lake table `lead_outcomes`.

    Returns
    -------
    The rows of `leads` settled by `moment` with `settled_at` and `converted` (0.0 or 1.0) added.
    A lead past `expires_at` without an outcome counts as lost; one without `expires_at` is
    settled when its outcome was decided.
    """
    known = leads.merge(decided[["lead_id", "decided_at", "outcome"]], on="lead_id", how="left")
    known["settled_at"] = known["expires_at"].fillna(known["decided_at"])
    in_time = known["expires_at"].isna() | (known["decided_at"] < known["expires_at"])
    known["converted"] = ((known["outcome"] == "converted") & in_time).astype("float64")
    settled = known["settled_at"].notna() & (known["settled_at"] <= utc(moment))
    return known[settled].drop(columns=["decided_at", "outcome"]).reset_index(drop=True)


def _windows(
    cutoffs: Sequence[datetime], horizon_days: int, until: datetime | None = None
) -> ir.Table:
    starts = sorted({naive(cutoff) for cutoff in cutoffs})
    ends = [start + timedelta(days=horizon_days) for start in starts]
    if until is not None:
        ends = [min(end, naive(until)) for end in ends]
    return ibis.memtable(
        pd.DataFrame({"as_of": starts, "until": ends}).astype("datetime64[us]"),
        schema={"as_of": "timestamp(6)", "until": "timestamp(6)"},
    )


def _inside(baskets: ir.Table, windows: ir.Table) -> ir.Table:
    return baskets.join(
        windows, [baskets.ordered_at >= windows.as_of, baskets.ordered_at < windows.until]
    )
