"""The records are locked or away: 503 in bounded time, and all is well when they are back."""

import sqlite3
import time
from contextlib import closing
from dataclasses import dataclass, replace
from pathlib import Path
from urllib.parse import urlsplit

from fastapi.testclient import TestClient

from features.clock import now
from service.audit import Action, AuditTrail, Occasion
from service.bootstrap import App, build
from service.idempotency import POLICY
from service.keys import Scope
from service.settings import Settings
from tests.clocks import Clock
from tests.integration.faults.conftest import Serve
from tests.integration.service.conftest import new_key
from tests.own_servers import Gate

WAIT = 0.5
SLACK = 10.0  # of a busy machine
EVENT = {
    "type": "order",
    "event_id": "f1",
    "occurred_at": now().isoformat(),
    "order_id": "faults 1",
    "customer_id": "C00001",
    "store_id": "1",
    "lines": [{"line_no": 1, "quantity": 1, "net_amount": 2.5}],
}
LEAD = {"source": "web", "store_id": "1", "lead_id": "fault-1"}
WRITES: dict[str, tuple[str, object]] = {
    "lead": ("/v1/leads", LEAD),
    "events": ("/v1/events", {"events": [EVENT]}),
    "score": ("/v1/scores/churn_60d", {"ids": ["C00001"]}),  # who was read is written down
    "job": ("/v1/jobs/scores", {"model": "churn_60d", "ids": ["C00001"]}),
}
READS = ("/v1/tasks?limit=1", "/v1/at-risk?limit=1", "/v1/webhooks/deliveries")


def refused(client: TestClient, path: str, body: object, **headers: str) -> None:
    began = time.monotonic()
    answer = client.post(path, json=body, headers=headers)
    took = time.monotonic() - began
    assert (answer.status_code, answer.json()["code"]) == (503, "records-unavailable"), answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert int(answer.headers["retry-after"]) >= 1
    assert took < SLACK


def test_a_locked_file_costs_writers_their_patience_and_no_more(
    home: Path, key: str, serve: Serve
) -> None:
    app = build(Settings(home=home, database_patience_seconds=WAIT))
    client = serve(app, key)
    assert client.get("/v1/me").status_code == 200
    with closing(sqlite3.connect(home / "records.db", isolation_level=None)) as other:
        other.execute("BEGIN EXCLUSIVE")
        for path, body in WRITES.values():
            refused(client, path, body)
        refused(client, "/v1/leads", LEAD, **{"Idempotency-Key": "locked"})
        assert client.get("/v1/me").status_code == 200
        assert client.get("/readyz").json()["ready"]
        other.execute("ROLLBACK")
    answer = client.post("/v1/leads", json=LEAD, headers={"Idempotency-Key": "locked"})
    assert answer.status_code == 201, answer.text
    for path, body in WRITES.values():
        assert client.post(path, json=body).status_code in (200, 201, 202)
    app.records.close()


@dataclass(frozen=True, slots=True)
class ThenLocked(AuditTrail):
    """Writes its line, and lets another connection hold the file right after."""

    holder: sqlite3.Connection

    def people(self, occasion: Occasion, action: Action, kind: str, ids: list[str]) -> None:
        AuditTrail.people(self, occasion, action, kind, ids)
        self.holder.execute("BEGIN EXCLUSIVE")


def test_an_answer_its_key_could_not_keep_is_not_given_and_nothing_is_doubled(
    home: Path, key: str, serve: Serve
) -> None:
    """Locked between the work and its answer: whoever repeats the call gets the same lead."""
    clock = Clock()
    app = build(Settings(home=home, database_patience_seconds=WAIT), clock=clock)
    file, lead = home / "records.db", {"source": "torn", "store_id": "1"}
    with closing(sqlite3.connect(file, isolation_level=None, check_same_thread=False)) as holder:
        audit = ThenLocked(app.records, app.clock, holder)
        torn = replace(app, access=replace(app.access, audit=audit))
        refused(serve(torn, key), "/v1/leads", lead, **{"Idempotency-Key": "torn"})
        holder.execute("ROLLBACK")
    [first] = _leads(app, "torn")
    clock.at += POLICY.in_flight
    again = serve(app, key).post("/v1/leads", json=lead, headers={"Idempotency-Key": "torn"})
    assert (again.status_code, again.json()["lead_id"]) == (200, first)
    assert _leads(app, "torn") == [first]
    app.records.close()


def test_postgres_that_goes_away_is_503_and_needs_no_restart(
    home: Path, postgres_url: str, serve: Serve
) -> None:
    parts = urlsplit(postgres_url)
    gate = Gate((parts.hostname or "127.0.0.1", parts.port or 5432))
    gate.open()
    through = postgres_url.replace(parts.netloc, f"127.0.0.1:{gate.port}")
    app = build(Settings(home=home, database_url=through, database_patience_seconds=2))
    client = serve(app, new_key(app, Scope.ADMIN))
    try:
        assert client.post("/v1/leads", json=LEAD).status_code == 201
        gate.shut()
        for path, body in WRITES.values():
            refused(client, path, body)
        for path in READS:
            answer = client.get(path)
            assert (answer.status_code, answer.json()["code"]) == (503, "records-unavailable")
        assert client.get("/healthz").status_code == 200
        ready = client.get("/readyz")
        assert ready.status_code == 503
        assert any("records database" in each["what"] for each in ready.json()["missing"])
        gate.open()
        assert client.post("/v1/leads", json=LEAD).status_code == 200
        for path, body in WRITES.values():
            assert client.post(path, json=body).status_code in (200, 201, 202)
    finally:
        gate.shut()
        app.records.close()


def _leads(app: App, source: str) -> list[str]:
    with app.records.transaction(read_only=True) as work:
        return [each.lead_id for each in work.leads.page(limit=1000) if each.source == source]
