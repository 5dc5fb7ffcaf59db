"""Examples of the schema's page: what a service on Complete Journey answered, shortened."""

from pydantic.config import JsonDict

SCORE_REQUEST: JsonDict = {
    "ids": ["818", "no-such-id", ""],
    "explain": "top_k",
    "top_k": 1,
    "lang": "en",
}

SCORE_RESPONSE: JsonDict = {
    "scores": [
        {
            "customer_id": "818",
            "lead_id": None,
            "model": "churn_60d",
            "model_version": "1",
            "feature_service": "churn_60d_v1",
            "as_of": "2018-01-01T00:00:00Z",
            "scored_at": "2018-01-01T06:12:09.215373Z",
            "horizon_days": 60,
            "value": 0.136,
            "percentile": 86.185,
            "band": "low",
            "interval": None,
            "status": "ok",
            "baseline": 0.1875,
            "reasons": [
                {
                    "code": "SPEND_30D",
                    "feature": "spend_30d",
                    "value": 0.0,
                    "typical": 110.76,
                    "contribution": 0.5915,
                    "direction": "raises",
                    "actionable": True,
                    "text": "spent 0.00 in the last 30 days",
                }
            ],
            "categories": [],
        },
        {
            "customer_id": "no-such-id",
            "lead_id": None,
            "model": "churn_60d",
            "model_version": "1",
            "feature_service": "churn_60d_v1",
            "as_of": None,
            "scored_at": "2018-01-01T06:12:09.215373Z",
            "horizon_days": 60,
            "value": None,
            "percentile": None,
            "band": None,
            "interval": None,
            "status": "unknown_customer",
            "baseline": None,
            "reasons": [],
            "categories": [],
        },
        {
            "id": "",
            "error": {"code": "unusable-id", "detail": "The id is empty", "pointer": "#/ids/2"},
        },
    ]
}

CUSTOMER_SCORES: JsonDict = {
    "customer_id": "818",
    "scores": [
        {
            "customer_id": "818",
            "lead_id": None,
            "model": "churn_60d",
            "model_version": "1",
            "feature_service": "churn_60d_v1",
            "as_of": "2018-01-01T00:00:00Z",
            "scored_at": "2018-01-01T06:12:09.215373Z",
            "horizon_days": 60,
            "value": 0.136,
            "percentile": 86.185,
            "band": "low",
            "interval": None,
            "status": "ok",
            "baseline": 0.1875,
            "reasons": [
                {
                    "code": "SPEND_30D",
                    "feature": "spend_30d",
                    "value": 0.0,
                    "typical": 110.76,
                    "contribution": 0.5915,
                    "direction": "raises",
                    "actionable": True,
                    "text": "spent 0.00 in the last 30 days",
                }
            ],
            "categories": [],
        },
        {
            "customer_id": "818",
            "lead_id": None,
            "model": "next_purchase",
            "model_version": "1",
            "feature_service": "next_purchase_v1",
            "as_of": "2018-01-01T00:00:00Z",
            "scored_at": "2018-01-01T06:12:09.215373Z",
            "horizon_days": 90,
            "value": 9.0108,
            "percentile": 69.942,
            "band": None,
            "interval": {"low": 0.7645, "high": 56.9707, "level": 0.8},
            "status": "ok",
            "baseline": 18.0287,
            "reasons": [
                {
                    "code": "RECENCY_DAYS",
                    "feature": "recency_days",
                    "value": 33.0,
                    "typical": 2.0,
                    "contribution": 1.3118,
                    "direction": "raises",
                    "actionable": True,
                    "text": "33 days since the last purchase; usually every 2 days",
                }
            ],
            "categories": [
                {"category": "BAKED BREAD/BUNS/ROLLS", "probability": 0.3527},
                {"category": "SOFT DRINKS", "probability": 0.3527},
            ],
        },
    ],
    "without_champion": [],
    "health": {
        "score": 62.2799,
        "parts": [
            {
                "name": "rhythm",
                "points": 0.0,
                "of": 30.0,
                "reason": "33 days since the last purchase; usually every 2",
            },
            {
                "name": "frequency",
                "points": 15.0,
                "of": 15.0,
                "reason": "24 orders in 90 days; full at 12",
            },
            {
                "name": "trend",
                "points": 15.0,
                "of": 15.0,
                "reason": "24 orders in 90 days after 1 in the 90 days before",
            },
            {
                "name": "spend",
                "points": 15.0,
                "of": 15.0,
                "reason": "1,064 spent in 90 days; full at 500",
            },
            {
                "name": "outlook",
                "points": 17.2799,
                "of": 20.0,
                "reason": "14% likely to buy nothing in the next 60 days",
            },
            {
                "name": "response",
                "points": 0.0,
                "of": 5.0,
                "reason": "0 coupons redeemed in 90 days; full at 2",
            },
        ],
        "policy_version": "health-1",
    },
}

AT_RISK_PAGE: JsonDict = {
    "model": "churn_60d",
    "model_version": "1",
    "as_of": "2018-01-01T00:00:00Z",
    "total": None,
    "customers": [
        {
            "customer_id": "818",
            "store_id": "33923",
            "risk": 0.136,
            "percentile": 86.185,
            "band": "low",
            "status": "ok",
            "value": 714.5004,
            "expected_loss": 97.1747,
            "reason": "spent 0.00 in the last 30 days",
        },
        {
            "customer_id": "1544",
            "store_id": "384",
            "risk": 0.2577,
            "percentile": 94.2875,
            "band": "medium",
            "status": "ok",
            "value": 333.6525,
            "expected_loss": 85.9807,
            "reason": "bought on 1 days in the last 90",
        },
    ],
    "next_cursor": "eyJxdWVyeSI6ImFkMjU5YTUwZGI4MiIsImFmdGVyIjpbXX0",
}

LEAD_REQUEST: JsonDict = {
    "lead_id": "form-20180101-0042",
    "created_at": "2018-01-01T09:30:00Z",
    "source": "web form",
    "medium": "web",
    "store_id": "384",
    "customer_id": "1544",
    "attributes": {"pages": 7},
}

LEAD_RESPONSE: JsonDict = {
    "lead_id": "form-20180101-0042",
    "created_at": "2018-01-01T09:30:00Z",
    "score": {
        "value": 0.0323,
        "percentile": 19.966,
        "status": "ok",
        "model_version": "1",
        "scored_at": "2018-01-01T06:12:09.215373Z",
    },
    "grade": {"letter": "D", "reason": "scores above 20 % of leads", "policy_version": "grading-1"},
    "route": {
        "staff_id": "384-guide-2",
        "store_id": "384",
        "reason": "Store 384 guide 2 in store 384 has the most room (2 of 25 leads)",
        "policy_version": "routing-1",
        "assigned_at": "2018-01-01T06:12:09.215373Z",
    },
    "task": {
        "task_id": "task_04851c8ee3df5e5e4ddfbb19",
        "rule": "lead-follow-up",
        "customer_id": None,
        "lead_id": "form-20180101-0042",
        "staff_id": "384-guide-2",
        "store_id": "384",
        "as_of": "2018-01-01T06:12:09.215373Z",
        "due_at": "2018-01-01T06:12:09.215373Z",
        "title": "Call lead form-20180101-0042 (grade D)",
        "reason": "57 % of orders come in the afternoon; Store 384 guide 2 in store "
        "384 has the most room (2 of 25 leads)",
        "policy_version": "routing-1",
        "status": "open",
    },
}

TASK_PAGE: JsonDict = {
    "tasks": [
        {
            "task_id": "task_013d939e994843821378c65d",
            "rule": "lead-follow-up",
            "customer_id": None,
            "lead_id": "22:2374",
            "staff_id": "367-guide-2",
            "store_id": "367",
            "as_of": "2018-01-01T00:00:00Z",
            "due_at": "2018-01-02T00:00:00Z",
            "title": "Call lead 22:2374 (grade A)",
            "reason": "redeemed 6 coupons so far; 38 % of all baskets used a coupon; 57 "
            "% of recent baskets used a coupon; Store 367 guide 2 in store 367 "
            "has the most room (0 of 25 leads)",
            "policy_version": "routing-1",
            "status": "open",
        }
    ],
    "next_cursor": None,
}

READINESS: JsonDict = {
    "ready": False,
    "missing": [
        {
            "what": "No version of lead_score is the champion",
            "todo": "Run `shuke train lead_score`. If its gate refused it, it says why; "
            "`shuke models promote` takes a version all the same.",
        }
    ],
    "degraded": [],
}
