"""What commands at the machine and starts of the service leave in the audit log."""

import csv
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from service.api.app import create_app
from service.audit_chain import Line, digest, named
from service.bootstrap import App, build
from service.policies import Policies
from service.settings import Settings
from shuke.cli import app as commands
from tests.clocks import Clock
from tests.integration.service.conftest import POLICIES
from tests.integration.webhooks.deliveries import happen, tasks

Run = Callable[..., str]


@pytest.fixture
def run(app: App, monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return the command line on the home of `app`."""
    monkeypatch.setenv("SHUKE_HOME", str(app.settings.home))

    def run(*arguments: str) -> str:
        done = CliRunner().invoke(commands, list(arguments), catch_exceptions=False)
        assert done.exit_code == 0, done.output
        return done.output

    return run


def newest(app: App, limit: int = 1) -> list[Line]:
    assert app.audit.verify().broken is None
    with app.records.transaction(read_only=True) as work:
        return work.audit.newest(limit)


def told(line: Line) -> tuple[str, str, str, str | None]:
    assert line.who.startswith("cli:")
    assert len(line.who) > len("cli:")
    return line.role, line.route, line.action, line.subject


def test_a_score_at_the_machine_is_a_read_of_whom_it_names(run: Run, app: App) -> None:
    before = app.audit.verify().lines
    run("score", "churn_60d", "C00001", "nobody-has-this-id")
    run("score", "churn_60d", "C00001", "C00002")
    run("score", "churn_60d", "nobody-has-this-id")
    several, one = newest(app, 2)
    assert app.audit.verify().lines == before + 2  # nobody known was read by the third
    assert told(one) == ("operator", "shuke score", "read", named("customer", "C00001"))
    assert told(several) == ("operator", "shuke score", "read", None)
    assert json.loads(several.details) == {
        "count": 2,
        "ids": digest(["C00001", "C00002"]),
        "kind": "customer",
    }


def test_a_lead_scored_at_the_machine_is_named_as_one(run: Run, app: App) -> None:
    with app.records.transaction(read_only=True) as work:
        lead_id = work.leads.page(limit=1)[0].lead_id
    run("score", "lead_score", lead_id)
    assert told(newest(app)[0])[-1] == named("lead", lead_id)


def test_what_if_and_history_at_the_machine_are_reads(run: Run, app: App, tmp_path: Path) -> None:
    run("what-if", "churn_60d", "C00001", "recency_days=1")
    assert told(newest(app)[0]) == (
        "operator",
        "shuke what-if",
        "read",
        named("customer", "C00001"),
    )
    plot = tmp_path / "plots" / "history.svg"
    said = run("customers", "history", "C00002", "--plot", str(plot), "--lang", "zh-CN")
    assert "churn_60d of C00002" in said
    assert "batch" in said
    assert plot.read_text("utf-8").startswith("<svg")
    assert told(newest(app)[0]) == (
        "operator",
        "shuke customers history",
        "read",
        named("customer", "C00002"),
    )


def test_an_export_at_the_machine_is_one(run: Run, app: App, tmp_path: Path) -> None:
    run("customers", "export", "C00003", "--to", str(tmp_path / "copy.json"))
    assert told(newest(app)[0]) == (
        "operator",
        "shuke customers export",
        "export",
        named("customer", "C00003"),
    )


def test_a_list_of_contacts_that_leaves_is_an_export(run: Run, app: App, tmp_path: Path) -> None:
    file = tmp_path / "contacts.csv"
    given = ("--cost", "0.01", "--margin", "0.9", "--save-rate", "0.5")
    run("plan", "retention", "--budget", "100", *given, "--csv", str(file))
    [line] = newest(app)
    text = file.read_text("utf-8-sig").splitlines()
    listed = [row["customer_id"] for row in csv.DictReader(text)]
    assert listed
    assert told(line)[:3] == ("operator", "shuke plan retention", "export")
    details = json.loads(line.details)
    assert details["ids"] == digest(listed)
    assert details["policy"].startswith("profit-1")
    assert "save_rate" in details["policy"]  # the policy of the shop was overridden by hand


def test_changes_of_webhooks_at_the_machine_are_told(run: Run, app: App) -> None:
    url = "https://crm.example.com/hooks/a-token-of-theirs"
    endpoint_id, secret = run("webhooks", "add", url, "--event", "task.created").split()
    clock = Clock()
    happen(app.records, clock, tasks(clock, 1))
    with app.records.transaction() as work:
        (due,) = work.outbox.claim(app.clock(), app.webhooks.policy.lease, endpoints=1, at_once=1)
        work.outbox.failed(due, app.clock(), 500, "answered 500", None)
    for _ in range(2):  # the second finds nothing dead
        run("webhooks", "replay")
    new_secret = run("webhooks", "rotate", endpoint_id).strip()
    for command in ("disable", "enable", "remove"):
        run("webhooks", command, endpoint_id)
    lines = newest(app, 6)[::-1]
    subject, host = f"webhook:{endpoint_id}", {"host": "crm.example.com"}
    assert [(*told(line)[1:], json.loads(line.details)) for line in lines] == [
        ("shuke webhooks " + command, "webhook-change", about, details)
        for command, about, details in (
            ("add", subject, host | {"events": ["task.created"], "allow_private": False}),
            ("replay", None, {"count": 1}),
            ("rotate", subject, host),
            ("disable", subject, host | {"enabled": False}),
            ("enable", subject, host | {"enabled": True}),
            ("remove", subject, host),
        )
    ]
    assert {line.role for line in lines} == {"operator"}
    for hidden in (secret, new_secret, "token"):
        assert hidden not in "".join(map(repr, lines))


def test_a_service_that_starts_under_other_policies_says_so_once(app: App) -> None:
    before = app.audit.verify().lines
    with TestClient(create_app(app)):
        assert app.audit.verify().lines == before  # the night before ran under the same
    other = build(Settings(home=app.settings.home), policies=Policies())
    for _ in range(2):
        with TestClient(create_app(other)):
            pass
    assert app.audit.verify().lines == before + 1
    [line] = newest(app)
    assert told(line) == ("operator", "shuke serve", "policy-change", None)
    changed = json.loads(line.details)["changed"]
    assert list(changed) == ["retention"]
    assert POLICIES.retention != Policies().retention
    other.records.close()
