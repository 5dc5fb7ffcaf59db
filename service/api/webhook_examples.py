"""Examples of webhook management; ids and secrets are made up."""

from pydantic.config import JsonDict

NEW_ENDPOINT: JsonDict = {
    "url": "https://crm.example.com/hooks/shuke",
    "events": ["task.created", "lead.routed"],
    "description": "tasks into the CRM",
}

ENDPOINT: JsonDict = {
    "endpoint_id": "whk_5f1d7a0c9be24436",
    "url": "https://crm.example.com/hooks/shuke",
    "events": ["lead.routed", "task.created"],
    "description": "tasks into the CRM",
    "enabled": True,
    "allow_private": False,
    "created_at": "2026-03-02T08:00:00Z",
    "old_until": None,
}

ENDPOINT_WITH_SECRET: JsonDict = {
    **ENDPOINT,
    "secret": "whsec_bWFkZSB1cCBmb3IgdGhlIGRvY3VtZW50YXRpb24hISE=",
}

ENDPOINTS: JsonDict = {"endpoints": [ENDPOINT]}

CHANGE: JsonDict = {"enabled": False}

DELIVERY: JsonDict = {
    "delivery_id": "dlv_3c0f5a9b7e1d4c2288aa01f3",
    "event_id": "evt_9d41c07b2fe85a3344bb12c6",
    "endpoint_id": "whk_5f1d7a0c9be24436",
    "type": "task.created",
    "state": "waiting",
    "attempts": 2,
    "next_at": "2026-03-02T08:01:20Z",
    "created_at": "2026-03-02T08:00:30Z",
    "ended_at": None,
    "last_at": "2026-03-02T08:01:00Z",
    "last_status": 503,
    "last_error": "answered 503",
}

DELIVERY_PAGE: JsonDict = {"deliveries": [DELIVERY], "next_cursor": None}

REPLAY: JsonDict = {"delivery_ids": ["dlv_3c0f5a9b7e1d4c2288aa01f3"]}

REPLAYED: JsonDict = {"replayed": 1}
