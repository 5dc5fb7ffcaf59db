"""Logging in and out over HTTP, and what a session may do."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from service.api.app import create_app
from service.bootstrap import App, build
from service.keys import Scope
from service.sessions import SessionPolicy
from service.settings import Settings
from shuke.people import Place, add_user, disable_user, set_password
from tests.integration.service.conftest import new_key
from tests.integration.service.test_api_problems import problem

PASSWORD = "a long sentence nobody guesses"
LEAD = {"source": "form", "store_id": "2"}
POLICY = SessionPolicy()


@dataclass
class Clock:
    """A clock that goes when it is told to."""

    at: datetime = field(default=datetime(2018, 1, 1, 9, tzinfo=UTC))

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(tmp_path: Path, clock: Clock) -> Iterator[App]:
    app = build(Settings(home=tmp_path / "home"), clock=clock)
    add_user(app, "Mei ", "Mei", Place("store_manager", ("2",)), PASSWORD)
    yield app
    app.records.close()


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    with TestClient(create_app(app), raise_server_exceptions=False) as client:
        yield client


def log_in(client: TestClient, password: str = PASSWORD, login: str = "mei") -> Response:
    return client.post("/v1/session", json={"login": login, "password": password})


def test_a_session_says_who_one_is_and_the_cookie_is_for_no_script(client: TestClient) -> None:
    answer = log_in(client)
    assert answer.status_code == 201, answer.text
    cookie = answer.headers["set-cookie"]
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Secure" not in cookie
    assert client.cookies["shuke_session"] not in answer.text
    me = client.get("/v1/me").json()
    assert me == answer.json()["me"]
    assert (me["name"], me["role"], me["store_ids"]) == ("Mei", "store_manager", ["2"])


def test_over_https_the_cookie_stays_on_https(app: App) -> None:
    with TestClient(create_app(app), base_url="https://testserver") as client:
        assert "Secure" in log_in(client).headers["set-cookie"]


def test_the_token_is_stored_nowhere(client: TestClient, app: App) -> None:
    log_in(client)
    token = client.cookies["shuke_session"].encode()
    files = [file.read_bytes() for file in app.settings.home.rglob("records.db*")]
    assert files
    assert not any(token in content or PASSWORD.encode() in content for content in files)


def test_a_change_needs_the_sessions_own_token(client: TestClient) -> None:
    csrf = log_in(client).json()["me"]["csrf_token"]
    assert client.get("/v1/tasks").status_code == 200
    for wrong in ({}, {"X-CSRF-Token": "é".encode()}, {"X-CSRF-Token": csrf[::-1]}):
        problem(client.post("/v1/leads", json=LEAD, headers=wrong), 403, "csrf")
    right = {"X-CSRF-Token": csrf}
    assert client.post("/v1/leads", json=LEAD, headers=right).status_code == 201


def test_after_logging_out_the_token_is_worth_nothing(client: TestClient) -> None:
    csrf = log_in(client).json()["me"]["csrf_token"]
    token = client.cookies["shuke_session"]
    assert client.delete("/v1/session", headers={"X-CSRF-Token": csrf}).status_code == 204
    assert "shuke_session" not in client.cookies
    client.cookies["shuke_session"] = token
    problem(client.get("/v1/me"), 401, "session-ended")


def test_a_session_ends_when_it_is_idle_and_when_it_is_old(
    client: TestClient, clock: Clock
) -> None:
    log_in(client)
    began = clock.at
    while clock.at + POLICY.idle / 2 < began + POLICY.longest:
        clock.at += POLICY.idle / 2
        assert client.get("/v1/me").status_code == 200
    clock.at = began + POLICY.longest
    problem(client.get("/v1/me"), 401, "session-ended")
    client.cookies.clear()
    log_in(client)
    clock.at += POLICY.idle
    problem(client.get("/v1/me"), 401, "session-ended")


@pytest.mark.parametrize("what", ["disabled", "password"])
def test_who_is_disabled_or_has_a_new_password_is_out_at_once(
    client: TestClient, app: App, what: str
) -> None:
    log_in(client)
    if what == "disabled":
        disable_user(app, "mei")
    else:
        set_password(app, "mei", "another sentence nobody guesses")
    problem(client.get("/v1/me"), 401, "session-ended")
    client.cookies.clear()
    problem(log_in(client), 401, "login-rejected")


def test_a_wrong_name_and_a_wrong_password_are_told_alike(client: TestClient) -> None:
    said = [
        {k: v for k, v in answer.json().items() if k != "request_id"}
        for answer in (log_in(client, "wrong"), log_in(client, login="nobody"))
    ]
    assert said[0] == said[1]
    assert said[0]["code"] == "login-rejected"


def test_too_many_failures_make_a_name_wait_and_no_other(
    client: TestClient, app: App, clock: Clock
) -> None:
    add_user(app, "li", "Li", Place("head_office"), PASSWORD)
    for _ in range(POLICY.attempts):
        problem(log_in(client, "wrong"), 401, "login-rejected")
    problem(log_in(client), 429, "too-many-attempts")
    assert log_in(client, login="LI").status_code == 201
    clock.at += POLICY.within + timedelta(seconds=1)
    assert log_in(client).status_code == 201
    problem(log_in(client, "wrong"), 401, "login-rejected")
    assert log_in(client).status_code == 201


def test_a_key_beats_a_session_and_needs_no_csrf(client: TestClient, app: App) -> None:
    log_in(client)
    headers = {"X-API-Key": new_key(app, Scope.LEADS_WRITE)}
    assert client.post("/v1/leads", json=LEAD, headers=headers).status_code == 201
    me = client.get("/v1/me", headers=headers).json()
    assert (me["role"], me["csrf_token"]) == ("service", None)


def test_logins_and_reads_are_in_the_audit_log_without_ids(client: TestClient, app: App) -> None:
    csrf = log_in(client).json()["me"]["csrf_token"]
    lead = client.post("/v1/leads", json=LEAD, headers={"X-CSRF-Token": csrf}).json()
    client.get("/v1/tasks")
    with app.records.transaction(read_only=True) as work:
        lines = work.audit.newest(9)
    told = [(line.action, line.route) for line in reversed(lines)]
    assert told == [
        ("user-change", "shuke users add"),
        ("policy-change", "shuke serve"),
        ("login", "log_in"),
        ("read", "capture_lead"),
    ]  # the list of tasks was empty: nobody was read
    assert all(lead["lead_id"] not in repr(line) for line in lines)
    assert app.audit.verify().broken is None
