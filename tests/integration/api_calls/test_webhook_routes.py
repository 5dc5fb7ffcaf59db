"""Webhooks are managed by routes, and a captured lead is told."""

import json

import pytest
from fastapi.testclient import TestClient

from service.api.idempotency import HEADER
from service.audit_chain import Line
from service.bootstrap import App, rekey_all
from service.keys import Scope
from service.repository.outbox import Wanted
from tests.clocks import Clock
from tests.integration.api_calls.conftest import Serve
from tests.integration.service.conftest import new_key

URL = "https://crm.example.com/hooks"
ALL = ["lead.routed", "task.created"]


def added(client: TestClient, **facts: object) -> dict:
    response = client.post("/v1/webhooks", json={"url": URL, "events": ALL} | facts)
    assert response.status_code == 201, response.text
    return dict(response.json())


def capture(client: TestClient) -> str:
    body = {"source": "web", "attributes": {"phone": "13800000000"}}
    return str(client.post("/v1/leads", json=body).json()["lead_id"])


def die(app: App) -> str:
    """Let the one delivery that waits die, and return its id."""
    with app.records.transaction() as work:
        (due,) = work.outbox.claim(app.clock(), app.webhooks.policy.lease, endpoints=1, at_once=1)
        work.outbox.failed(due, app.clock(), 500, "answered 500", None)
    return due.delivery_id


def changes(app: App) -> list[Line]:
    """Return what the audit log tells of webhooks, the oldest first."""
    assert app.audit.verify().broken is None
    with app.records.transaction(read_only=True) as work:
        return work.audit.newest(99, action="webhook-change")[::-1]


def test_a_secret_is_shown_when_it_is_made_and_never_again(app: App, serve: Serve) -> None:
    client = serve(app)
    made = added(client)
    rotated = client.post(f"/v1/webhooks/{made['endpoint_id']}/rotate").json()
    assert made["secret"].startswith("whsec_")
    assert made["secret"] != rotated["secret"]
    assert rotated["old_until"] is not None
    listed = client.get("/v1/webhooks")
    assert [each["endpoint_id"] for each in listed.json()["endpoints"]] == [made["endpoint_id"]]
    assert "whsec_" not in listed.text


def test_a_rotation_made_again_under_its_key_gives_the_same_secret(app: App, serve: Serve) -> None:
    client = serve(app)
    path = f"/v1/webhooks/{added(client)['endpoint_id']}/rotate"
    first, second = (client.post(path, headers={HEADER: "k-1"}).json() for _ in range(2))
    assert first == second
    assert client.post(path, headers={HEADER: "k-2"}).json()["secret"] != first["secret"]


def test_an_answer_with_a_secret_is_kept_sealed_and_follows_the_data_key(
    app: App, serve: Serve
) -> None:
    client, kept = serve(app), {HEADER: "k-1"}
    asked = {"url": URL, "events": ALL}
    first = client.post("/v1/webhooks", json=asked, headers=kept)
    secret = first.json()["secret"].removeprefix("whsec_").encode()
    files = list(app.settings.home.glob("records.db*"))
    assert [path.name for path in files if secret in path.read_bytes()] == []
    assert rekey_all(app) == 2
    again = client.post("/v1/webhooks", json=asked, headers=kept)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert [name for name in again.headers if "sealed" in name] == []


def test_a_captured_lead_and_its_task_wait_for_delivery(app: App, serve: Serve) -> None:
    client = serve(app)
    endpoint = added(client)
    capture(client)
    page = client.get("/v1/webhooks/deliveries", params={"state": "waiting"}).json()
    assert sorted(each["type"] for each in page["deliveries"]) == ALL
    assert {each["endpoint_id"] for each in page["deliveries"]} == {endpoint["endpoint_id"]}
    with app.records.transaction(read_only=True) as work:
        assert work.outbox.is_due(app.clock())


def test_a_retry_of_a_capture_tells_nothing_twice(app: App, serve: Serve) -> None:
    client = serve(app)
    added(client)
    for key in ("k-1", "k-1", "k-2"):
        client.post("/v1/leads", json={"source": "web", "lead_id": "L1"}, headers={HEADER: key})
    assert len(app.webhooks.deliveries(Wanted(), limit=99)) == len(ALL)


def test_pages_of_deliveries_hold_each_once(app: App, serve: Serve, clock: Clock) -> None:
    client = serve(app)
    added(client)
    for _ in range(3):
        capture(client)
        clock.move(seconds=1)
    seen: list[str] = []
    cursor: str | None = None
    while True:
        asked = {"limit": 4} | ({"cursor": cursor} if cursor else {})
        page = client.get("/v1/webhooks/deliveries", params=asked).json()
        seen += [each["delivery_id"] for each in page["deliveries"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 6


def test_dead_ones_are_replayed_by_id_or_by_what_they_have_in_common(
    app: App, serve: Serve, clock: Clock
) -> None:
    client = serve(app)
    endpoint = added(client, events=["lead.routed"])["endpoint_id"]
    capture(client)
    died = die(app)

    def replayed(**asked: object) -> int:
        response = client.post("/v1/webhooks/deliveries/replay", json=asked)
        assert response.status_code == 202
        return int(response.json()["replayed"])

    assert replayed(endpoint_id="whk_other") == 0
    assert replayed(state="delivered") == 0
    assert replayed(since=(clock.at.isoformat()), endpoint_id=endpoint, state="dead") == 1
    assert replayed(delivery_ids=[died]) == 0  # it waits now
    for asked in ({}, {"delivery_ids": ["a"], "state": "dead"}):
        assert client.post("/v1/webhooks/deliveries/replay", json=asked).status_code == 422


def test_an_endpoint_can_be_disabled_and_removed(app: App, serve: Serve) -> None:
    client = serve(app)
    path = f"/v1/webhooks/{added(client)['endpoint_id']}"
    assert client.patch(path, json={"enabled": False}).json()["enabled"] is False
    capture(client)
    assert client.get("/v1/webhooks/deliveries").json()["deliveries"] == []
    assert client.delete(path).status_code == 204
    for answer in (
        client.delete(path),
        client.patch(path, json={"enabled": True}),
        client.post(f"{path}/rotate"),
    ):
        assert (answer.status_code, answer.json()["code"]) == (404, "not-found")


def test_each_change_is_a_line_of_the_audit_log(app: App, serve: Serve) -> None:
    client = serve(app)
    url = "https://crm.example.com:8443/hooks/a-token-of-theirs?key=another"
    made = added(client, url=url, events=["lead.routed"])
    path = f"/v1/webhooks/{made['endpoint_id']}"
    capture(client)
    again = {"delivery_ids": [die(app)]}
    client.post("/v1/webhooks/deliveries/replay", json=again)
    die(app)
    in_common = {"endpoint_id": made["endpoint_id"], "state": "dead"}
    client.post("/v1/webhooks/deliveries/replay", json=in_common)
    client.patch(path, json={"enabled": False})
    rotated = client.post(f"{path}/rotate")
    client.delete(path)
    lines = changes(app)
    subject, host = f"webhook:{made['endpoint_id']}", {"host": "crm.example.com"}
    assert [(line.route, line.subject, json.loads(line.details)) for line in lines] == [
        ("add_webhook", subject, host | {"events": ["lead.routed"], "allow_private": False}),
        ("replay_webhooks", None, {"count": 1}),
        ("replay_webhooks", subject, {"count": 1}),
        ("change_webhook", subject, host | {"enabled": False}),
        ("rotate_webhook_secret", subject, host),
        ("remove_webhook", subject, host),
    ]
    assert {(line.role, line.who.startswith("cli:")) for line in lines} == {("service", False)}
    assert lines[-2].request_id == rotated.headers["x-request-id"]
    told = "".join(map(repr, lines))
    for secret in (made["secret"], rotated.json()["secret"], "token", "another"):
        assert secret not in told


def test_what_changes_nothing_leaves_no_line(app: App, serve: Serve) -> None:
    client, once = serve(app), {HEADER: "k-1"}
    for _ in range(2):
        client.post("/v1/webhooks", json={"url": URL, "events": ALL}, headers=once)
    client.post("/v1/webhooks", json={"url": "https://10.0.0.1/", "events": ALL})
    client.patch("/v1/webhooks/whk_none", json={"enabled": True})
    client.post("/v1/webhooks/whk_none/rotate")
    client.delete("/v1/webhooks/whk_none")
    client.post("/v1/webhooks/deliveries/replay", json={"state": "dead"})
    assert [line.route for line in changes(app)] == ["add_webhook"]


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"url": "http://crm.example.com", "events": ALL}, "webhook-url-refused"),
        ({"url": "https://10.0.0.1/", "events": ALL}, "webhook-url-refused"),
        ({"url": URL, "events": ALL, "allow_private": True}, "webhook-url-refused"),
        ({"url": URL, "events": []}, "invalid-request"),
        ({"url": URL, "events": ["score.changed"]}, "invalid-request"),
        ({"url": URL, "events": ALL, "secret": "whsec_mine"}, "invalid-request"),
    ],
)
def test_what_cannot_be_an_endpoint_is_refused(
    app: App, serve: Serve, body: dict, code: str
) -> None:
    refused = serve(app).post("/v1/webhooks", json=body)
    assert (refused.status_code, refused.json()["code"]) == (422, code)


def test_only_admin_may(app: App, serve: Serve) -> None:
    client = serve(app)
    others = [scope for scope in Scope if scope is not Scope.ADMIN]
    client.headers["X-API-Key"] = new_key(app, *others)
    calls = [
        client.get("/v1/webhooks"),
        client.post("/v1/webhooks", json={"url": URL, "events": ALL}),
        client.get("/v1/webhooks/deliveries"),
        client.post("/v1/webhooks/deliveries/replay", json={"state": "dead"}),
        client.patch("/v1/webhooks/x", json={"enabled": True}),
        client.post("/v1/webhooks/x/rotate"),
        client.delete("/v1/webhooks/x"),
    ]
    assert [each.status_code for each in calls] == [403] * 7
