"""Leads in, tasks out, over HTTP."""

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from features.clock import now
from service.api.app import create_app
from service.bootstrap import App, build
from service.keys import Scope
from service.settings import Settings
from tests.integration.service.conftest import new_key

LEAD = {"source": "web form", "medium": "phone", "store_id": "2", "attributes": {"pages": 7}}


def test_a_lead_is_scored_graded_and_routed_with_reasons(client: TestClient, app: App) -> None:
    response = client.post("/v1/leads", json={**LEAD, "customer_id": "C00001"})
    assert response.status_code == 201, response.text
    answer = response.json()
    assert answer["score"]["status"] == "ok"
    assert 0 <= answer["score"]["value"] <= 1
    assert answer["grade"]["letter"] in "ABCD"
    assert answer["grade"]["reason"]
    assert answer["route"]["staff_id"].startswith("2-guide-")
    assert "store 2" in answer["route"]["reason"]
    assert answer["task"]["lead_id"] == answer["lead_id"]
    with app.records.transaction(read_only=True) as work:
        stored = work.leads.get(answer["lead_id"])
    assert stored is not None
    assert stored.value == answer["score"]["value"]
    assert stored.attributes == {"pages": 7}


def test_the_same_lead_again_gets_the_stored_answer(client: TestClient, app: App) -> None:
    first = client.post("/v1/leads", json={**LEAD, "lead_id": "L1"})
    again = client.post("/v1/leads", json={**LEAD, "lead_id": "L1", "store_id": "4"})
    assert (first.status_code, again.status_code) == (201, 200)
    assert again.json() == first.json()
    with app.records.transaction(read_only=True) as work:
        assert sum(task.lead_id == "L1" for task in work.tasks.page(limit=1000)) == 1


def test_the_same_lead_at_the_same_moment_is_stored_once(client: TestClient) -> None:
    def post(_: int) -> tuple[int, dict]:
        response = client.post("/v1/leads", json={**LEAD, "lead_id": "twice"})
        return response.status_code, response.json()

    with ThreadPoolExecutor(4) as pool:
        answers = list(pool.map(post, range(4)))
    assert sorted(status for status, _ in answers) == [200, 200, 200, 201]
    assert all(body == answers[0][1] for _, body in answers)


@pytest.mark.parametrize("store", [None, "999"])
def test_a_lead_nobody_can_take_says_why(client: TestClient, store: str | None) -> None:
    answer = client.post("/v1/leads", json={**LEAD, "store_id": store}).json()
    assert answer["route"]["staff_id"] is None
    assert "head-office queue" in answer["route"]["reason"]


def test_a_lead_is_kept_and_routed_before_any_model_exists(tmp_path: Path) -> None:
    app = build(Settings(home=tmp_path))
    with TestClient(create_app(app)) as client:
        client.headers["X-API-Key"] = new_key(app, Scope.LEADS_WRITE)
        answer = client.post("/v1/leads", json=LEAD).json()
    assert answer["score"]["status"] == "unscored"
    assert answer["grade"]["letter"] == "C"
    assert "not scored" in answer["grade"]["reason"]
    app.records.close()


def test_a_lead_from_the_future_is_refused(client: TestClient) -> None:
    moment = (now() + timedelta(days=1)).isoformat()
    response = client.post("/v1/leads", json={**LEAD, "created_at": moment})
    assert response.status_code == 422
    assert "created_at" in response.json()["where"]


@pytest.mark.parametrize(
    ("change", "pointer"),
    [
        ({"source": ""}, "#/source"),
        ({"created_at": "2017-01-01T00:00:00"}, "#/created_at"),
        ({"attributes": {"a": [1]}}, "#/attributes/a"),
        ({"emial": "x"}, "#/emial"),
        (
            {"created_at": "2017-01-02T00:00:00Z", "expires_at": "2017-01-01T00:00:00Z"},
            "#",
        ),
    ],
)
def test_faults_of_a_lead_are_pointed_at(client: TestClient, change: dict, pointer: str) -> None:
    response = client.post("/v1/leads", json={**LEAD, **change})
    assert response.status_code == 422
    assert response.json()["errors"][0]["pointer"].startswith(pointer)


def test_tasks_come_the_soonest_due_first_page_by_page(client: TestClient) -> None:
    whole = client.get("/v1/tasks?limit=1000").json()["tasks"]
    assert [t["due_at"] for t in whole] == sorted(t["due_at"] for t in whole)
    paged, cursor = [], None
    while True:
        params = {"limit": 7} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/tasks", params=params).json()
        paged += page["tasks"]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert paged == whole
    assert {t["rule"] for t in whole} == {"retention", "lead-follow-up"}


def test_tasks_are_filtered_by_store_staff_and_status(client: TestClient) -> None:
    whole = client.get("/v1/tasks?limit=1000").json()["tasks"]
    staff = whole[0]["staff_id"]
    mine = client.get("/v1/tasks", params={"staff_id": staff, "limit": 1000}).json()["tasks"]
    assert mine == [t for t in whole if t["staff_id"] == staff]
    store = client.get("/v1/tasks", params={"store_id": "2", "limit": 1000}).json()["tasks"]
    assert store == [t for t in whole if t["store_id"] == "2"]
    assert client.get("/v1/tasks?status=done").json() == {"tasks": [], "next_cursor": None}


def test_a_task_says_why_and_under_which_policy(client: TestClient) -> None:
    tasks = client.get("/v1/tasks?limit=1000").json()["tasks"]
    retention = [task for task in tasks if task["rule"] == "retention"]
    assert all("at stake" in task["reason"] for task in retention)
    assert all("health" in task["reason"] for task in retention)
    assert {task["policy_version"] for task in retention} == {"retention-1"}
