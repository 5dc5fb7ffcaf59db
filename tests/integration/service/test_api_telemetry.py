"""What operators see: figures, and headers that guard browsers."""

import re
from pathlib import Path

from fastapi.testclient import TestClient

from service.bootstrap import App

DASHBOARD = Path(__file__).parents[3] / "deploy" / "grafana.json"


def figures(client: TestClient) -> dict[str, float]:
    """Return every figure of the page by its name and labels."""
    page = client.get("/metrics").text
    return {name: float(value) for name, value in re.findall(r"^([a-z][^#\n]*) (\S+)$", page, re.M)}


def test_requests_are_counted_and_timed_by_route_and_status(client: TestClient) -> None:
    client.post("/v1/scores/churn_60d", json={"ids": ["C00001"]})
    client.post("/v1/scores/nothing", json={"ids": ["C00001"]})
    counted = {
        name: value
        for name, value in figures(client).items()
        if name.startswith("http_server_request_duration_seconds_count")
        and 'http_route="/v1/scores/{model}"' in name
    }
    by_status = {re.findall(r'status_code="(\d+)"', name)[0]: n for name, n in counted.items()}
    assert by_status == {"200": 1, "404": 1}


def test_scores_are_counted_by_model_and_status_and_their_distribution_is_told(
    client: TestClient,
) -> None:
    client.post("/v1/scores/churn_60d", json={"ids": ["C00001", "nobody"]})
    told = figures(client)
    given = {name: n for name, n in told.items() if name.startswith("shuke_scores_total")}
    assert sum(given.values()) == 2
    assert [n for name, n in given.items() if 'status="unknown_customer"' in name] == [1]
    assert told['shuke_score_probability_count{model="churn_60d"}'] == 1


def test_the_age_of_the_features_is_told(client: TestClient, app: App) -> None:
    newest = app.store.materialized()
    assert newest is not None
    age = figures(client)["shuke_features_age_seconds"]
    assert abs(age - (app.clock() - newest.as_of).total_seconds()) < 600


def test_figures_name_no_customer(client: TestClient) -> None:
    client.post("/v1/scores/churn_60d", json={"ids": ["C00001"]})
    client.get("/v1/customers/C00001/scores")
    assert "C00001" not in client.get("/metrics").text


def test_answers_tell_browsers_to_keep_nothing_and_to_run_nothing(client: TestClient) -> None:
    for path in ("/v1/tasks", "/v1/at-risk", "/v1/nowhere", "/healthz"):
        headers = client.get(path, headers={"Accept": "text/csv"}).headers
        assert headers["cache-control"] == "no-store"
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["content-security-policy"].startswith("default-src 'none'; frame-ancestors")
    assert "script-src 'self'" in client.get("/docs").headers["content-security-policy"]


def test_the_dashboard_asks_for_figures_there_are(client: TestClient) -> None:
    client.post("/v1/scores/churn_60d", json={"ids": ["C00001"]})
    there = {name.split("{")[0] for name in figures(client)}
    asked = re.findall(r"\b((?:http_server|shuke)_[a-z_]+)", DASHBOARD.read_text("utf-8"))
    assert len(set(asked)) > 5
    assert set(asked) <= there
