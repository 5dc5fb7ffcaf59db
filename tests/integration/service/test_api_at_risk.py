"""The at-risk list over HTTP."""

import csv
import io

import pytest
from fastapi.testclient import TestClient

from service.api.schemas import AtRiskCustomer
from service.bootstrap import App


def rows(client: TestClient, **params: object) -> list[dict]:
    response = client.get("/v1/at-risk", params=params)
    assert response.status_code == 200, response.text
    return response.json()["customers"]


def test_the_list_holds_every_customer_of_the_newest_batch(client: TestClient, app: App) -> None:
    page = client.get("/v1/at-risk").json()
    assert (page["model"], page["model_version"], page["as_of"]) == (
        "churn_60d",
        "1",
        "2017-12-30T00:00:00Z",
    )
    scored = app.score_log.batch("churn_60d").execute()
    risks = {row["customer_id"]: row["risk"] for row in rows(client, limit=10_000)}
    assert risks == dict(zip(scored.customer_id, scored.value, strict=True))


def test_what_is_at_stake_is_risk_times_value_and_orders_the_list(
    client: TestClient, app: App
) -> None:
    values = app.score_log.batch("clv_90d").execute().set_index("customer_id").value
    found = rows(client)
    for row in found:
        assert row["value"] == values[row["customer_id"]]
        assert row["expected_loss"] == pytest.approx(row["risk"] * row["value"])
    losses = [row["expected_loss"] for row in found]
    assert losses == sorted(losses, reverse=True)


def test_each_customer_has_their_store_and_the_reason_that_raises_the_risk(
    client: TestClient, app: App
) -> None:
    homes = app.lake.frame("customers").set_index("customer_id").home_store_id
    found = rows(client, band="high", status="ok")
    assert found
    assert all(row["store_id"] == homes[row["customer_id"]] for row in found)
    assert any("since the last purchase" in row["reason"] for row in found)
    chinese = rows(client, band="high", status="ok", lang="zh-CN")
    assert any("距上次购买" in row["reason"] for row in chinese)


def test_filters_keep_exactly_those_who_meet_them(client: TestClient) -> None:
    everyone = rows(client, limit=10_000)
    kept = rows(client, limit=10_000, risk_at_least=0.4, value_at_least=5, store_id="2")
    wanted = [
        row
        for row in everyone
        if row["risk"] >= 0.4 and row["value"] >= 5 and row["store_id"] == "2"
    ]
    assert kept == wanted
    assert 0 < len(kept) < len(everyone)


@pytest.mark.parametrize("sort", ["risk", "-risk", "value", "-value", "expected_loss"])
def test_pages_in_any_order_give_each_customer_once(client: TestClient, sort: str) -> None:
    whole = rows(client, sort=sort, limit=10_000)
    keys = [row[sort.removeprefix("-")] for row in whole]
    assert keys == sorted(keys, reverse=sort.startswith("-"))
    paged, cursor = [], None
    while True:
        params = {"sort": sort, "limit": 17} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/at-risk", params=params).json()
        paged += page["customers"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == whole


def test_a_cursor_does_not_fit_another_filter(client: TestClient) -> None:
    cursor = client.get("/v1/at-risk?limit=5").json()["next_cursor"]
    response = client.get("/v1/at-risk", params={"cursor": cursor, "store_id": "2"})
    assert (response.status_code, response.json()["code"]) == (422, "bad-cursor")


@pytest.mark.parametrize(
    ("params", "headers"), [({"format": "csv"}, {}), ({}, {"Accept": "text/csv"})]
)
def test_csv_holds_the_same_rows(client: TestClient, params: dict, headers: dict) -> None:
    response = client.get("/v1/at-risk", params={"limit": 10, **params}, headers=headers)
    assert response.headers["content-type"] == "text/csv; charset=utf-8"
    assert "attachment" in response.headers["content-disposition"]
    read = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))
    assert list(read[0]) == list(AtRiskCustomer.model_fields)
    expected = rows(client, limit=10)
    assert [row["customer_id"] for row in read] == [row["customer_id"] for row in expected]
    assert [float(row["risk"]) for row in read] == [row["risk"] for row in expected]
    following = client.get(
        "/v1/at-risk", params={"cursor": response.headers["x-next-cursor"], "limit": 1}
    )
    assert following.json()["customers"] == rows(client, limit=11)[10:]


def test_a_moment_asked_for_answers_from_its_batch(client: TestClient) -> None:
    found = rows(client, as_of="2017-12-30T08:00:00+08:00")
    assert found == rows(client)
