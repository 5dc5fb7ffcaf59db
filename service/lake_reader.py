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
from service.repository.rows import LeadRecord

_UNKNOWN_SOURCE = "unknown"


class LakeReader:
    """Leads and home stores as of a moment.

    The lake has one connection and connections are not for several threads, so reads take turns.

    Parameters
    ----------
    lake
        Nothing is read before the first call.
    """

    def __init__(self, lake: Lake) -> None:
        self._lake = lake
        self._turn = Lock()
        self._homes: tuple[object, dict[str, str]] = (None, {})

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
                fresh = fresh.anti_join(outcomes.filter(outcomes.decided_at < moment), "lead_id")
            return _records(fresh.order_by("created_at", "lead_id"))

    def home_stores(self, as_of: datetime) -> dict[str, str]:
        """Return each customer's store: the recorded one, else where they ordered most so far.

        Raises
        ------
        TableMissingError
            There are no orders.
        """
        with self._turn:
            key = (self._lake.fingerprint(), naive(as_of))
            if self._homes[0] != key:
                frame = _homes(self._lake, naive(as_of)).execute()
                self._homes = (key, dict(zip(frame.customer_id, frame.store_id, strict=True)))
            return self._homes[1]


def _homes(lake: Lake, as_of: datetime) -> Any:
    lines = lake.table("order_lines")
    known = lines.filter(lines.ordered_at < as_of, lines.store_id.notnull())
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
    rows: list[dict[str, Any]] = leads.execute().to_dict("records")
    return [_record({name: _plain(value) for name, value in row.items()}) for row in rows]


def _record(row: dict[str, Any]) -> LeadRecord:
    attributes = json.loads(row.pop("attributes") or "{}")
    source = row.pop("source") or _UNKNOWN_SOURCE
    return LeadRecord(**row, source=source, attributes=attributes)


def _plain(value: Any) -> Any:
    if pd.isna(value):
        return None
    return value.tz_localize("UTC").to_pydatetime() if isinstance(value, pd.Timestamp) else value
