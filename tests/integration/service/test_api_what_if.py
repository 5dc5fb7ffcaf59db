"""What-if over HTTP: the same judge, other inputs, nothing logged."""

import pytest
from fastapi.testclient import TestClient

from service.bootstrap import App

CUSTOMER = "C00001"


def ask(client: TestClient, changes: dict[str, float | None], **more: object) -> dict:
    body = {"customer_id": CUSTOMER, "changes": changes, **more}
    response = client.post("/v1/scores/churn/what-if", json=body)
    assert response.status_code == 200, response.text
    return response.json()


def refused(client: TestClient, body: dict[str, object], status: int, code: str) -> dict:
    response = client.post("/v1/scores/churn/what-if", json=body)
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert (response.status_code, found["code"]) == (status, code)
    return found


def test_as_it_is_is_what_the_score_route_gives(client: TestClient) -> None:
    body = {"ids": [CUSTOMER], "explain": "top_k", "top_k": 2}
    [given] = client.post("/v1/scores/churn_28d", json=body).json()["scores"]
    before = ask(client, {"recency_days": 40}, model="churn_28d", top_k=2)["before"]
    assert {**before, "scored_at": None} == {**given, "scored_at": None}


def test_the_changed_score_is_the_models_own_answer_to_the_changed_row(
    client: TestClient, app: App
) -> None:
    bundle = app.champions.get("churn_60d")
    row = app.store.online(bundle.meta.feature_service, [CUSTOMER])
    supposed = {"recency_days": 40.0, "spend_90d": 0.0}
    answer = ask(client, supposed)
    said = bundle.predict(row.assign(**supposed))["value"].item()
    assert answer["after"]["value"] == said
    assert answer["difference"] == said - answer["before"]["value"] != 0
    for change in answer["features"]:
        name = change["feature"]
        alone = bundle.predict(row.assign(**{name: supposed[name]}))["value"].item()
        assert change["given"] == row[name].item()
        assert change["supposed"] == supposed[name]
        assert change["difference"] == alone - answer["before"]["value"]
    assert [change["feature"] for change in answer["features"]] == list(supposed)


def test_what_stays_as_it_was_makes_no_difference(client: TestClient, app: App) -> None:
    row = app.store.online("churn_60d_v1", [CUSTOMER])
    answer = ask(client, {"recency_days": row["recency_days"].item()}, top_k=20)
    assert answer["difference"] == 0
    assert answer["features"][0]["difference"] == 0
    assert answer["reasons"] == []


def test_reasons_that_differ_come_with_both_contributions(client: TestClient) -> None:
    [first, *others] = ask(client, {"recency_days": 60}, top_k=20)["reasons"]
    assert first["after"]["feature"] == "recency_days"
    assert first["after"]["value"] == 60
    assert first["after"]["text"].startswith("60 days since the last purchase")
    moved = [
        abs(sum(sign * (one[side] or {"contribution": 0})["contribution"] for side, sign in _SIDES))
        for one in (first, *others)
    ]
    assert moved == sorted(moved, reverse=True)
    assert moved[-1] > 0
    assert len(ask(client, {"recency_days": 60}, top_k=1)["reasons"]) == 1
    silent = ask(client, {"recency_days": 60}, top_k=0)
    assert (silent["reasons"], silent["before"]["reasons"]) == ([], [])


_SIDES = (("before", -1), ("after", 1))


def test_a_change_to_not_known_is_said_so_in_chinese_too(client: TestClient) -> None:
    answer = ask(client, {"recency_days": None}, lang="zh-CN", top_k=20)
    assert answer["features"][0]["supposed"] is None
    texts = [one["after"]["text"] for one in answer["reasons"] if one["after"]]
    assert any("暂无数据" in text for text in texts)


def test_a_change_that_leaves_the_population_says_so(client: TestClient) -> None:
    answer = ask(client, {"active_days": 1})
    assert answer["before"]["status"] == "ok"
    assert answer["after"]["status"] == "cold_start"
    assert answer["after"]["value"] == answer["after"]["baseline"]
    assert answer["after"]["reasons"][0]["code"] == "OUTSIDE_POPULATION"


def test_a_question_is_not_logged_as_a_score(client: TestClient, app: App) -> None:
    before = len(app.score_log.history(CUSTOMER))
    ask(client, {"recency_days": 40})
    assert len(app.score_log.history(CUSTOMER)) == before


def test_a_feature_the_model_does_not_read_is_refused_with_those_it_does(
    client: TestClient,
) -> None:
    body = {"customer_id": CUSTOMER, "changes": {"recency_day": 3}}
    found = refused(client, body, 422, "bad-input")
    assert found["where"] == "recency_day"
    assert "Did you mean recency_days" in found["todo"]
    body = {"customer_id": CUSTOMER, "changes": {"nps_last": 3}}
    found = refused(client, body, 422, "bad-input")
    assert "spend_90d" in found["todo"]


def test_a_customer_nobody_knows_is_not_found(client: TestClient) -> None:
    body = {"customer_id": "nobody", "changes": {"recency_days": 3}}
    assert refused(client, body, 404, "not-found")["where"] == "nobody"


@pytest.mark.parametrize(
    "faulty",
    [
        {"changes": {}},
        {"changes": {"recency_days": "soon"}},
        {"changes": {"recency_days": 1e300}},
        {"changes": {"recency_days": 3}, "model": "clv_90d"},
    ],
    ids=str,
)
def test_what_does_not_fit_the_schema_is_refused(
    client: TestClient, faulty: dict[str, object]
) -> None:
    refused(client, {"customer_id": CUSTOMER, **faulty}, 422, "invalid-request")
