"""What the service reads from the lake, safely from several threads."""

import json
from collections.abc import Sequence
from datetime import datetime, timedelta
from threading import Lock
from typing import Any

import ibis
import pandas as pd

from features.clock import naive
from features.lake.lake import Lake
from features.transforms.knowledge import told_at
from features.transforms.lead_features import lead_features, read_history
from features.transforms.lead_history import LeadHistory
from service.repository.rows import LeadRecord

_UNKNOWN_SOURCE = "unknown"
LEAD_COLUMNS = (
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


class LakeReader:
    """Leads, what is known of them, and home stores as of a moment.

    The lake has one connection and connections are not for several threads, so reads take turns.

    Parameters
    ----------
    lake
        Nothing is read before the first call.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._turn = Lock()
        self._homes: dict[object, dict[str, str]] = {}
        self._history: tuple[object, LeadHistory | None] = (None, None)

    def leads(self, ids: Sequence[str]) -> dict[str, LeadRecord]:
        """Return the leads the lake knows among `ids`, by id."""
        with self._turn:
            if not self._lake.has("leads"):
                return {}
            leads = self._lake.table("leads")
            return {lead.lead_id: lead for lead in _records(leads.filter(leads.lead_id.isin(ids)))}

    def open_leads(self, as_of: datetime, days: int) -> list[LeadRecord]:
        """Return leads created within `days` before `as_of` and neither expired nor decided then.

        The oldest come first.
        """
        with self._turn:
            if not self._lake.has("leads"):
                return []
            moment, leads = naive(as_of), self._lake.table("leads")
            fresh = leads.filter(
                leads.created_at >= moment - timedelta(days=days),
                leads.created_at < moment,
                leads.expires_at.isnull() | (leads.expires_at > moment),
            )
            if self._lake.has("lead_outcomes"):
                outcomes = self._lake.table("lead_outcomes")
                decided = outcomes.filter(told_at(outcomes, "decided_at") < moment)
                fresh = fresh.anti_join(decided, "lead_id")
            return _records(fresh.order_by("created_at", "lead_id"))

    def lead_features(
        self, leads: pd.DataFrame, as_of: "pd.Series[pd.Timestamp]", types: Sequence[str]
    ) -> pd.DataFrame:
        """Return what is known of leads at their scoring moments, as training reads it.

        The counts of all leads are read once and again when leads or outcomes came in.

        Parameters
        ----------
        leads, as_of, types
            As for `features.transforms.lead_features.lead_features`.
        """
        with self._turn:
            key = [self._lake.parts(name) for name in ("leads", "lead_outcomes")]
            read, history = self._history
            if history is None or read != key:
                history = read_history(self._lake)
                self._history = (key, history)
            return lead_features(self._lake, history, leads, as_of, types)

    def home_stores(self, as_of: datetime) -> dict[str, str]:
        """Return each customer's store: the recorded one, else where they ordered most so far.

        Raises
        ------
        TableMissingError
            There are no orders.
        """
        with self._turn:
            key = (self._lake.fingerprint(), naive(as_of))
            if key not in self._homes:
                frame = _homes(self._lake, naive(as_of)).execute()
                homes = dict(zip(frame.customer_id, frame.store_id, strict=True))
                # Lists ask for the moment of their night, the rule of who sees whom for today.
                self._homes = {**dict([*self._homes.items()][-1:]), key: homes}
            return self._homes[key]


def _homes(lake: Lake, as_of: datetime) -> Any:
    lines = lake.table("order_lines")
    known = lines.filter(told_at(lines, "ordered_at") < as_of, lines.store_id.notnull())
    visits = known.group_by("customer_id", "store_id").agg(orders=known.order_id.nunique())
    order = ibis.window(
        group_by="customer_id", order_by=[ibis.desc(visits.orders), visits.store_id]
    )
    most = visits.mutate(place=ibis.row_number().over(order))
    usual = most.filter(most.place == 0).select("customer_id", "store_id")
    if not lake.has("customers"):
        return usual
    customers = lake.table("customers")
    recorded = customers.filter(customers.home_store_id.notnull())
    recorded = recorded.select("customer_id", store_id=recorded.home_store_id)
    return recorded.union(usual.anti_join(recorded, "customer_id"))


def _records(leads: Any) -> list[LeadRecord]:
    rows: list[dict[str, Any]] = leads.select(*LEAD_COLUMNS).execute().to_dict("records")
    return [_record({name: _plain(value) for name, value in row.items()}) for row in rows]


def _record(row: dict[str, Any]) -> LeadRecord:
    attributes = json.loads(row.pop("attributes") or "{}")
    source = row.pop("source") or _UNKNOWN_SOURCE
    return LeadRecord(**row, source=source, attributes=attributes)


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.tz_localize("UTC").to_pydatetime() if isinstance(value, pd.Timestamp) else value
