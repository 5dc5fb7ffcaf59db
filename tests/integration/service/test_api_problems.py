"""Whatever goes wrong leaves as one kind of document that says what to do."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from service.api.app import create_app
from service.bootstrap import App, build
from service.keys import Scope
from service.settings import Settings
from tests.integration.service.conftest import new_key


def problem(response: Response, status: int, code: str) -> dict:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    found = response.json()
    assert (found["status"], found["code"]) == (status, code)
    assert found["type"] == f"urn:shuke:problem:{code}"
    assert found["detail"]
    assert found["request_id"] == response.headers["x-request-id"]
    return found


@pytest.fixture
def empty(tmp_path: Path) -> Iterator[TestClient]:
    """Return a client of a service that was never given anything."""
    app = build(Settings(home=tmp_path / "empty"))
    with TestClient(create_app(app), raise_server_exceptions=False) as client:
        client.headers["X-API-Key"] = new_key(app, Scope.ADMIN)
        yield client
    app.records.close()


def test_an_unknown_model_is_not_found_and_the_known_ones_are_named(client: TestClient) -> None:
    found = problem(client.post("/v1/scores/magic", json={"ids": ["1"]}), 404, "unknown-model")
    assert "churn_60d" in found["todo"]


def test_a_model_without_a_champion_says_how_to_get_one(empty: TestClient) -> None:
    found = problem(empty.post("/v1/scores/churn_60d", json={"ids": ["1"]}), 503, "no-champion")
    assert "shuke train" in found["todo"]
    problem(empty.get("/v1/customers/1/scores"), 503, "no-champion")


def test_a_list_before_the_first_night_says_to_run_it(empty: TestClient) -> None:
    found = problem(empty.get("/v1/at-risk"), 503, "scores-missing")
    assert "shuke nightly" in found["todo"]


def test_a_missing_lake_table_is_named(client: TestClient, app: App) -> None:
    for part in (app.settings.home / "lake" / "order_lines").glob("*.parquet"):
        part.unlink()
    found = problem(client.get("/v1/at-risk"), 503, "table-missing")
    assert "order_lines" in found["where"]


@pytest.mark.parametrize("key", ["", "nonsense", "shuke_0011223344556677_wrong"])
def test_a_key_that_does_not_hold_is_refused(client: TestClient, key: str) -> None:
    response = client.get("/v1/tasks", headers={"X-API-Key": key})
    problem(response, 401, "unauthorized")
    assert response.headers["www-authenticate"] == "Bearer"


def test_a_bearer_token_is_as_good_as_the_header(client: TestClient, app: App) -> None:
    key = new_key(app, Scope.TASKS_READ)
    del client.headers["X-API-Key"]
    problem(client.get("/v1/tasks"), 401, "unauthorized")
    assert client.get("/v1/tasks", headers={"Authorization": f"Bearer {key}"}).status_code == 200


@pytest.mark.parametrize(
    ("method", "path", "scope"),
    [
        ("POST", "/v1/scores/churn_60d", Scope.SCORES_READ),
        ("POST", "/v1/scores/churn/what-if", Scope.SCORES_READ),
        ("POST", "/v1/scores/churn_60d/features", Scope.SCORES_READ),
        ("GET", "/v1/scores/churn_60d/C00001", Scope.SCORES_READ),
        ("GET", "/v1/customers/C00001/scores", Scope.SCORES_READ),
        ("GET", "/v1/at-risk", Scope.SCORES_READ),
        ("POST", "/v1/leads", Scope.LEADS_WRITE),
        ("GET", "/v1/tasks", Scope.TASKS_READ),
    ],
)
def test_a_key_without_the_scope_is_forbidden(
    client: TestClient, app: App, method: str, path: str, scope: Scope
) -> None:
    others = [one for one in Scope if one not in (scope, Scope.ADMIN)]
    response = client.request(method, path, headers={"X-API-Key": new_key(app, *others)}, json={})
    found = problem(response, 403, "forbidden")
    assert scope in found["detail"]


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "#/ids"),
        ({"ids": []}, "#/ids"),
        ({"ids": ["1"] * 1001}, "#/ids"),
        ({"ids": ["1", 2]}, "#/ids/1"),
        ({"ids": ["1"], "top_k": 21}, "#/top_k"),
        ({"ids": ["1"], "lang": "fr"}, "#/lang"),
        ({"ids": ["1"], "a/b~c": 1}, "#/a~1b~0c"),
        ([], "#"),
    ],
)
def test_faults_of_a_body_are_pointed_at(client: TestClient, body: object, pointer: str) -> None:
    response = client.post("/v1/scores/churn_60d", json=body)
    found = problem(response, 422, "invalid-request")
    assert [fault["pointer"] for fault in found["errors"]] == [pointer]


def test_a_body_that_is_no_json_is_told_where_it_breaks(client: TestClient) -> None:
    response = client.post(
        "/v1/scores/churn_60d", content=b'{"ids": [}', headers={"content-type": "application/json"}
    )
    found = problem(response, 400, "malformed-json")
    assert "character 9" in found["errors"][0]["detail"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/scores/churn_60d", '{"ids": ["\\ud800", "1"]}'),
        ("/v1/scores/churn_60d/features", '{"customers": [{"features": {"\\ud800": 1}}]}'),
        ("/v1/jobs/scores", '{"model": "churn_60d", "ids": ["\\ud800"]}'),
        ("/v1/leads", '{"source": "web", "attributes": {"x": "\\ud800"}}'),
        ("/v1/leads", f'{{"source": "web", "attributes": {{"n": {10**30}, "x": "\\ud800"}}}}'),
        ("/v1/session", '{"login": "somebody", "password": "\\ud800 and eleven more"}'),
    ],
)
def test_half_a_character_is_refused_wherever_it_is(
    client: TestClient, path: str, body: str
) -> None:
    refused = client.post(path, content=body, headers={"content-type": "application/json"})
    assert refused.status_code == 422
    assert "half a character" in refused.json()["errors"][0]["detail"]


def test_half_a_character_in_one_event_keeps_no_other_out(client: TestClient) -> None:
    good = '{"type": "ping", "event_id": "e-1"}, {"type": "\\ud800", "event_id": "e-2"}'
    body = f'{{"events": [{good}]}}'
    answer = client.post("/v1/events", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == 202
    assert [each["index"] for each in answer.json()["rejected"]] == [0, 1]


def test_a_query_parameter_at_fault_is_named(client: TestClient) -> None:
    found = problem(
        client.get("/v1/at-risk?limit=0&risk_at_least=2&sort=x"), 422, "invalid-request"
    )
    assert {fault["parameter"] for fault in found["errors"]} == {"limit", "risk_at_least", "sort"}


def test_a_misspelt_filter_is_refused_and_not_ignored(client: TestClient) -> None:
    found = problem(client.get("/v1/at-risk?store=3"), 422, "invalid-request")
    assert found["errors"][0]["parameter"] == "store"


@pytest.mark.parametrize("path", ["/v1/at-risk", "/v1/tasks"])
def test_a_cursor_nobody_gave_is_refused(client: TestClient, path: str) -> None:
    problem(client.get(path, params={"cursor": "abc"}), 422, "bad-cursor")


def test_a_moment_without_a_batch_is_not_found(client: TestClient) -> None:
    found = problem(client.get("/v1/at-risk?as_of=2016-01-01T00:00:00Z"), 404, "not-found")
    assert "2017-12-30" in found["todo"]


def test_a_body_that_is_too_large_is_refused(client: TestClient) -> None:
    huge = b'{"ids": ["' + b"x" * 1_100_000 + b'"]}'
    headers = {"content-type": "application/json"}
    problem(
        client.post("/v1/scores/churn_60d", content=huge, headers=headers), 413, "content-too-large"
    )
    pieces = (huge[at : at + 65_536] for at in range(0, len(huge), 65_536))
    problem(
        client.post("/v1/scores/churn_60d", content=pieces, headers=headers),
        413,
        "content-too-large",
    )


def test_unknown_paths_and_methods_are_problems_too(client: TestClient) -> None:
    problem(client.get("/v1/nothing"), 404, "not-found")
    problem(client.get("/v1/events"), 405, "method-not-allowed")


def test_an_error_nobody_expected_tells_nothing_but_its_request(
    app: App, client: TestClient
) -> None:
    app.records.close()
    (app.settings.home / "records.db").write_bytes(b"this is no database, and long enough" * 200)
    found = problem(client.get("/v1/tasks"), 500, "internal-error")
    assert "database" not in found["detail"]


def test_a_usable_request_id_is_kept_and_another_is_replaced(client: TestClient) -> None:
    assert (
        client.get("/healthz", headers={"X-Request-Id": "abc-1"}).headers["x-request-id"] == "abc-1"
    )
    replaced = client.get("/healthz", headers={"X-Request-Id": "a b;c"}).headers["x-request-id"]
    assert len(replaced) == 32
