"""Examples of scores of described customers: what a service answered, shortened."""

from pydantic.config import JsonDict

FEATURES_REQUEST: JsonDict = {
    "customers": [
        {
            "id": "till-7",
            "features": {"recency_days": 33, "active_days": 24, "orders_90d": 24},
        },
        {"features": {"recency_dys": 33}},
    ],
    "explain": "top_k",
    "top_k": 1,
}
