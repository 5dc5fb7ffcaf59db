"""Examples of the schema's page: what a service on a simulated shop answered, shortened."""

from pydantic.config import JsonDict

CUSTOMER_PAGE: JsonDict = {
    "as_of": "2017-12-30T00:00:00Z",
    "model_versions": {"churn_28d": "1", "churn_60d": "1", "next_purchase": "1", "clv_90d": "1"},
    "compared_with": None,
    "total": 56,
    "customers": [
        {
            "customer_id": "C00091",
            "store_id": "5",
            "churn_28d": 0.825,
            "churn_28d_percentile": 82.503,
            "churn_28d_band": "high",
            "churn_28d_status": "ok",
            "churn_60d": 0.825,
            "churn_60d_percentile": 82.503,
            "churn_60d_band": "high",
            "churn_60d_status": "ok",
            "next_purchase_days": 4.7908,
            "next_purchase_low_days": 1.6616,
            "next_purchase_high_days": 8.2423,
            "next_purchase_percentile": 14.686,
            "next_purchase_status": "ok",
            "value_90d": 126.8239,
            "value_90d_percentile": 85.1855,
            "value_90d_status": "ok",
            "expected_loss": 104.6335,
            "recency_days": 36.0,
        }
    ],
    "next_cursor": "eyJxdWVyeSI6ImZjMWIzYWRjODVjZiIsImFmdGVyIjpbXX0",
}

LEAD_PAGE: JsonDict = {
    "total": None,
    "leads": [
        {
            "lead_id": "K6:C00002",
            "created_at": "2017-12-27T00:00:00Z",
            "source": "campaign",
            "medium": "mail",
            "campaign_id": "K6",
            "ad_group": None,
            "creative": None,
            "store_id": "1",
            "region": None,
            "customer_id": "C00002",
            "expires_at": "2018-01-26T00:00:00Z",
            "value": 0.0909,
            "percentile": 9.0869,
            "grade": "D",
            "status": "ok",
            "model_version": "1",
            "scored_at": "2026-11-29T09:11:14.006497Z",
            "staff_id": "1-guide-1",
            "assigned_store_id": "1",
            "assigned_at": "2026-11-29T09:11:14.106570Z",
            "closed_at": None,
        }
    ],
    "next_cursor": "eyJxdWVyeSI6ImZjMWIzYWRjODVjZiIsImFmdGVyIjpbXX0",
}
