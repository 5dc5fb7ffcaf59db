"""Events as a caller sends them."""

from datetime import UTC, datetime
from typing import Any

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
AT = "2026-03-01T10:00:00Z"


def line(**said: Any) -> dict[str, Any]:
    return {"line_no": 1, "quantity": 2, "net_amount": 3.5} | said


def order(event_id: str = "e1", **said: Any) -> dict[str, Any]:
    body = {"order_id": "o1", "customer_id": "c1", "lines": [line()]}
    return {"type": "order", "event_id": event_id, "occurred_at": AT} | body | said


def interaction(event_id: str = "e2", **said: Any) -> dict[str, Any]:
    body = {"interaction_type": "coupon_redeemed", "customer_id": "c1"}
    return {"type": "interaction", "event_id": event_id, "occurred_at": AT} | body | said


def contact(event_id: str = "e3", **said: Any) -> dict[str, Any]:
    body = {"campaign_id": "k1", "customer_id": "c1"}
    return {"type": "campaign_contact", "event_id": event_id, "occurred_at": AT} | body | said


def ticket(event_id: str = "e4", **said: Any) -> dict[str, Any]:
    body = {"ticket_id": "t1", "customer_id": "c1"}
    return {"type": "ticket", "event_id": event_id, "occurred_at": AT} | body | said
