"""Examples of a history: what a service on Complete Journey answered, shortened."""

from pydantic.config import JsonDict

_CHANGE: JsonDict = {
    "since": "2017-12-25T00:00:00Z",
    "value_before": 0.0505,
    "difference": 0.037,
    "band_before": "low",
    "band_changed": False,
    "model_version_before": "1",
    "cause": "features",
    "text": "orders, 30 days fell from 4 to 0 (usually 4): raises churn_60d",
    "margin_before": -2.8932,
    "margin_after": -2.3208,
    "moves": [
        {
            "code": "ORDERS_30D",
            "feature": "orders_30d",
            "before": 4.0,
            "after": 0.0,
            "typical": 4.0,
            "contribution": 0.2847,
            "direction": "raises",
            "actionable": True,
            "text": "orders, 30 days fell from 4 to 0 (usually 4): raises churn_60d",
        }
    ],
    "rest": 0.2877,
    "unexplained": 0.6677,
}

HISTORY_PAGE: JsonDict = {
    "customer_id": "818",
    "model": "churn_60d",
    "read_from": "2017-12-25T00:00:00Z",
    "total": 2,
    "scores": [
        {
            "as_of": "2018-01-01T00:00:00Z",
            "scored_at": "2018-01-01T06:12:09.215373Z",
            "path": "batch",
            "times": 1,
            "value": 0.0874,
            "band": "low",
            "percentile": 78.2167,
            "status": "ok",
            "model_version": "1",
            "change": _CHANGE,
        },
        {
            "as_of": "2017-12-25T00:00:00Z",
            "scored_at": "2017-12-25T06:11:47.690187Z",
            "path": "batch",
            "times": 1,
            "value": 0.0505,
            "band": "low",
            "percentile": 67.56,
            "status": "ok",
            "model_version": "1",
            "change": None,
        },
    ],
    "between_ends": _CHANGE,
    "next_cursor": None,
}
