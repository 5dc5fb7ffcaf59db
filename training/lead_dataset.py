"""Leads to learn from: what was known when each would be scored, and what became of it."""

import math
from collections.abc import Sequence
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from features.clock import utc
from features.errors import EmptyDataError
from features.lake.lake import Lake
from features.transforms.lead_behaviour import types_seen
from features.transforms.lead_features import lead_features, read_history
from training.config import LeadConfig, LeadSplit
from training.dataset import Context, Dataset, only_train
from training.labels import leads_known_by

AT_CAPTURE = (0,)
IDENTITY = ["lead_id", "customer_id", "as_of", "created_at", "settled_at", "converted"]


def lead_cutoffs(
    lake: Lake, today: datetime, split: LeadSplit, ages: Sequence[int] = AT_CAPTURE
) -> tuple[datetime, ...]:
    """Return the midnights at which known customers among the leads are looked at.

    Midnights before a capture, so that nothing later than the lead itself is known, and as many
    days later as leads are scored again. Many days of capture are thinned out evenly. Empty where
    no lead is a customer, or nobody ever bought.
    """
    if not (lake.has("order_lines") and lake.has("leads")):
        return ()
    leads = lake.frame("leads")
    captured = leads.loc[leads["customer_id"].notna(), "created_at"]
    days = sorted(captured[captured <= today].dt.floor("D").unique())
    moments = [utc(day.to_pydatetime()) for day in days]
    first = lake.first_moment()
    known = [moment for moment in moments if moment > first]
    kept = known[:: max(1, math.ceil(len(known) / split.feature_cutoffs))]
    later = {moment + timedelta(days=age) for moment in kept for age in ages}
    return tuple(sorted(moment for moment in later if moment <= today))


def lead_dataset(ctx: Context, config: LeadConfig, ages: Sequence[int] = AT_CAPTURE) -> Dataset:
    """Split settled leads by time and join what was known of each when it would be scored.

    `test` holds the leads captured at or after a moment S, `train` and `valid` those settled by
    S: the ones settled last calibrate. Leads open at S belong to no part, and all rows of one
    lead are in one part.

    Parameters
    ----------
    ages
        Days after capture at which a lead that is still open then gives a row.

    Raises
    ------
    TableMissingError
        There are no leads or no outcomes.
    EmptyDataError
        Too few leads, or only one outcome, on either side.
    """
    split = config.split
    settled = _settled(ctx)
    start = settled["created_at"].quantile(1 - split.test_share, interpolation="lower")
    before = settled[settled["settled_at"] <= start]
    test = settled[settled["created_at"] >= start]
    _check(before, split, "before")
    _check(test, split, "from")
    turn = before["settled_at"].quantile(1 - split.valid_share, interpolation="lower")
    asked = _scored(ctx.lake, settled, ages)
    rows = _with_features(ctx, config, asked, ages)
    at = {
        "train": rows["settled_at"] < turn,
        "valid": (rows["settled_at"] >= turn) & (rows["settled_at"] <= start),
        "test": rows["created_at"] >= start,
    }
    parts = {name: rows[inside].reset_index(drop=True) for name, inside in at.items()}
    of_customer = _customer_features(ctx, config, settled)
    told = _telling(rows[at["train"] | at["valid"]].drop(columns=[*IDENTITY, *of_customer]), config)
    numeric = [name for name, kind in told.items() if kind == "float64"]
    return Dataset(
        train=parts["train"],
        between=rows.iloc[:0],
        valid=parts["valid"],
        test=parts["test"],
        features=(*of_customer, *numeric),
        texts=tuple(name for name in told if name not in numeric),
        lineage={
            "test_from": f"{start:%Y-%m-%d %H:%M}",
            "calibrated_on_settled_from": f"{turn:%Y-%m-%d %H:%M}",
            "scored_at_days": ", ".join(map(str, ages)),
            **{f"rows.{part}": str(len(frame)) for part, frame in parts.items()},
        },
    )


def settled_leads(ctx: Context, config: LeadConfig, ages: Sequence[int] = AT_CAPTURE) -> Dataset:
    """Return every settled lead, all in `train`.

    Raises
    ------
    TableMissingError
        There are no leads or no outcomes.
    EmptyDataError
        No lead is settled.
    """
    settled = _settled(ctx)
    rows = _with_features(ctx, config, _scored(ctx.lake, settled, ages), ages)
    return only_train(rows, _customer_features(ctx, config, settled))


def _settled(ctx: Context) -> pd.DataFrame:
    settled = leads_known_by(
        ctx.lake.frame("leads"), ctx.lake.frame("lead_outcomes"), ctx.today
    ).sort_values(["created_at", "lead_id"], ignore_index=True)
    if settled.empty:
        raise EmptyDataError("No lead is settled yet", where="leads", todo="Wait, or import more.")
    return settled


def _scored(lake: Lake, settled: pd.DataFrame, ages: Sequence[int]) -> pd.DataFrame:
    """Return one row per lead and age at which it was still open, with `as_of`."""
    decided = lake.frame("lead_outcomes").set_index("lead_id")["decided_at"]
    closed = settled["lead_id"].map(decided).fillna(settled["settled_at"])
    closed = closed.where(closed < settled["settled_at"], settled["settled_at"])
    aged = [settled.assign(as_of=settled["created_at"] + timedelta(days=age)) for age in ages]
    kept = [rows[(rows["as_of"] == rows["created_at"]) | (rows["as_of"] < closed)] for rows in aged]
    return pd.concat(kept).sort_values(["as_of", "lead_id"], ignore_index=True)


def _with_features(
    ctx: Context, config: LeadConfig, asked: pd.DataFrame, ages: Sequence[int]
) -> pd.DataFrame:
    lake = ctx.lake
    said = lead_features(lake, read_history(lake), asked, asked["as_of"], types_seen(lake))
    rows = asked[IDENTITY].join(said)
    names = _customer_features(ctx, config, asked)
    if not names:
        return rows
    cutoffs = pd.to_datetime(list(lead_cutoffs(lake, ctx.today, config.split, ages)), utc=True)
    place = cutoffs.searchsorted(asked["as_of"], side="right") - 1
    looked_at = (place >= 0) & asked["customer_id"].notna().to_numpy()
    customers = asked.loc[looked_at, ["customer_id"]].assign(as_of=cutoffs[place[looked_at]])
    return rows.join(ctx.store.history(config.service, customers)[names])


def _telling(rows: pd.DataFrame, config: LeadConfig) -> dict[str, str]:
    """Return the kind of each column that tells leads apart."""
    kept = rows.drop(columns=list(config.leave_out), errors="ignore")
    return {str(name): str(kept[name].dtype) for name in kept if kept[name].nunique() > 1}


def _customer_features(ctx: Context, config: LeadConfig, leads: pd.DataFrame) -> list[str]:
    if not (ctx.lake.has("order_lines") and leads["customer_id"].notna().any()):
        return []
    return ctx.store.feature_names(config.service)


def _check(leads: pd.DataFrame, split: LeadSplit, side: str) -> None:
    if len(leads) < split.least_rows or np.ptp(leads["converted"]) == 0:
        raise EmptyDataError(
            f"{len(leads)} settled leads {side} the test begins, "
            f"{leads['converted'].sum():.0f} converted",
            where="leads",
            todo=f"Import at least {split.least_rows} settled leads of both outcomes.",
        )
