"""A call that is made again under its key is answered again and done once."""

import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from typing import Any

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from features.errors import StateError
from service.api.idempotency import HEADER, REPLAYED
from service.bootstrap import App, build, build_courier
from service.idempotency import POLICY, Answer, Call, digest
from service.keys import Scope
from service.live.intake import Intake, Taken
from tests.clocks import Clock
from tests.integration.api_calls.conftest import Serve
from tests.integration.service.conftest import new_key

LEAD = {"source": "web"}


def capture(client: TestClient, key: str, body: object = LEAD) -> Response:
    return client.post("/v1/leads", json=body, headers={HEADER: key})


def leads(app: App) -> int:
    with app.records.transaction(read_only=True) as work:
        return len(work.leads.page(limit=1_000))


def test_a_second_call_is_answered_as_the_first_and_writes_nothing(app: App, serve: Serve) -> None:
    client = serve(app)
    first, second = capture(client, "k-1"), capture(client, "k-1")
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert first.headers["content-type"] == second.headers["content-type"]
    assert REPLAYED not in first.headers
    assert second.headers[REPLAYED] == "true"
    assert first.headers["x-request-id"] != second.headers["x-request-id"]
    assert leads(app) == 1


def test_without_a_key_or_under_another_a_call_is_done_again(app: App, serve: Serve) -> None:
    client = serve(app)
    capture(client, "k-1")
    capture(client, "k-2")
    client.post("/v1/leads", json=LEAD)
    assert leads(app) == 3


def test_a_key_with_another_body_or_query_is_refused(app: App, serve: Serve) -> None:
    client = serve(app)
    capture(client, "k-1")
    for path, body in (("/v1/leads", {"source": "shop"}), ("/v1/leads?a=1", LEAD)):
        refused = client.post(path, json=body, headers={HEADER: "k-1"})
        assert (refused.status_code, refused.json()["code"]) == (422, "idempotency-key-reused")
    assert leads(app) == 1


def test_the_same_key_of_another_route_or_caller_is_another_key(app: App, serve: Serve) -> None:
    client = serve(app)
    capture(client, "k-1")
    events = client.post("/v1/events", json={"events": []}, headers={HEADER: "k-1"})
    assert events.json()["code"] != "idempotency-key-reused"
    client.headers["X-API-Key"] = new_key(app, Scope.LEADS_WRITE)
    assert REPLAYED not in capture(client, "k-1").headers
    assert leads(app) == 2


def test_a_refusal_is_kept_too_but_none_that_came_before_the_key_was_looked_at(
    app: App, serve: Serve
) -> None:
    client = serve(app)
    first, second = capture(client, "k-1", {}), capture(client, "k-1", {})
    assert (first.status_code, second.headers[REPLAYED]) == (422, "true")
    assert second.headers["content-type"] == "application/problem+json"
    for bad in (b"{", b'{"source": '):
        headers = {HEADER: "k-2", "content-type": "application/json"}
        assert client.post("/v1/leads", content=bad, headers=headers).status_code == 400
    client.headers["X-API-Key"] = new_key(app, Scope.TASKS_READ)
    assert capture(client, "k-2").status_code == 403
    client.headers["X-API-Key"] = new_key(app, Scope.LEADS_WRITE)
    assert capture(client, "k-2").status_code == 201


def test_a_malformed_key_is_named(app: App, serve: Serve) -> None:
    client = serve(app)
    for bad in (b"", b"x" * 256, b"two words", "schlüssel".encode()):
        refused = client.post("/v1/leads", json=LEAD, headers={HEADER.encode(): bad})
        assert refused.status_code == 422
        assert refused.json()["errors"][0]["parameter"] == HEADER


def test_of_two_calls_at_once_one_is_done(app: App, serve: Serve) -> None:
    """Each through a server of its own, as two processes over one database."""
    clients = [serve(app), serve(replace(app))]
    together = threading.Barrier(2)

    def call(client: TestClient, number: int) -> Response:
        together.wait()
        return capture(client, f"k-{number}")

    with ThreadPoolExecutor(2) as pool:
        for number in range(10):
            answers = list(pool.map(call, clients, [number] * 2))
            done = [each for each in answers if each.status_code == 201]
            assert {each.status_code for each in answers} <= {201, 409}
            assert sum(REPLAYED not in each.headers for each in done) == 1
            assert len({each.content for each in done}) == 1
            assert leads(app) == number + 1


def test_a_call_in_flight_is_told_to_wait_until_it_is_taken_for_dead(
    app: App, serve: Serve, clock: Clock, key: str
) -> None:
    client = serve(app)
    body = client.build_request("POST", "/v1/leads", json=LEAD).content
    call = Call(key.split("_")[1], "POST /v1/leads", "k-1", digest(b"", body))
    with app.records.transaction() as work:  # as a process that died after this
        work.idempotency.begin(call, clock(), POLICY)
    waiting = capture(client, "k-1")
    assert (waiting.status_code, waiting.json()["code"]) == (409, "idempotency-in-flight")
    assert int(waiting.headers["retry-after"]) >= 1
    clock.at += POLICY.in_flight
    assert capture(client, "k-1").status_code == 201
    assert capture(client, "k-1").headers[REPLAYED] == "true"
    assert leads(app) == 1


def test_a_call_that_outlived_its_claim_does_not_overwrite_the_later_one(
    app: App, serve: Serve, clock: Clock, key: str
) -> None:
    client = serve(app)
    body = client.build_request("POST", "/v1/leads", json=LEAD).content
    call = Call(key.split("_")[1], "POST /v1/leads", "k-1", digest(b"", body))
    with app.records.transaction() as work:
        slow = work.idempotency.begin(call, clock(), POLICY)
    clock.at += POLICY.in_flight
    first = capture(client, "k-1")
    with app.records.transaction() as work:
        assert work.idempotency.finish(slow, Answer(201, {}, b"late")) is False  # type: ignore[arg-type]
        work.idempotency.give_up(slow)  # type: ignore[arg-type]
    assert capture(client, "k-1").content == first.content


def test_answers_outlive_a_restart_and_end_after_a_day(
    app: App, serve: Serve, clock: Clock
) -> None:
    first = capture(serve(app), "k-1")
    app.records.close()
    again = build(app.settings, clock=clock)
    client = serve(again)
    clock.move(hours=23, minutes=59)
    assert capture(client, "k-1").content == first.content
    clock.move(minutes=1)
    assert REPLAYED not in capture(client, "k-1", {"source": "shop"}).headers
    assert leads(again) == 2
    again.records.close()


def test_expired_keys_are_forgotten(app: App, serve: Serve, clock: Clock) -> None:
    client, courier = serve(app), build_courier(app)
    capture(client, "k-1")
    clock.move(hours=12)
    capture(client, "k-2")
    clock.move(hours=12)
    with app.records.transaction() as work:
        assert work.idempotency.forget(clock()) == 1
    clock.move(hours=12)
    courier.forget()
    with app.records.transaction() as work:
        assert work.idempotency.forget(clock()) == 0


@dataclass
class Failing:
    """An intake whose first call fails."""

    intake: Intake
    error: Exception | None

    def take(self, raw: Sequence[Any]) -> Taken:
        if self.error is not None:
            error, self.error = self.error, None
            raise error
        return self.intake.take(raw)


@pytest.mark.parametrize(
    ("error", "status"),
    [(StateError("The store is away"), 503), (RuntimeError("unexpected"), 500)],
)
def test_a_server_error_is_not_kept(app: App, serve: Serve, error: Exception, status: int) -> None:
    client = serve(replace(app, intake=Failing(app.intake, error)))  # type: ignore[arg-type]
    body = {"events": [{"event_id": "e-1"}]}

    def send() -> Response:
        return client.post("/v1/events", json=body, headers={HEADER: "k-1"})

    assert send().status_code == status
    second = send()
    assert second.status_code == 202
    assert REPLAYED not in second.headers
    assert send().content == second.content
