"""What is known at a cutoff: events that happened, and were told, before it."""

from collections.abc import Sequence
from datetime import datetime
from typing import TypeAlias

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.clock import naive
from features.transforms.formulas import days_between

Cutoffs: TypeAlias = Sequence[datetime] | ir.Table
"""Moments in any order, or a table with a column `as_of` that holds each once."""

SECONDS_PER_DAY = 86_400.0
_LATER = "ingested_at"


def moments(cutoffs: Cutoffs) -> ir.Table:
    """Return the cutoffs as a table with the column `as_of` (naive UTC), each once."""
    if isinstance(cutoffs, ir.Table):
        return cutoffs
    return ibis.memtable(
        pd.DataFrame({"as_of": sorted_moments(cutoffs)}), schema={"as_of": "timestamp(6)"}
    )


def midnights(cutoffs: Sequence[datetime]) -> list[datetime]:
    """Return the last midnight (UTC) at or before each cutoff, ascending, each once."""
    return sorted({naive(c).replace(hour=0, minute=0, second=0, microsecond=0) for c in cutoffs})


def told_at(events: ir.Table, time: str) -> ir.TimestampValue:
    """Return when each event became known: as it happened, unless it was told later."""
    if _LATER not in events.columns:
        return events[time]
    told = events[_LATER]
    return (told > events[time]).ifelse(told, events[time])


def known(events: ir.Table, time: str, cutoffs: Cutoffs) -> ir.Table:
    """Return each event beside every cutoff that knows it, with `age_days` since it happened."""
    at = moments(cutoffs)
    return aged(events.join(at, told_at(events, time) < at.as_of), time)


def known_lately(events: ir.Table, time: str, cutoffs: Cutoffs, days: int | None) -> ir.Table:
    """Return each event beside every cutoff that knows it, at most `days` after it happened.

    The join is on calendar days: an engine hashes them, where it would have to compare every
    event with every cutoff.
    """
    if days is None:
        return known(events, time, cutoffs)
    near = moments(cutoffs).mutate(back=ibis.range(days + 1).unnest())
    calendar = near.select(
        "as_of",
        since=near.as_of - ibis.interval(days=days),
        met_on=near.as_of.truncate("D") - near.back.as_interval("D"),
    )
    dated = events.mutate(met_on=events[time].truncate("D"))
    met = dated.inner_join(calendar, "met_on")
    lately = met.filter(told_at(met, time) < met.as_of, met[time] >= met.since)
    return aged(lately.drop("met_on", "since"), time)


def retold(events: ir.Table, time: str, cutoffs: Cutoffs) -> ir.Table:
    """Return the customers some cutoff sees without an event that had already happened.

    For all others, what is known at a cutoff is what happened before it.
    """
    if _LATER not in events.columns:
        return events.filter(ibis.literal(False)).select("customer_id")
    late = events.filter(events[_LATER] > events[time])
    at = moments(cutoffs)
    split = late.join(at, [late[time] < at.as_of, late[_LATER] >= at.as_of])
    return split.select("customer_id").distinct()


def sorted_moments(cutoffs: Sequence[datetime]) -> "pd.Series[pd.Timestamp]":
    """Return the cutoffs as naive UTC, ascending, each once."""
    return pd.Series(sorted({naive(cutoff) for cutoff in cutoffs}), dtype="datetime64[us]")


def aged(joined: ir.Table, time: str) -> ir.Table:
    """Return rows that have an `as_of` with `age_days`, the days from `time` to it."""
    return joined.mutate(age_days=days_between(joined[time], joined.as_of))
