"""Phone numbers and e-mail addresses over HTTP: sealed in every file, found however spelt."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.api.app import create_app
from service.audit_chain import named
from service.bootstrap import App, build, rekey_all
from service.keys import Scope
from service.settings import Settings
from tests.integration.service.conftest import new_key
from tests.integration.service.test_api_problems import problem

TOLD, PLAIN = "138 1234 5678", "+8613812345678"


@pytest.fixture
def app(tmp_path: Path) -> Iterator[App]:
    app = build(Settings(home=tmp_path / "home"))
    yield app
    app.records.close()


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with TestClient(create_app(app), raise_server_exceptions=False) as client:
        client.headers["X-API-Key"] = new_key(app, Scope.ADMIN)
        yield client


def put(client: TestClient, who: str = "818", value: str = TOLD) -> dict:
    answer = client.put(f"/v1/customers/{who}/contacts/phone", json={"value": value})
    assert answer.status_code == 200, answer.text
    return answer.json()


def found(client: TestClient, value: str) -> list[str]:
    answer = client.post("/v1/contacts/search", json={"kind": "phone", "value": value})
    return [match["subject_id"] for match in answer.json()["matches"]]


def test_a_contact_is_kept_in_one_spelling_and_replaced(client: TestClient) -> None:
    [contact] = put(client)["contacts"]
    assert (contact["kind"], contact["value"]) == ("phone", PLAIN)
    put(client, value="139 0000 1111")
    assert client.get("/v1/customers/818/contacts").json()["contacts"][0]["value"][-4:] == "1111"
    assert found(client, TOLD) == []


@pytest.mark.parametrize("spelt", [TOLD, PLAIN, "13812345678", "0086-138-1234-5678"])
def test_somebody_is_found_however_the_number_is_spelt(client: TestClient, spelt: str) -> None:
    put(client)
    put(client, who="1823")
    assert found(client, spelt) == ["1823", "818"]


def test_what_is_no_number_is_refused_and_not_repeated(client: TestClient) -> None:
    answer = client.put("/v1/customers/818/contacts/phone", json={"value": "my number"})
    assert "my number" not in str(problem(answer, 422, "bad-input"))


def test_a_leads_number_goes_to_the_contacts_and_into_no_file(client: TestClient, app: App) -> None:
    attributes = {"Mobile": "13812345678", "mail": "Mei@Example.com", "pages": 7}
    body = {"lead_id": "L1", "source": "form", "attributes": attributes}
    assert client.post("/v1/leads", json=body).status_code == 201
    assert found(client, TOLD) == ["L1"]
    kept = {each.label: each.value for each in app.contacts.of("lead", "L1")}
    assert kept == {"Mobile": PLAIN, "mail": "mei@example.com"}
    with app.records.transaction(read_only=True) as work:
        stored = work.leads.get("L1")
    assert stored is not None
    assert stored.attributes == {"pages": 7}
    assert client.post("/v1/leads", json=body).status_code == 200
    for file in app.settings.home.rglob("*"):
        content = file.read_bytes() if file.is_file() else b""
        assert b"13812345678" not in content
        assert b"xample.com" not in content


def test_the_keys_may_change_while_the_service_runs(client: TestClient, app: App) -> None:
    put(client)
    before = app.contacts.ring.all()
    assert rekey_all(app) == 1
    after = app.contacts.ring.all()
    assert len(after) == 1
    assert after != before
    assert found(client, TOLD) == ["818"]
    assert client.get("/v1/customers/818/contacts").json()["contacts"][0]["value"] == PLAIN


def test_without_its_key_a_contact_is_a_problem_that_says_so(client: TestClient, app: App) -> None:
    put(client)
    (app.settings.home / "data.key").unlink()
    found = problem(client.get("/v1/customers/818/contacts"), 503, "data-key-missing")
    assert "data.key" in found["todo"]


def test_looks_and_changes_are_in_the_audit_log(client: TestClient, app: App) -> None:
    put(client)
    client.get("/v1/customers/818/contacts")
    found(client, TOLD)
    found(client, "13900001111")
    with app.records.transaction(read_only=True) as work:
        lines = work.audit.newest(9)
    told = [(line.action, line.subject) for line in reversed(lines)]
    about = named("customer", "818")
    assert told == [
        ("policy-change", None),
        ("contact-set", about),
        ("read", about),
        ("contact-search", None),
        ("contact-search", None),
    ]
    assert all("1234" not in line.details for line in lines)
