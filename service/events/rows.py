"""Events as rows of the lake's tables: pure, and the only place that knows both."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any, assert_never

import orjson
import pandas as pd

from service.events.event import CampaignContact, Event, Interaction, Line, Order, Ticket

Row = dict[str, Any]


def rows_of(event: Event, ingested_at: datetime) -> tuple[str, list[Row]]:
    """Return the table an event belongs to and its rows under that table's contract.

    Parameters
    ----------
    ingested_at
        Moment of acceptance (aware UTC): what the rows tell is known from then on.
    """
    told = {"ingested_at": ingested_at}
    match event:
        case Order():
            return "order_lines", [_line(event, line) | told for line in event.lines]
        case Interaction():
            return "interactions", [_interaction(event) | told]
        case CampaignContact():
            return "campaign_contacts", [_contact(event) | told]
        case Ticket():
            return "tickets", [_ticket(event) | told]
    assert_never(event)


def frames(events: Iterable[tuple[Event, datetime]]) -> dict[str, pd.DataFrame]:
    """Return the rows of events, each with its moment of acceptance, by table.

    Rows keep the order of their events: of two with the same key the earlier told stands.
    """
    tables: dict[str, list[Row]] = {}
    for event, ingested_at in events:
        table, rows = rows_of(event, ingested_at)
        tables.setdefault(table, []).extend(rows)
    return {table: pd.DataFrame(rows) for table, rows in tables.items()}


def newest_moment(event: Event, ingested_at: datetime) -> datetime:
    """Return the newest moment an event carries; a later cutoff knows all that it tells."""
    closed = event.closed_at if isinstance(event, Ticket) else None
    return max(ingested_at, event.occurred_at, closed or event.occurred_at)


def _line(order: Order, line: Line) -> Row:
    return {
        "order_id": order.order_id,
        "line_no": line.line_no,
        "customer_id": order.customer_id,
        "ordered_at": order.occurred_at,
        "store_id": order.store_id,
        "channel": order.channel,
        "product_id": line.product_id,
        "category": line.category,
        "quantity": line.quantity,
        "net_amount": line.net_amount,
        "discount_amount": line.discount_amount,
        "coupon_amount": line.coupon_amount,
    }


def _interaction(event: Interaction) -> Row:
    return {
        "event_id": event.event_id,
        "customer_id": event.customer_id,
        "lead_id": event.lead_id,
        "occurred_at": event.occurred_at,
        "type": event.interaction_type,
        "channel": event.channel,
        "campaign_id": event.campaign_id,
        "properties": orjson.dumps(event.properties).decode() if event.properties else None,
    }


def _contact(event: CampaignContact) -> Row:
    return {
        "campaign_id": event.campaign_id,
        "customer_id": event.customer_id,
        "contacted_at": event.occurred_at,
        "channel": event.channel,
        "offer": event.offer,
        "is_holdout": event.is_holdout,
        "cost_amount": event.cost_amount,
    }


def _ticket(event: Ticket) -> Row:
    return {
        "ticket_id": event.ticket_id,
        "customer_id": event.customer_id,
        "opened_at": event.opened_at or event.occurred_at,
        "closed_at": event.closed_at,
        "type": event.ticket_type,
        "satisfaction": event.satisfaction,
        "nps": event.nps,
    }
