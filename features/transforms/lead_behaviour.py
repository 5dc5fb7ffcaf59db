"""What a lead did, and what was done to reach it, before capture and up to the scoring moment."""

from collections.abc import Iterable, Sequence

import ibis
import ibis.expr.types as ir
import numpy as np
import pandas as pd

from features.transforms.base import Tables
from features.transforms.knowledge import told_at
from features.transforms.lead_policy import POLICY

BEFORE, AFTER = "lead_before_", "lead_after_"
_TEXTS = ("lead_id", "customer_id", "type", "channel")
_FEW = 1000  # so many ids an engine takes as a list; more of them it takes as a table
_SECONDS_PER_DAY = 86_400.0
_NO_EVENTS = pd.DataFrame(
    {
        **{name: pd.Series(dtype="object") for name in _TEXTS},
        **{name: pd.Series(dtype="datetime64[us]") for name in ("at", "told")},
    }
)


def types_named(features: Iterable[str]) -> tuple[str, ...]:
    """Return the types of interaction that names of features speak of, sorted."""
    found = {
        name.removeprefix(prefix)
        for name in features
        for prefix in (BEFORE, AFTER)
        if name.startswith(prefix)
    }
    return tuple(sorted(found))


def types_seen(tables: Tables) -> tuple[str, ...]:
    """Return the types of interaction the lake knows, sorted."""
    if not tables.has("interactions"):
        return ()
    return tuple(sorted(tables.table("interactions").select("type").distinct().execute()["type"]))


def behaviour(tables: Tables, asked: pd.DataFrame, types: Sequence[str]) -> pd.DataFrame:
    """Return what is known of each lead's behaviour strictly before its scoring moment.

    An interaction is a lead's if it names the lead, or the customer the lead is.

    Parameters
    ----------
    tables
        The lake; `interactions` and `campaign_contacts` are used where there.
    asked
        lead_id, customer_id (None for a stranger), created_at and as_of (aware UTC, not before
        created_at); a lead may be asked for at several moments.
    types
        Types of interaction that get counts of their own.

    Returns
    -------
    pandas.DataFrame
        On the index of `asked`, float64. Nothing done is 0; a lake without such records, and the
        contacts of a stranger, are missing.
    """
    rows = asked.reset_index(drop=True).astype({"lead_id": "object", "customer_id": "object"})
    touches = _touch_sums(_touches(tables, rows), len(rows), types)
    if not tables.has("interactions"):
        touches[:] = np.nan
    contacts = _contact_sums(_contacts(tables, rows), len(rows))
    reachable = rows["customer_id"].notna() & tables.has("campaign_contacts")
    waited = _days(rows["created_at"], rows["as_of"]).rename("lead_age_days")
    found = pd.concat([waited, touches, contacts.where(reachable)], axis="columns")
    return found.astype("float64").set_axis(asked.index, axis="index")


def _touch_sums(events: pd.DataFrame, n: int, types: Sequence[str]) -> pd.DataFrame:
    """Return the sums over the interactions of each of n rows."""
    after, age = events["after"], events["age"]
    counted = {
        "lead_touches_before": ~after,
        "lead_touches_after": after,
        **{f"lead_touches_{days}d": age <= days for days in POLICY.touch_days},
        **{f"{BEFORE}{kind}": ~after & (events["type"] == kind) for kind in types},
        **{f"{AFTER}{kind}": after & (events["type"] == kind) for kind in types},
        "lead_channels": events["channel"].notna() & ~events.duplicated(["row", "channel"]),
    }
    least = {"lead_days_since_touch": age, "lead_response_days": events["waited"].where(after)}
    return _per_row(events, n, counted, least)


def _contact_sums(events: pd.DataFrame, n: int) -> pd.DataFrame:
    """Return the sums over the campaign contacts of each of n rows."""
    counted = {
        **{f"lead_contacts_{days}d": events["age"] <= days for days in POLICY.contact_days},
        "lead_contacts_after": events["after"],
    }
    return _per_row(events, n, counted, {"lead_days_since_contact": events["age"]})


def _per_row(
    events: pd.DataFrame, n: int, counted: dict[str, pd.Series], least: dict[str, pd.Series]
) -> pd.DataFrame:
    row = events["row"].to_numpy(np.int64)
    sums = {
        name: np.bincount(row, weights=flag.to_numpy(np.float64), minlength=n)
        for name, flag in counted.items()
    }
    for name, values in least.items():
        lowest = np.full(n, np.inf)
        np.minimum.at(lowest, row, values.fillna(np.inf).to_numpy(np.float64))
        sums[name] = np.where(np.isinf(lowest), np.nan, lowest)
    return pd.DataFrame(sums, dtype="float64")


def _touches(tables: Tables, asked: pd.DataFrame) -> pd.DataFrame:
    if not tables.has("interactions"):
        return _joined(asked, _NO_EVENTS, "lead_id")
    table = tables.table("interactions")
    told = table.mutate(at=table.occurred_at, told=told_at(table, "occurred_at"))
    events = _naming(told, asked, ("lead_id", "customer_id"))
    by_lead = _joined(asked, events, "lead_id")
    by_customer = _joined(asked, events, "customer_id")
    again = by_customer["lead_id"] == by_customer["asked_lead_id"]
    return pd.concat([by_lead, by_customer[~again]], ignore_index=True)


def _contacts(tables: Tables, asked: pd.DataFrame) -> pd.DataFrame:
    if not tables.has("campaign_contacts") or asked["customer_id"].isna().all():
        return _joined(asked, _NO_EVENTS, "customer_id")
    table = tables.table("campaign_contacts")
    told = table.mutate(at=table.contacted_at, told=told_at(table, "contacted_at"))
    events = _naming(told.filter(~table.is_holdout), asked, ("customer_id",))
    return _joined(asked, events, "customer_id")


def _naming(events: ir.Table, asked: pd.DataFrame, names: Sequence[str]) -> pd.DataFrame:
    """Return each event that names one of the leads or customers asked for, once."""
    ids = {name: asked[name].dropna().unique() for name in names}
    kept = events.select([name for name in ("event_id", *_NO_EVENTS) if name in events.columns])
    if sum(map(len, ids.values())) <= _FEW:
        found = kept.filter(ibis.or_(*(kept[name].isin(some) for name, some in ids.items())))
    else:
        lists = {
            name: ibis.memtable({name: some}, schema={name: "string"}) for name, some in ids.items()
        }
        found = ibis.union(*(kept.semi_join(some, name) for name, some in lists.items()))
        found = found.distinct()
    frame: pd.DataFrame = found.execute()
    return frame.reindex(columns=list(_NO_EVENTS))


def _joined(asked: pd.DataFrame, events: pd.DataFrame, name: str) -> pd.DataFrame:
    """Return the events known at each row's scoring moment, with days to it and since capture."""
    rows = pd.DataFrame(
        {
            name: asked[name],
            "row": np.arange(len(asked)),
            "asked_lead_id": asked["lead_id"],
            "created_at": _naive(asked["created_at"]),
            "as_of": _naive(asked["as_of"]),
        }
    )
    both = rows.dropna(subset=name).merge(events.dropna(subset=name), on=name)
    known = both[both["told"] < both["as_of"]]
    return known.assign(
        after=known["at"] >= known["created_at"],
        age=_days(known["at"], known["as_of"]),
        waited=_days(known["created_at"], known["at"]),
    )


def _days(start: "pd.Series[pd.Timestamp]", end: "pd.Series[pd.Timestamp]") -> "pd.Series[float]":
    return (end - start).dt.total_seconds() / _SECONDS_PER_DAY


def _naive(moments: "pd.Series[pd.Timestamp]") -> "pd.Series[pd.Timestamp]":
    return moments.dt.tz_convert("UTC").dt.tz_localize(None).astype("datetime64[us]")
