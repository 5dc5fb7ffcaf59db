"""A person's rights: a copy of everything, and nothing left anywhere after an erasure."""

import json
import sqlite3
from pathlib import Path
from threading import Event

import duckdb
import pytest
from fastapi.testclient import TestClient

from features.errors import StateError
from service.audit import at_the_machine
from service.bootstrap import App, build_job_runner
from service.jobs.asked import Format
from service.repository.inbox import State
from service.worker import TURN
from shuke.files import write_private_json

ME = at_the_machine("test")


@pytest.fixture
def customer(app: App, client: TestClient) -> str:
    """Return a customer of whom every store holds something."""
    with app.records.transaction(read_only=True) as work:
        listed = {m.customer_id for m in work.lists.ever("retention") if m.group == "treatment"}
    leads = app.lake.frame("leads").dropna(subset="customer_id")
    who = min(listed & set(leads.customer_id))
    event = {
        "type": "order",
        "event_id": "till-1",
        "occurred_at": "2017-12-30T09:00:00Z",
        "order_id": "R-1",
        "customer_id": who,
        "store_id": "2",
        "lines": [{"line_no": 1, "quantity": 1, "net_amount": 5.0}],
    }
    assert client.post("/v1/events", json={"events": [event]}).json()["accepted"] == 1
    attributes = {"phone": "138 0000 9999", "pages": 7}
    body = {"source": "form", "store_id": "2", "customer_id": who, "attributes": attributes}
    hook = {"url": "https://crm.example.com/hooks", "events": ["lead.routed", "task.created"]}
    assert client.post("/v1/webhooks", json=hook).status_code == 201
    retried = {"Idempotency-Key": "form-1"}
    assert client.post("/v1/leads", json=body, headers=retried).status_code == 201
    jobs(client, who)
    put = client.put(f"/v1/customers/{who}/contacts/phone", json={"value": "13812345678"})
    assert put.status_code == 200
    assert client.get(f"/v1/customers/{who}/scores").status_code == 200
    return who


def jobs(client: TestClient, who: str) -> None:
    """Leave a job done in each format, and one that waits."""
    for form in (*Format, None):
        asked = {"model": "churn_60d", "ids": [who, "nobody"], "format": form or "csv"}
        assert client.post("/v1/jobs/scores", json=asked).status_code == 202
        if form is not None:
            assert build_job_runner(client.app.state.app).work(Event())


def stores(home: Path) -> dict[str, list[str]]:
    """Return every row of every file under a home as text, by file.

    What SQLite keeps beside a database is read with it.
    """
    found: dict[str, list[str]] = {}
    for file in sorted(home.rglob("*")):
        name = str(file.relative_to(home))
        if not file.is_file() or name.endswith(("-shm", "-wal")):
            continue
        if file.suffix == ".parquet":
            rows = duckdb.sql(f"FROM read_parquet('{file}', hive_partitioning=false)").fetchall()
            found[name] = [repr(row) for row in rows]
        elif file.read_bytes()[:15] == b"SQLite format 3":
            found |= {f"{name}/{table}": rows for table, rows in tables(file).items()}
        else:
            found[name] = [line.decode("latin-1") for line in file.read_bytes().splitlines()]
    return found


def tables(file: Path) -> dict[str, list[str]]:
    connection = sqlite3.connect(file)
    names = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    found = {
        name: sorted(map(repr, connection.execute(f"SELECT * FROM {name}"))) for (name,) in names
    }
    connection.close()
    return found


def naming(found: dict[str, list[str]], who: str) -> dict[str, int]:
    counts = {name: sum(who in row for row in rows) for name, rows in found.items()}
    return {name: count for name, count in counts.items() if count}


def test_an_export_holds_something_of_every_store(app: App, customer: str, tmp_path: Path) -> None:
    found = app.rights.export(customer, ME)
    file = write_private_json(tmp_path / "copy.json", found)
    copy = json.loads(file.read_text("utf-8"))
    assert file.stat().st_mode & 0o777 == 0o600
    assert {"customers", "order_lines", "leads"} <= set(copy["lake"])
    lines = app.lake.frame("order_lines")
    assert len(copy["lake"]["order_lines"]) == (lines.customer_id == customer).sum()
    assert {row["set"] for row in copy["features"]["online"]} >= {"customer"}
    assert copy["features"]["built"]
    assert {s["model"] for s in copy["scores"]["scores"]} >= {"churn_60d", "clv_90d"}
    held = {"leads", "assignments", "tasks", "list_members", "inbox"}
    assert set(copy["records"]) == held | {"outbox", "idempotency_keys"}
    assert len(copy["jobs"]) == 4
    assert sorted(contact["value"] for contact in copy["contacts"]) == [
        "+8613800009999",
        "+8613812345678",
    ]
    with app.records.transaction(read_only=True) as work:
        [line] = work.audit.newest(1)
    assert line.action == "export"
    assert customer not in repr(line)


def test_after_an_erasure_no_store_holds_a_row_and_others_stay_as_they_were(
    app: App, customer: str
) -> None:
    home = app.settings.home
    before = stores(home)
    assert {"lake", "features", "online", "scores", "jobs", "records.db"} <= {
        name.split("/")[0] for name in naming(before, customer)
    }
    with app.records.transaction(read_only=True) as work:
        leads = work.erasure.leads_of(customer)
    receipt = app.rights.erase(customer, ME)
    after = stores(home)
    assert naming(after, customer) == {}
    for lead_id in leads:
        assert naming(after, lead_id) == {}
    app.store.close()
    app.records.close()
    raw = b"".join(f.read_bytes() for f in home.rglob("*") if f.is_file())
    assert customer.encode() not in raw
    others = [
        row
        for name, rows in before.items()
        if not name.startswith("features/past/")  # checkpoints are made anew when needed
        for row in rows
        if customer not in row
    ]
    assert receipt.removed["lake.order_lines"] > 0
    assert {"features", "online", "scores", "records.tasks"} <= set(receipt.removed)
    assert {"jobs", "records.outbox", "records.idempotency_keys"} <= set(receipt.removed)
    assert app.audit.verify().head == receipt.audit_hash
    kept = {row for rows in after.values() for row in rows}
    lost = [row for row in others if row not in kept]
    of_leads = [row for row in lost if any(lead in row for lead in leads)]
    assert [r for r in lost if r not in of_leads and not is_bookkeeping(r)] == []


def is_bookkeeping(row: str) -> bool:
    """Say whether a row tells of files, jobs or the log, not of a customer."""
    of_jobs = ("'job_", "'evt_", "nobody", "customer_id,lead_id")
    words = ('"parts"', "contact-set", "'till-1'", "audit", "lead:", *of_jobs)
    return any(word in row for word in words)


def test_a_job_and_an_answer_of_others_stay(app: App, client: TestClient, customer: str) -> None:
    other = min(set(app.lake.frame("customers").customer_id) - {customer})
    asked = {"model": "churn_60d", "ids": [other]}
    kept = client.post("/v1/jobs/scores", json=asked).json()["job_id"]
    app.rights.erase(customer, ME)
    assert client.get(f"/v1/jobs/{kept}").status_code == 200
    body = {"source": "form", "store_id": "2", "customer_id": customer}
    retried = client.post("/v1/leads", json=body, headers={"Idempotency-Key": "form-1"})
    assert (retried.status_code, retried.json()["code"]) == (422, "idempotency-key-reused")


def test_a_second_erasure_changes_nothing(app: App, customer: str) -> None:
    app.rights.erase(customer, ME)
    before = stores(app.settings.home)
    again = app.rights.erase(customer, ME)
    after = stores(app.settings.home)
    changed = {name for name in after | before if after.get(name) != before.get(name)}
    assert again.removed == {}
    assert changed == {"records.db/audit_log"}


def test_an_erased_customer_is_unknown_and_an_event_sent_again_brings_nothing_back(
    app: App, client: TestClient, customer: str
) -> None:
    with app.records.transaction(read_only=True) as work:
        [event] = work.inbox.some(State.PENDING, 9)
    app.rights.erase(customer, ME)
    assert client.get(f"/v1/customers/{customer}/scores").status_code == 404
    [score] = client.post("/v1/scores/churn_60d", json={"ids": [customer]}).json()["scores"]
    assert score["status"] == "unknown_customer"
    sent = client.post("/v1/events", json={"events": [json.loads(event.body)]}).json()
    assert [each["event_id"] for each in sent["duplicates"]] == ["till-1"]
    rows = {row["customer_id"] for row in client.get("/v1/at-risk?limit=10000").json()["customers"]}
    assert rows
    assert customer not in rows


def test_features_of_the_others_are_built_anew_from_what_is_left(app: App, customer: str) -> None:
    today = app.lake.today()
    before = app.store.customers(today)
    app.rights.erase(customer, ME)
    report = app.store.build([today])
    assert report.built == 1
    assert app.store.customers(today) == [each for each in before if each != customer]


def test_nobody_is_erased_while_a_worker_folds(app: App, customer: str) -> None:
    turn = app.records.turn(TURN)
    assert turn.take()
    with pytest.raises(StateError, match="worker"):
        app.rights.erase(customer, ME)
    turn.give_up()
    assert app.rights.erase(customer, ME).removed
