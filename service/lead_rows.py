"""Leads as rows a model can read: what is known of the lead, beside what is of the customer."""

import json
from collections.abc import Sequence
from dataclasses import asdict
from datetime import datetime

import pandas as pd

from features.clock import utc
from features.store import Store
from features.transforms.lead_behaviour import types_named
from features.transforms.lead_features import reads_the_lake
from features.transforms.leads import ATTRIBUTE, own_features
from models_registry.bundle import Bundle
from models_registry.errors import BundleError
from service.lake_reader import LEAD_COLUMNS, LakeReader
from service.repository.rows import LeadRecord


def captured(leads: Sequence[LeadRecord]) -> pd.DataFrame:
    """Return leads as a frame under the lake's contract: attributes are JSON text."""
    rows = [asdict(lead) for lead in leads]
    frame = pd.DataFrame(rows, columns=list(LEAD_COLUMNS), dtype="object")
    return frame.assign(
        attributes=[json.dumps(row["attributes"], sort_keys=True) for row in rows],
        **{name: pd.to_datetime(frame[name], utc=True) for name in ("created_at", "expires_at")},
    )


def lead_rows(
    store: Store,
    bundle: Bundle,
    leads: Sequence[LeadRecord],
    *,
    as_captured: bool,
    lake: LakeReader | None = None,
    as_of: datetime | None = None,
) -> pd.DataFrame:
    """Return one row per lead: lead_id, customer_id, as_of and features.

    Parameters
    ----------
    as_captured
        Read the customer as known at the scoring moment, as training does. Without it a moment
        newer than the newest materialization is read online, which is the same and faster.
    lake
        Where behaviour and history come from; a model that reads neither needs none.
    as_of
        The scoring moment of all leads, or its capture for one captured later; None scores each
        as of its capture.

    Raises
    ------
    BundleError
        The model reads what the lake knows of leads, and there is no `lake`.
    """
    frame = captured(leads)
    at = frame["created_at"]
    if as_of is not None:
        at = at.where(at > utc(as_of), pd.Timestamp(utc(as_of)))
    named = frame[["lead_id", "customer_id"]].assign(as_of=at)
    service, inputs = bundle.meta.feature_service, set(bundle.inputs)
    read = [name for name in store.feature_names(service) if name in inputs]
    # A model that learned from strangers alone reads nothing of a customer.
    known = named.dropna(subset="customer_id") if read else named.iloc[:0]
    customers = _customers(store, service, known, as_captured).reindex(named.index, columns=read)
    own = _known(bundle, frame, at, lake)
    # What this lead's source does not tell is missing, not absent.
    untold = [name for name in inputs if name.startswith(ATTRIBUTE) and name not in own]
    return pd.concat([named, own.assign(**dict.fromkeys(untold)), customers], axis=1)


def _known(
    bundle: Bundle, leads: pd.DataFrame, as_of: "pd.Series[pd.Timestamp]", lake: LakeReader | None
) -> pd.DataFrame:
    if not reads_the_lake(bundle.inputs):
        return own_features(leads)
    if lake is None:
        raise BundleError(
            "The model reads what the lake knows of leads",
            where=f"{bundle.meta.model} version {bundle.meta.version}",
            todo="Give lead_rows a LakeReader.",
        )
    return lake.lead_features(leads, as_of, types_named(bundle.inputs))


def _customers(store: Store, service: str, named: pd.DataFrame, as_captured: bool) -> pd.DataFrame:
    if named.empty:
        return pd.DataFrame()
    newest = None if as_captured else store.materialized()
    if newest is None or named["as_of"].min() < newest.as_of:
        return store.history(service, named)
    found = store.online(service, named["customer_id"].tolist())
    return found.set_axis(named.index, axis="index")
