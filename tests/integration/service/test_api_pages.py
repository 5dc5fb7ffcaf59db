"""The API's own pages: health, readiness, the schema and its page."""

import re

from fastapi.testclient import TestClient

from service.bootstrap import App


def test_the_process_answers_without_a_key(client: TestClient) -> None:
    del client.headers["X-API-Key"]
    assert client.get("/healthz").json() == {"status": "ok"}


def test_a_service_after_its_first_night_is_ready(client: TestClient) -> None:
    response = client.get("/readyz", headers={"X-API-Key": ""})
    nothing = {"ready": True, "missing": [], "degraded": []}
    assert (response.status_code, response.json()) == (200, nothing)


def test_a_service_that_lacks_something_names_it(client: TestClient, app: App) -> None:
    for file in (app.settings.home / "scores").rglob("*.parquet"):
        file.unlink()
    response = client.get("/readyz")
    assert response.status_code == 503
    [missing] = response.json()["missing"]
    assert "shuke nightly" in missing["todo"]


OPERATIONS = [
    "score",
    "score_one",
    "score_features",
    "what_if",
    "customer_scores",
    "score_history",
    "at_risk",
    "customers",
    "leads",
    "ask_scores_job",
    "job",
    "job_result",
    "job_errors",
    "cancel_job",
    "capture_lead",
    "send_events",
    "tasks",
    "add_webhook",
    "webhooks",
    "change_webhook",
    "remove_webhook",
    "rotate_webhook_secret",
    "webhook_deliveries",
    "replay_webhooks",
    "customer_contacts",
    "set_customer_contact",
    "search_contacts",
    "log_in",
    "log_out",
    "me",
    "alive",
    "ready",
    "metrics",
]


def test_every_operation_has_a_name_a_summary_a_tag_and_example(client: TestClient) -> None:
    schema = client.get("/openapi.json").json()
    operations = [op for path in schema["paths"].values() for op in path.values()]
    names = [op["operationId"] for op in operations]
    # Clients are written against these names: one may be added, none may change.
    assert sorted(names) == sorted(OPERATIONS)
    assert all(op["summary"] and op["tags"] for op in operations)
    bodies = {
        name: part for name, part in schema["components"]["schemas"].items() if "example" in part
    }
    for name in ("ScoreRequest", "ScoreResponse", "LeadRequest", "LeadResponse", "AtRiskPage"):
        assert bodies[name]["example"], name


def test_the_page_of_the_schema_fetches_nothing_from_elsewhere(client: TestClient) -> None:
    page = client.get("/docs").text
    assert not re.findall(r"""(?:src|href)=["'](?:https?:)?//""", page)
    scripts = re.findall(r'src="([^"]+)"', page)
    assert scripts
    for script in scripts:
        assert len(client.get(script).content) > 100_000
    assert '"validatorUrl": null' in page
