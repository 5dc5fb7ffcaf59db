"""Examples of the schema's page: what a service answered to these events."""

from pydantic.config import JsonDict

EVENTS_REQUEST: JsonDict = {
    "events": [
        {
            "type": "order",
            "event_id": "till-7-000481",
            "occurred_at": "2018-01-01T09:30:00+08:00",
            "order_id": "R-20180101-481",
            "customer_id": "818",
            "store_id": "384",
            "lines": [
                {
                    "line_no": 1,
                    "product_id": "1082185",
                    "category": "BAKED BREAD/BUNS/ROLLS",
                    "quantity": 2,
                    "net_amount": 5.98,
                },
                {"line_no": 2, "category": "SOFT DRINKS", "quantity": -1, "net_amount": -1.5},
            ],
        },
        {
            "type": "interaction",
            "event_id": "app-991",
            "occurred_at": "2018-01-01T01:32:10Z",
            "interaction_type": "coupon_redeemed",
            "customer_id": "818",
            "campaign_id": "18",
        },
        {
            "type": "ticket",
            "event_id": "desk-12-opened",
            "occurred_at": "1970-01-01T00:00:00Z",
            "ticket_id": "12",
            "customer_id": "818",
        },
    ]
}

EVENTS_RESPONSE: JsonDict = {
    "read": 3,
    "accepted": 1,
    "duplicates": [{"index": 1, "event_id": "app-991", "conflict": False}],
    "rejected": [
        {
            "index": 2,
            "event_id": "desk-12-opened",
            "field": "occurred_at",
            "reason": "is before 1990-01-01",
        }
    ],
}
