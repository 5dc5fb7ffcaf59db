"""What webhooks really send, one message of each type; customers are simulated."""

from pydantic.config import JsonDict

_AT = "2017-12-30T01:12:09Z"
_NIGHT = "2017-12-30T00:00:00Z"

BAND_CHANGED: JsonDict = {
    "type": "score.band_changed",
    "timestamp": _AT,
    "data": {
        "customer_id": "C00017",
        "model": "churn_60d",
        "model_version": "3",
        "as_of": _NIGHT,
        "value": 0.62,
        "band": "high",
        "previous": {
            "model_version": "3",
            "as_of": "2017-12-29T00:00:00Z",
            "value": 0.34,
            "band": "medium",
        },
    },
}

LEAD_ROUTED: JsonDict = {
    "type": "lead.routed",
    "timestamp": _AT,
    "data": {
        "lead_id": "L0042",
        "grade": "A",
        "value": 0.31,
        "model_version": "2",
        "staff_id": "s1-guide-2",
        "store_id": "1",
        "assigned_at": _AT,
        "policy_version": "routing-1",
    },
}

TASK_CREATED: JsonDict = {
    "type": "task.created",
    "timestamp": _AT,
    "data": {
        "task_id": "task_0c9f5b7e1d4c2288aa01f33c",
        "rule": "retention",
        "customer_id": "C00017",
        "lead_id": None,
        "staff_id": "s1-guide-2",
        "store_id": "1",
        "as_of": _NIGHT,
        "due_at": "2018-01-02T00:00:00Z",
        "policy_version": "retention-1",
    },
}

DRIFT_DETECTED: JsonDict = {
    "type": "drift.detected",
    "timestamp": _AT,
    "data": {
        "model": "churn_60d",
        "model_version": "3",
        "as_of": _NIGHT,
        "share_drifted": 0.375,
        "columns": ["recency_days", "gap_ratio"],
        "current_rows": 2400,
        "reference_rows": 19200,
    },
}
