"""Leads as rows a model can read: what the lead says, beside what is known of the customer."""

import json
from collections.abc import Sequence
from dataclasses import asdict

import pandas as pd

from features.store import Store
from features.transforms.leads import ATTRIBUTE, own_features
from models_registry.bundle import Bundle
from service.repository.rows import LeadRecord

_CAPTURED = (
    "lead_id",
    "created_at",
    "source",
    "medium",
    "campaign_id",
    "ad_group",
    "creative",
    "store_id",
    "region",
    "customer_id",
    "expires_at",
    "attributes",
)


def captured(leads: Sequence[LeadRecord]) -> pd.DataFrame:
    """Return leads as a frame under the lake's contract: attributes are JSON text."""
    rows = [asdict(lead) for lead in leads]
    frame = pd.DataFrame(rows, columns=list(_CAPTURED), dtype="object")
    return frame.assign(
        attributes=[json.dumps(row["attributes"], sort_keys=True) for row in rows],
        **{name: pd.to_datetime(frame[name], utc=True) for name in ("created_at", "expires_at")},
    )


def lead_rows(
    store: Store, bundle: Bundle, leads: Sequence[LeadRecord], *, as_captured: bool
) -> pd.DataFrame:
    """Return one row per lead: lead_id, customer_id, as_of (its capture) and features.

    Parameters
    ----------
    as_captured
        Read the customer as known when the lead was captured, as training does. Without it a
        lead newer than the newest materialization is read online, which is the same and faster.
    """
    frame = captured(leads)
    named = frame[["lead_id", "customer_id"]].assign(as_of=frame["created_at"])
    service, inputs = bundle.meta.feature_service, set(bundle.inputs)
    read = [name for name in store.feature_names(service) if name in inputs]
    # A model that learned from strangers alone reads nothing of a customer.
    known = named.dropna(subset="customer_id") if read else named.iloc[:0]
    customers = _customers(store, service, known, as_captured).reindex(named.index, columns=read)
    own = own_features(frame)
    # What this lead's source does not tell is missing, not absent.
    untold = [name for name in inputs if name.startswith(ATTRIBUTE) and name not in own]
    return pd.concat([named, own.assign(**dict.fromkeys(untold)), customers], axis=1)


def _customers(store: Store, service: str, named: pd.DataFrame, as_captured: bool) -> pd.DataFrame:
    if named.empty:
        return pd.DataFrame()
    newest = None if as_captured else store.materialized()
    if newest is None or named["as_of"].min() < newest.as_of:
        return store.history(service, named)
    found = store.online(service, named["customer_id"].tolist())
    return found.set_axis(named.index, axis="index")
