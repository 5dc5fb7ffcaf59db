"""Leads to learn from: what was known when each was captured, and what became of it."""

import math
from datetime import datetime

import numpy as np
import pandas as pd

from features.clock import utc
from features.errors import EmptyDataError
from features.lake.lake import Lake
from features.transforms.leads import own_features
from training.config import LeadConfig, LeadSplit
from training.dataset import Context, Dataset
from training.labels import leads_known_by

IDENTITY = ["lead_id", "customer_id", "as_of", "created_at", "settled_at", "converted"]


def lead_cutoffs(lake: Lake, today: datetime, split: LeadSplit) -> tuple[datetime, ...]:
    """Return the midnights at which known customers among the leads are looked at.

    Midnights before a capture, so that nothing later than the lead itself is known. Many days of
    capture are thinned out evenly. Empty where no lead is a customer, or nobody ever bought.
    """
    if not (lake.has("order_lines") and lake.has("leads")):
        return ()
    leads = lake.frame("leads")
    captured = leads.loc[leads["customer_id"].notna(), "created_at"]
    days = sorted(captured[captured <= today].dt.floor("D").unique())
    moments = [utc(day.to_pydatetime()) for day in days]
    first = lake.first_moment()
    known = [moment for moment in moments if moment > first]
    return tuple(known[:: max(1, math.ceil(len(known) / split.feature_cutoffs))])


def lead_dataset(ctx: Context, config: LeadConfig) -> Dataset:
    """Split settled leads by time and join what was known of each at its capture.

    `test` holds the leads captured at or after a moment S, `train` and `valid` those settled by
    S: the ones settled last calibrate. Leads open at S belong to no part.

    Raises
    ------
    TableMissingError
        There are no leads or no outcomes.
    EmptyDataError
        Too few leads, or only one outcome, on either side.
    """
    split = config.split
    settled = leads_known_by(
        ctx.lake.frame("leads"), ctx.lake.frame("lead_outcomes"), ctx.today
    ).sort_values(["created_at", "lead_id"], ignore_index=True)
    if settled.empty:
        raise EmptyDataError("No lead is settled yet", where="leads", todo="Wait, or import more.")
    start = settled["created_at"].quantile(1 - split.test_share, interpolation="lower")
    before = settled[settled["settled_at"] <= start]
    test = settled[settled["created_at"] >= start]
    _check(before, split, "before")
    _check(test, split, "from")
    turn = before["settled_at"].quantile(1 - split.valid_share, interpolation="lower")
    parts = {
        "train": before[before["settled_at"] < turn],
        "valid": before[before["settled_at"] >= turn],
        "test": test,
    }
    rows = _with_features(ctx, config, settled)
    of_customer = _customer_features(ctx, config, settled)
    own = own_features(before).drop(columns=list(config.leave_out), errors="ignore")
    told = [str(name) for name in own if own[name].nunique() > 1]
    return Dataset(
        train=_at(rows, parts["train"]),
        between=rows.iloc[:0],
        valid=_at(rows, parts["valid"]),
        test=_at(rows, parts["test"]),
        features=(*of_customer, *(name for name in told if own[name].dtype == "float64")),
        texts=tuple(name for name in told if own[name].dtype != "float64"),
        lineage={
            "test_from": f"{start:%Y-%m-%d %H:%M}",
            "calibrated_on_settled_from": f"{turn:%Y-%m-%d %H:%M}",
            **{f"rows.{part}": str(len(frame)) for part, frame in parts.items()},
        },
    )


def _with_features(ctx: Context, config: LeadConfig, leads: pd.DataFrame) -> pd.DataFrame:
    cutoffs = pd.to_datetime(list(lead_cutoffs(ctx.lake, ctx.today, config.split)), utc=True)
    place = cutoffs.searchsorted(leads["created_at"], side="right") - 1
    looked_at = place >= 0
    as_of = leads["created_at"].copy()
    as_of[looked_at] = cutoffs[place[looked_at]]
    rows = leads.assign(as_of=as_of)[IDENTITY].join(own_features(leads))
    names = _customer_features(ctx, config, leads)
    if not names:
        return rows
    asked = rows.loc[looked_at & rows["customer_id"].notna(), ["customer_id", "as_of"]]
    found = ctx.store.history(config.service, asked)
    return rows.join(found[names])


def _customer_features(ctx: Context, config: LeadConfig, leads: pd.DataFrame) -> list[str]:
    if not (ctx.lake.has("order_lines") and leads["customer_id"].notna().any()):
        return []
    return ctx.store.feature_names(config.service)


def _at(rows: pd.DataFrame, part: pd.DataFrame) -> pd.DataFrame:
    return rows.loc[part.index].reset_index(drop=True)


def _check(leads: pd.DataFrame, split: LeadSplit, side: str) -> None:
    if len(leads) < split.least_rows or np.ptp(leads["converted"]) == 0:
        raise EmptyDataError(
            f"{len(leads)} settled leads {side} the test begins, "
            f"{leads['converted'].sum():.0f} converted",
            where="leads",
            todo=f"Import at least {split.least_rows} settled leads of both outcomes.",
        )
