"""Examples of the schema's page: what the lists of a service on Complete Journey answered."""

from pydantic.config import JsonDict

CUSTOMER_PAGE: JsonDict = {
    "as_of": "2018-01-01T00:00:00Z",
    "model_versions": {"churn_28d": "1", "churn_60d": "1", "next_purchase": "1", "clv_90d": "1"},
    "compared_with": None,
    "total": 2,
    "customers": [
        {
            "customer_id": "818",
            "store_id": "33923",
            "churn_28d": 0.2871,
            "churn_28d_percentile": 84.037,
            "churn_28d_band": "medium",
            "churn_28d_status": "ok",
            "churn_60d": 0.136,
            "churn_60d_percentile": 86.185,
            "churn_60d_band": "low",
            "churn_60d_status": "ok",
            "next_purchase_days": 9.0108,
            "next_purchase_low_days": 0.7645,
            "next_purchase_high_days": 56.9707,
            "next_purchase_percentile": 69.942,
            "next_purchase_status": "ok",
            "value_90d": 714.5004,
            "value_90d_percentile": 71.42,
            "value_90d_status": "ok",
            "expected_loss": 97.1747,
            "recency_days": 33.0,
        }
    ],
    "next_cursor": "eyJxdWVyeSI6ImFkMjU5YTUwZGI4MiIsImFmdGVyIjpbXX0",
}

LEAD_PAGE: JsonDict = {
    "total": None,
    "leads": [
        {
            "lead_id": "form-20180101-0042",
            "created_at": "2018-01-01T09:30:00Z",
            "source": "web form",
            "medium": "web",
            "campaign_id": None,
            "ad_group": None,
            "creative": None,
            "store_id": "384",
            "region": None,
            "customer_id": "1544",
            "expires_at": None,
            "value": 0.0323,
            "percentile": 19.966,
            "grade": "D",
            "status": "ok",
            "model_version": "1",
            "scored_at": "2018-01-01T06:12:09.215373Z",
            "staff_id": "384-guide-2",
            "assigned_store_id": "384",
            "assigned_at": "2018-01-01T06:12:09.215373Z",
            "closed_at": None,
        }
    ],
    "next_cursor": None,
}
