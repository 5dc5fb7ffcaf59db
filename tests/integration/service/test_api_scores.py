"""Scores over HTTP."""

import pytest
from fastapi.testclient import TestClient

from models_registry.score import Score
from service.bootstrap import App
from service.champions import CUSTOMER_MODELS, MODELS


def ask(client: TestClient, model: str, ids: list[str], **more: object) -> list[dict]:
    response = client.post(f"/v1/scores/{model}", json={"ids": ids, **more})
    assert response.status_code == 200, response.text
    return response.json()["scores"]


@pytest.mark.parametrize("model", CUSTOMER_MODELS)
def test_scores_come_in_the_order_asked_for(client: TestClient, model: str) -> None:
    ids = ["C00003", "C00001", "C00003", "C00002"]
    scores = ask(client, model, ids)
    assert [score["customer_id"] for score in scores] == ids
    assert {score["model"] for score in scores} == {model}


def test_a_score_has_every_field_of_the_score_object(client: TestClient) -> None:
    [score] = ask(client, "churn_60d", ["C00001"])
    assert set(score) == set(Score.__dataclass_fields__)


def test_an_unknown_customer_says_so_and_is_no_error(client: TestClient) -> None:
    known, unknown = ask(client, "churn_60d", ["C00001", "nobody"])
    assert known["status"] in ("ok", "cold_start")
    assert known["value"] is not None
    assert (unknown["status"], unknown["value"], unknown["as_of"]) == (
        "unknown_customer",
        None,
        None,
    )


def test_reasons_come_only_when_asked_for_and_at_most_top_k(client: TestClient) -> None:
    ids = [f"C{n:05d}" for n in range(20)]
    assert all(not s["reasons"] for s in ask(client, "churn_60d", ids, top_k=2))
    explained = ask(client, "churn_60d", ids, explain="top_k", top_k=2)
    assert max(len(score["reasons"]) for score in explained) == 2


def test_reasons_speak_chinese_when_asked_to(client: TestClient) -> None:
    scores = ask(
        client,
        "churn_60d",
        [f"C{n:05d}" for n in range(20)],
        explain="top_k",
        top_k=6,
        lang="zh-CN",
    )
    texts = [reason["text"] for score in scores for reason in score["reasons"]]
    assert any("距上次购买" in text for text in texts)


def test_leads_are_scored_by_their_own_ids(client: TestClient, app: App) -> None:
    lead = app.lake.frame("leads").lead_id.iloc[-1]
    known, unknown = ask(client, "lead_score", [lead, "nothing"])
    assert known["lead_id"] == lead
    assert 0 <= known["value"] <= 1
    assert unknown["status"] == "unknown_customer"


def test_every_score_is_logged_with_its_inputs(client: TestClient, app: App) -> None:
    [score] = ask(client, "clv_90d", ["C00001"])
    logged = app.score_log.history("C00001").query("path == 'online'")
    assert logged.model.tolist() == ["clv_90d"]
    assert logged.value.tolist() == [score["value"]]


def test_a_customer_page_holds_every_model_and_the_health_in_parts(client: TestClient) -> None:
    page = client.get("/v1/customers/C00001/scores").json()
    assert [score["model"] for score in page["scores"]] == list(CUSTOMER_MODELS)
    assert page["without_champion"] == []
    assert page["health"]["score"] == pytest.approx(
        sum(p["points"] for p in page["health"]["parts"])
    )
    assert all(part["reason"] for part in page["health"]["parts"])


def test_a_customer_nobody_knows_is_not_found(client: TestClient) -> None:
    response = client.get("/v1/customers/nobody/scores")
    assert response.status_code == 404
    assert response.json()["code"] == "not-found"
    assert response.json()["where"] == "nobody"


def test_the_largest_request_is_answered(client: TestClient) -> None:
    assert len(ask(client, MODELS[0], [f"C{n:05d}" for n in range(1000)])) == 1000
