"""Examples of the what-if question: what a service on Complete Journey answered, shortened."""

from pydantic.config import JsonDict

WHAT_IF_REQUEST: JsonDict = {
    "customer_id": "818",
    "model": "churn_60d",
    "changes": {"recency_days": 5},
    "top_k": 1,
    "lang": "en",
}

WHAT_IF_RESPONSE: JsonDict = {
    "before": {
        "customer_id": "818",
        "lead_id": None,
        "model": "churn_60d",
        "model_version": "1",
        "feature_service": "churn_60d_v1",
        "as_of": "2018-01-01T00:00:00Z",
        "scored_at": "2018-01-01T06:12:09.215373Z",
        "horizon_days": 60,
        "value": 0.0707,
        "percentile": 79.175,
        "band": "low",
        "interval": None,
        "status": "ok",
        "baseline": 0.1875,
        "reasons": [
            {
                "code": "RECENCY_DAYS",
                "feature": "recency_days",
                "value": 33.0,
                "typical": 2.0,
                "contribution": 0.3225,
                "direction": "raises",
                "actionable": True,
                "text": "33 days since the last purchase; usually every 2 days",
            }
        ],
        "categories": [],
    },
    "after": {
        "customer_id": "818",
        "lead_id": None,
        "model": "churn_60d",
        "model_version": "1",
        "feature_service": "churn_60d_v1",
        "as_of": "2018-01-01T00:00:00Z",
        "scored_at": "2018-01-01T06:12:09.215373Z",
        "horizon_days": 60,
        "value": 0.0414,
        "percentile": 69.548,
        "band": "low",
        "interval": None,
        "status": "ok",
        "baseline": 0.0222,
        "reasons": [
            {
                "code": "GAP_RATIO",
                "feature": "gap_ratio",
                "value": 16.5,
                "typical": 1.0,
                "contribution": 0.2869,
                "direction": "raises",
                "actionable": True,
                "text": "silent for 16.5 times the usual interval (typically 1.0)",
            }
        ],
        "categories": [],
    },
    "difference": -0.0294,
    "features": [
        {
            "feature": "recency_days",
            "given": 33.0,
            "supposed": 5.0,
            "difference": -0.0294,
            "left_as_is": ["recency_days_vs_store", "recency_days_vs_cohort"],
        }
    ],
    "reasons": [
        {
            "before": {
                "code": "RECENCY_DAYS",
                "feature": "recency_days",
                "value": 33.0,
                "typical": 2.0,
                "contribution": 0.3225,
                "direction": "raises",
                "actionable": True,
                "text": "33 days since the last purchase; usually every 2 days",
            },
            "after": {
                "code": "RECENCY_DAYS",
                "feature": "recency_days",
                "value": 5.0,
                "typical": 2.0,
                "contribution": -0.0605,
                "direction": "lowers",
                "actionable": True,
                "text": "5 days since the last purchase; usually every 2 days",
            },
        }
    ],
}
