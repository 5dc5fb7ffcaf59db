"""An event sent to the API changes features, scores and the lake, once."""

from datetime import timedelta
from typing import Any

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from features.clock import now
from features.lake.lake import Lake
from service.bootstrap import App
from service.repository.inbox import State
from tests.integration.live.conftest import assert_online_is_fresh, drained, until

WHO = "C00001"


def order(event_id: str, customer_id: str = WHO, **said: Any) -> dict[str, Any]:
    lines = [
        {"line_no": 1, "quantity": 2, "net_amount": 500.0, "category": "category 1"},
        {"line_no": 2, "quantity": 1, "net_amount": 7.5, "category": "brand new"},
    ]
    return {
        "type": "order",
        "event_id": event_id,
        "occurred_at": (now() - timedelta(minutes=5)).isoformat(),
        "order_id": f"order of {event_id}",
        "customer_id": customer_id,
        "store_id": "1",
        "lines": lines,
    } | said


def send(client: TestClient, *events: Any) -> dict[str, Any]:
    answer = client.post("/v1/events", json={"events": list(events)})
    assert answer.status_code == 202, answer.text
    found: dict[str, Any] = answer.json()
    parts = found["accepted"] + len(found["duplicates"]) + len(found["rejected"])
    assert found["read"] == parts == len(events)
    return found


def features(app: App, *ids: str) -> pd.DataFrame:
    return app.store.online("clv_90d_v1", list(ids)).set_index("customer_id")


def categories(app: App, customer_id: str) -> list[str]:
    found = app.store.online("next_purchase_v1", [customer_id])["category_names"]
    return list(found.iloc[0])


def score(client: TestClient) -> dict[str, Any]:
    [found] = client.post("/v1/scores/clv_90d", json={"ids": [WHO]}).json()["scores"]
    return dict(found)


def test_an_order_changes_features_and_score_of_its_customer_alone(
    client: TestClient, app: App
) -> None:
    before, scored = features(app, WHO, "C00002"), score(client)
    sent = now()
    assert send(client, order("e1"))["accepted"] == 1
    until(lambda: bool((features(app, WHO)["as_of"] > sent).all()))
    after = features(app, WHO, "C00002")
    assert after.loc[WHO, "recency_days"] == 0.0
    assert after.loc[WHO, "spend_total"] == pytest.approx(before.loc[WHO, "spend_total"] + 507.5)
    assert "brand new" in categories(app, WHO)
    pd.testing.assert_series_equal(after.loc["C00002"], before.loc["C00002"])
    changed = score(client)
    assert pd.Timestamp(changed["as_of"]) > pd.Timestamp(scored["as_of"])
    assert changed["value"] != scored["value"]
    assert changed["status"] == "ok"


def test_a_customer_nobody_knew_has_features_after_the_first_order(
    client: TestClient, app: App
) -> None:
    sent = now()
    send(client, order("n1", "somebody new"))
    until(lambda: bool(features(app, "somebody new")["as_of"].notna().all()))
    found = features(app, "somebody new").iloc[0]
    assert (found["as_of"] > sent, found["orders_total"], found["spend_total"]) == (True, 1, 507.5)


def test_what_is_online_equals_a_fresh_computation_over_the_lake(
    client: TestClient, app: App
) -> None:
    back = [{"line_no": 9, "quantity": -1, "net_amount": -250.0, "category": "category 1"}]
    at = (now() - timedelta(minutes=1)).isoformat()
    told = {"occurred_at": at, "customer_id": "C00003"}
    # Nobody's tickets are missing any more once the lake records one.
    send(client, {"type": "ticket", "event_id": "f4", "ticket_id": "t1", **told})
    drained(app)
    send(client, order("f1", "C00003"), order("f2", "C00004"), order("f3", "another new one"))
    send(
        client,
        order("f5", "C00003", order_id="order of f1", lines=back),
        {"type": "campaign_contact", "event_id": "f6", "campaign_id": "k1", **told},
        {"type": "interaction", "event_id": "f7", "interaction_type": "coupon_redeemed", **told},
    )
    drained(app)
    assert_online_is_fresh(app, ["C00003", "C00004", "another new one"])


def test_events_go_into_the_lake_once(client: TestClient, app: App) -> None:
    drained(app)
    lake = Lake(app.settings.home / "lake", threads=1)
    before = len(lake.frame("order_lines"))
    first, second = order("g1"), order("g2")
    assert send(client, first, second)["accepted"] == 2
    answer = send(client, second, first | {"store_id": "2"}, second)
    assert answer["duplicates"] == [
        {"index": 0, "event_id": "g2", "conflict": False},
        {"index": 1, "event_id": "g1", "conflict": True},
        {"index": 2, "event_id": "g2", "conflict": False},
    ]
    drained(app)
    lines = lake.frame("order_lines")
    assert len(lines) == before + 4
    mine = lines[lines["order_id"].str.startswith("order of g")]
    assert mine["ingested_at"].notna().all()
    assert (mine["ingested_at"] > mine["ordered_at"]).all()


def test_events_are_refused_one_by_one_and_nothing_of_them_is_kept(
    client: TestClient, app: App
) -> None:
    answer = send(client, order("good"), order("", lines=[]), order("late", occurred_at="soon"), 3)
    assert answer["accepted"] == 1
    assert answer["rejected"] == [
        {
            "index": 1,
            "event_id": "",
            "field": "event_id",
            "reason": "String should have at least 1 character",
        },
        {
            "index": 2,
            "event_id": "late",
            "field": "occurred_at",
            "reason": "is not an ISO 8601 date-time",
        },
        {"index": 3, "event_id": None, "field": "", "reason": "is not an object"},
    ]
    drained(app)
    with app.records.transaction(read_only=True) as work:
        kept = {event.event_id for event in work.inbox.some(State.IN_LAKE, 100)}
    assert kept & {"good", "late", ""} == {"good"}
