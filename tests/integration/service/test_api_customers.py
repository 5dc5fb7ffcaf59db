"""The customers list over HTTP."""

import csv
import io
from datetime import UTC, datetime, timedelta

import pytest
from fastapi.testclient import TestClient

from models_registry.score_rows import unflat
from service.api.cursor import encode
from service.api.routes.customer_list import CustomerQuery
from service.bootstrap import App
from service.champions import CUSTOMER_MODELS
from service.customer_row import CUSTOMER_COLUMNS
from service.keys import Scope
from service.predicates.evaluation import holds
from service.predicates.parsing import parse
from tests.integration.service.conftest import new_key

AS_OF = datetime(2017, 12, 30, tzinfo=UTC)
NEXT = AS_OF + timedelta(days=1)


def page(client: TestClient, **params: object) -> dict:
    response = client.get("/v1/customers", params=params)
    assert response.status_code == 200, response.text
    return response.json()


def everyone(client: TestClient, **params: object) -> list[dict]:
    return page(client, limit=10_000, **params)["customers"]


def score_again(app: App, models: tuple[str, ...], as_of: datetime, changes: dict) -> None:
    """Log a night that says what the first said, but for some values."""
    for model in models:
        frame = app.score_log.batch(model, AS_OF).execute()
        rows = [
            {**row, "as_of": as_of, **changes.get((model, row["customer_id"]), {})}
            for row in frame.to_dict("records")
        ]
        assert app.score_log.append_batch([unflat(row) for row in rows], model, "1", as_of)


def test_a_row_holds_what_every_model_says_of_a_customer(client: TestClient, app: App) -> None:
    found = page(client, limit=10_000)
    assert found["as_of"] == "2017-12-30T00:00:00Z"
    assert found["model_versions"] == dict.fromkeys(CUSTOMER_MODELS, "1")
    assert all(list(row) == list(CUSTOMER_COLUMNS) for row in found["customers"])
    rows = {row["customer_id"]: row for row in found["customers"]}
    assert sorted(rows) == app.store.customers(AS_OF)
    homes = app.lake.frame("customers").set_index("customer_id").home_store_id
    for model, value in (
        ("churn_28d", "churn_28d"),
        ("churn_60d", "churn_60d"),
        ("next_purchase", "next_purchase_days"),
        ("clv_90d", "value_90d"),
    ):
        stem = "value_90d" if model == "clv_90d" else model
        for logged in app.score_log.batch(model).execute().to_dict("records"):
            row = rows[logged["customer_id"]]
            assert row[value] == logged["value"]
            assert row[f"{stem}_percentile"] == logged["percentile"]
            assert row[f"{stem}_status"] == logged["status"]
            assert row["store_id"] == homes[row["customer_id"]]
            assert row["recency_days"] == logged["in_recency_days"]
    for row in rows.values():
        assert row["expected_loss"] == row["churn_60d"] * row["value_90d"]


@pytest.mark.parametrize(
    "text",
    [
        "churn_60d > 0.4 and value_90d > 5 and store_id in ('2', '3')",
        "churn_60d_band = 'high' and not next_purchase_days between 1 and 20",
        "recency_days > 30 or expected_loss >= 10 or churn_28d_status != 'ok'",
        "customer_id like 'C0000_'",
    ],
)
def test_a_filter_keeps_exactly_those_who_meet_it(client: TestClient, text: str) -> None:
    whole = everyone(client)
    met = parse(text, CUSTOMER_COLUMNS)
    kept = page(client, limit=10_000, filter=text, total=True)
    assert kept["customers"] == [row for row in whole if holds(met, row)]
    assert 0 < kept["total"] == len(kept["customers"]) < len(whole)


@pytest.mark.parametrize("sort", ["-value_90d", "recency_days", "-store_id", "customer_id"])
def test_pages_in_any_order_give_each_customer_once(client: TestClient, sort: str) -> None:
    whole = everyone(client, sort=sort)
    keys = [row[sort.removeprefix("-")] for row in whole]
    assert keys == sorted(keys, reverse=sort.startswith("-"))
    paged, cursor = [], None
    while True:
        found = page(client, sort=sort, limit=37, **({"cursor": cursor} if cursor else {}))
        paged += found["customers"]
        cursor = found["next_cursor"]
        if cursor is None:
            break
    assert paged == whole


def test_pages_come_from_the_batch_of_the_first(client: TestClient, app: App) -> None:
    first = page(client, limit=5)
    score_again(app, CUSTOMER_MODELS, NEXT, {})
    assert page(client)["as_of"] == "2017-12-31T00:00:00Z"
    assert page(client, limit=5, cursor=first["next_cursor"])["as_of"] == first["as_of"]
    assert page(client, as_of=AS_OF.isoformat())["as_of"] == first["as_of"]


def test_a_night_that_is_still_written_does_not_answer_yet(client: TestClient, app: App) -> None:
    score_again(app, CUSTOMER_MODELS[:2], NEXT, {})
    assert page(client, limit=1)["as_of"] == "2017-12-30T00:00:00Z"
    halved = page(client, limit=1, as_of=NEXT.isoformat())
    assert halved["customers"][0]["value_90d"] is None
    score_again(app, CUSTOMER_MODELS[2:], NEXT, {})
    assert page(client, limit=1)["as_of"] == "2017-12-31T00:00:00Z"


def test_only_customers_of_whom_something_else_is_said_have_changed(
    client: TestClient, app: App
) -> None:
    changes = {
        ("clv_90d", "C00003"): {"value": 1234.5},
        ("churn_28d", "C00005"): {"band": "another"},
        ("next_purchase", "C00007"): {"status": "stale"},
        ("churn_60d", "C00009"): {"percentile": 1.0, "reasons": "[]"},
    }
    score_again(app, CUSTOMER_MODELS, NEXT, changes)
    since = AS_OF + timedelta(hours=5)
    found = page(client, changed_since=since.isoformat(), total=True)
    assert [row["customer_id"] for row in found["customers"]] == ["C00003", "C00005", "C00007"]
    assert (found["total"], found["compared_with"]) == (3, "2017-12-30T00:00:00Z")
    kept = everyone(client, changed_since=since.isoformat(), filter="value_90d = 1234.5")
    assert [row["customer_id"] for row in kept] == ["C00003"]
    assert everyone(client, changed_since=NEXT.isoformat()) == []
    before_all = page(client, changed_since="2017-01-01T00:00:00Z", limit=10_000)
    assert before_all["compared_with"] is None
    assert before_all["customers"] == everyone(client)


def test_csv_without_a_limit_is_the_whole_list(client: TestClient) -> None:
    response = client.get(
        "/v1/customers",
        params={"sort": "-value_90d", "total": True},
        headers={"Accept": "text/csv"},
    )
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    read = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))
    whole = everyone(client, sort="-value_90d")
    assert list(read[0]) == list(CUSTOMER_COLUMNS)
    assert [row["customer_id"] for row in read] == [row["customer_id"] for row in whole]
    assert [float(row["value_90d"]) for row in read] == [row["value_90d"] for row in whole]
    assert response.headers["x-total-count"] == str(len(whole))
    assert "x-next-cursor" not in response.headers


def test_csv_with_a_limit_says_where_it_goes_on(client: TestClient) -> None:
    response = client.get("/v1/customers", params={"format": "csv", "limit": 10})
    assert len(response.text.splitlines()) == 11
    following = page(client, cursor=response.headers["x-next-cursor"], limit=1)
    assert following["customers"] == page(client, limit=11)["customers"][10:]


@pytest.mark.parametrize(
    ("params", "code", "where"),
    [
        ({"filter": "churn_60d > 0.6; drop table leads"}, "bad-filter", "character 16"),
        ({"filter": "churn_6d > 0.6"}, "bad-filter", "character 1"),
        ({"filter": "x" * 4_001}, "invalid-request", ""),
        ({"sort": "-churn_6d"}, "bad-sort", "sort"),
        ({"cursor": "AAAA"}, "bad-cursor", "cursor"),
        ({"format": "csv", "filter": "1 = 1"}, "bad-filter", "character 1"),
    ],
)
def test_what_cannot_be_meant_is_a_problem(
    client: TestClient, params: dict, code: str, where: str
) -> None:
    response = client.get("/v1/customers", params=params)
    assert (response.status_code, response.json()["code"]) == (422, code)
    assert where in response.json()["where"]


def test_a_moment_without_a_batch_is_not_found(client: TestClient) -> None:
    response = client.get("/v1/customers", params={"as_of": "2017-12-29T00:00:00Z"})
    assert (response.status_code, response.json()["code"]) == (404, "not-found")
    assert "2017-12-30" in response.json()["todo"]


def test_before_the_first_night_the_list_says_what_to_do(client: TestClient, app: App) -> None:
    for file in (app.settings.home / "scores").rglob("*.parquet"):
        file.unlink()
    response = client.get("/v1/customers")
    assert response.status_code == 503
    assert "shuke nightly" in response.json()["todo"]


@pytest.mark.parametrize(
    ("name", "status"), [("../../1,1,1,1", 503), ("9,9,9,9", 503), (",,,", 404), ("", 404)]
)
def test_a_forged_cursor_reads_nothing_but_batches(
    client: TestClient, name: str, status: int
) -> None:
    forged = encode((AS_OF, name, "=C1", "C1"), CustomerQuery().identity)
    response = client.get("/v1/customers", params={"cursor": forged})
    assert response.status_code == status
    assert response.json()["code"] in ("scores-missing", "not-found")


def test_a_key_needs_the_scope(client: TestClient, app: App) -> None:
    client.headers["X-API-Key"] = new_key(app, Scope.LEADS_READ)
    assert client.get("/v1/customers").status_code == 403
    assert client.get("/v1/leads").status_code == 200


def test_the_at_risk_list_takes_the_same_filter(client: TestClient) -> None:
    text = "churn_60d > 0.3 and recency_days > 20"
    kept = client.get("/v1/at-risk", params={"filter": text, "total": True, "limit": 1000}).json()
    wanted = everyone(client, filter=text, sort="-expected_loss")
    assert [row["customer_id"] for row in kept["customers"]] == [
        row["customer_id"] for row in wanted
    ]
    assert 0 < kept["total"] == len(wanted)


def test_expected_loss_on_the_at_risk_list_is_that_of_its_model(client: TestClient) -> None:
    params = {"model": "churn_28d", "filter": "expected_loss > 10", "limit": 1000}
    kept = client.get("/v1/at-risk", params=params).json()["customers"]
    whole = client.get("/v1/at-risk", params={"model": "churn_28d", "limit": 1000}).json()
    assert kept == [row for row in whole["customers"] if row["expected_loss"] > 10]
    assert 0 < len(kept) < len(whole["customers"])
