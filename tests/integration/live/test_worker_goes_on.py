"""What cannot be folded is set aside; what others bring into the lake is taken in."""

import json

import pytest
from fastapi.testclient import TestClient
from typer.testing import CliRunner

from features.lake.lake import Lake, frame_fingerprint
from service.bootstrap import App
from service.events.reading import digest
from service.live.policy import POLICY
from service.repository.inbox import Sent, State
from service.worker import is_working
from shuke.cli import app as command_line
from tests.integration.live.conftest import assert_online_is_fresh, drained, until
from tests.integration.live.test_event_changes_score import order, send


def slipped_in(app: App, event_id: str, body: str) -> None:
    """Accept what the API would not, as an older version might have."""
    with app.records.transaction(durable=True) as work:
        work.inbox.add([Sent(event_id, "order", digest(body), body)], app.clock())


def test_a_poison_event_is_set_aside_and_the_line_goes_on(client: TestClient, app: App) -> None:
    future = json.dumps(order("in 2099") | {"occurred_at": "2099-01-01T00:00:00Z"})
    slipped_in(app, "unreadable", "no event")
    slipped_in(app, "in 2099", future)
    send(client, order("p1", "C00005"), order("p2", "C00006"))
    drained(app)
    with app.records.transaction(read_only=True) as work:
        why = {e.event_id: e.error or "" for e in work.inbox.some(State.FAILED, 10)}
        backlog = work.inbox.backlog()
    assert sorted(why) == ["in 2099", "unreadable"]
    assert "ordered_at lies in the future" in why["in 2099"]
    assert (backlog.pending, backlog.failed) == (0, 2)
    assert_online_is_fresh(app, ["C00005", "C00006"])


def test_the_command_line_says_how_far_the_worker_is(
    client: TestClient, app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    slipped_in(app, "broken", "{}")
    drained(app)
    assert is_working(app.records)
    monkeypatch.setenv("SHUKE_HOME", str(app.settings.home))
    run = CliRunner().invoke
    said = run(command_line, ["worker", "status"])
    assert said.exit_code == 0
    assert "a worker folds" in said.stdout
    assert "broken" in run(command_line, ["worker", "failed"]).stdout
    assert "tried again" in run(command_line, ["worker", "retry"]).stdout
    drained(app)
    with app.records.transaction(read_only=True) as work:
        assert "broken" in [event.event_id for event in work.inbox.some(State.FAILED, 10)]


def test_an_import_while_the_worker_runs_is_part_of_later_features(
    client: TestClient, app: App
) -> None:
    lake = Lake(app.settings.home / "lake", threads=1)
    lines = lake.frame("order_lines")
    more = lines[lines["customer_id"] == "C00007"].assign(
        order_id=lambda frame: "imported " + frame["order_id"]
    )
    lake.append("order_lines", [more], source="test", fingerprint=frame_fingerprint(more))

    def folded_with_the_import() -> bool:
        event_id = f"i{app.clock().timestamp()}"
        send(client, order(event_id, "C00007"))
        drained(app)
        orders = app.store.online("clv_90d_v1", ["C00007"])["orders_total"].iloc[0]
        return bool(orders > 2 * lines.loc[lines["customer_id"] == "C00007", "order_id"].nunique())

    until(folded_with_the_import)
    assert POLICY.catch_up < 60
    assert_online_is_fresh(app, ["C00007"])
