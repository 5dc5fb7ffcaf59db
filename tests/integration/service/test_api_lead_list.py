"""The list of leads over HTTP."""

import csv
import io

import pytest
from fastapi.testclient import TestClient

from service.bootstrap import App
from service.keys import Scope
from service.repository.rows import LEAD_COLUMNS
from tests.integration.service.conftest import new_key


def page(client: TestClient, **params: object) -> dict:
    response = client.get("/v1/leads", params=params)
    assert response.status_code == 200, response.text
    return response.json()


@pytest.fixture
def captured(client: TestClient) -> list[str]:
    """Capture five leads, one of which a spreadsheet would run, and return their ids."""
    sources = ["web form", "=HYPERLINK(1)", "phone", "web form", "phone"]
    for number, source in enumerate(sources):
        lead = {"lead_id": f"N{number}", "source": source, "medium": "phone", "store_id": "2"}
        assert client.post("/v1/leads", json=lead).status_code == 201
    return [f"N{number}" for number in range(len(sources))]


def test_a_captured_lead_is_on_the_list_with_its_score_and_its_person(
    client: TestClient, captured: list[str]
) -> None:
    [line] = page(client, filter="lead_id = 'N0'")["leads"]
    assert list(line) == list(LEAD_COLUMNS)
    assert (line["status"], line["source"], line["assigned_store_id"]) == ("ok", "web form", "2")
    assert line["staff_id"].startswith("2-guide-")
    assert line["scored_at"].endswith("Z")


def test_filter_sort_pages_and_total_go_together(client: TestClient, captured: list[str]) -> None:
    asked = {"filter": "lead_id like 'N_'", "sort": "-lead_id", "limit": 2}
    first = page(client, **asked, total=True)
    assert ([lead["lead_id"] for lead in first["leads"]], first["total"]) == (["N4", "N3"], 5)
    second = page(client, **asked, cursor=first["next_cursor"])
    assert ([lead["lead_id"] for lead in second["leads"]], second["total"]) == (["N2", "N1"], None)
    last = page(client, **asked, cursor=second["next_cursor"])
    assert [lead["lead_id"] for lead in last["leads"]] == ["N0"]
    assert last["next_cursor"] is None


def test_what_came_since_is_what_changed(client: TestClient, captured: list[str]) -> None:
    lines = page(client, filter="lead_id = 'N3'")["leads"]
    since = lines[0]["scored_at"]
    changed = page(client, changed_since=since, sort="lead_id")["leads"]
    assert [lead["lead_id"] for lead in changed] == ["N3", "N4"]
    assert page(client, changed_since="2199-01-01T00:00:00Z")["leads"] == []


def test_csv_is_the_whole_list_and_no_cell_of_it_is_run(
    client: TestClient, captured: list[str]
) -> None:
    response = client.get("/v1/leads", params={"sort": "lead_id"}, headers={"Accept": "text/csv"})
    assert response.headers["content-disposition"] == 'attachment; filename="leads.csv"'
    read = list(csv.DictReader(io.StringIO(response.text.removeprefix("\ufeff"))))
    whole = page(client, sort="lead_id", limit=10_000)["leads"]
    assert [row["lead_id"] for row in read] == [lead["lead_id"] for lead in whole]
    by_id = {row["lead_id"]: row for row in read}
    assert by_id["N1"]["source"] == "'=HYPERLINK(1)"
    assert (
        by_id["N1"]["scored_at"] == page(client, filter="lead_id = 'N1'")["leads"][0]["scored_at"]
    )


@pytest.mark.parametrize(
    ("params", "code"),
    [
        ({"filter": "attributes = 'x'"}, "bad-filter"),
        ({"filter": "lead_id in (select hash from api_keys)"}, "bad-filter"),
        ({"sort": "hash"}, "bad-sort"),
        ({"cursor": "AAAA"}, "bad-cursor"),
        ({"changed_since": "yesterday"}, "invalid-request"),
    ],
)
def test_what_cannot_be_meant_is_a_problem(client: TestClient, params: dict, code: str) -> None:
    response = client.get("/v1/leads", params=params)
    assert (response.status_code, response.json()["code"]) == (422, code)


def test_a_cursor_of_one_order_does_not_fit_another(
    client: TestClient, captured: list[str]
) -> None:
    cursor = page(client, limit=1)["next_cursor"]
    response = client.get("/v1/leads", params={"cursor": cursor, "sort": "lead_id"})
    assert (response.status_code, response.json()["code"]) == (422, "bad-cursor")


def test_whoever_may_only_write_leads_may_not_list_them(client: TestClient, app: App) -> None:
    client.headers["X-API-Key"] = new_key(app, Scope.LEADS_WRITE)
    assert client.get("/v1/leads").status_code == 403
