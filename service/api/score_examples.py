"""Examples of one score and of described customers: what a service answered, shortened."""

from typing import cast

from pydantic.config import JsonDict

from service.api.examples import SCORE_RESPONSE

SCORE_ONE = cast(list[JsonDict], SCORE_RESPONSE["scores"])[0]

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

FEATURES_RESPONSE: JsonDict = {
    "scores": [
        {
            "customer_id": "till-7",
            "lead_id": None,
            "model": "churn_60d",
            "model_version": "1",
            "feature_service": "churn_60d_v1",
            "as_of": "2018-01-01T06:12:09.202147Z",
            "scored_at": "2018-01-01T06:12:09.215373Z",
            "horizon_days": 60,
            "value": 0.3278,
            "percentile": 98.1823,
            "band": "medium",
            "interval": None,
            "status": "ok",
            "baseline": 0.1875,
            "reasons": [
                {
                    "code": "ORDERS_30D",
                    "feature": "orders_30d",
                    "value": None,
                    "typical": 4.0,
                    "contribution": 1.1679,
                    "direction": "raises",
                    "actionable": True,
                    "text": "orders, 30 days: not known",
                }
            ],
            "categories": [],
        },
        {
            "id": None,
            "error": {
                "code": "unknown-feature",
                "detail": "churn_60d reads no feature recency_dys; did you mean recency_days?",
                "pointer": "#/customers/1/features/recency_dys",
            },
        },
    ]
}
