"""A night tells receivers of webhooks what it decided, once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd

from service.bootstrap import App, build
from service.nightly import nightly
from service.repository.outbox import Wanted
from service.settings import Settings
from service.webhooks.events import EventType
from tests.integration.service.conftest import POLICIES, copied
from tests.integration.webhooks.deliveries import BY

TODAY = datetime(2017, 12, 30, tzinfo=UTC)
LAST_WEEK = TODAY - timedelta(days=7)


def kinds(app: App) -> Counter[str]:
    found = app.webhooks.deliveries(Wanted(), limit=10_000)
    return Counter(each.type for each in found)


def bands(app: App, model: str, as_of: datetime) -> "pd.Series[str]":
    frame = app.score_log.batch(model, as_of).execute()
    return frame.set_index("customer_id")["band"].dropna()


def test_a_night_tells_each_new_task_route_and_changed_band_once(
    trained_home: Path, tmp_path: Path
) -> None:
    app = build(Settings(home=copied(trained_home, tmp_path / "home")), policies=POLICIES)
    nightly(app, LAST_WEEK)
    assert kinds(app) == Counter()
    app.webhooks.add(BY, "https://crm.example.com/hooks", list(EventType))
    with app.records.transaction(read_only=True) as work:
        tasks_before, routed_before = len(work.tasks.page(limit=10_000)), _routed(app)
    report = nightly(app, TODAY)
    with app.records.transaction(read_only=True) as work:
        new_tasks = len(work.tasks.page(limit=10_000)) - tasks_before
    changed = 0
    for model in ("churn_28d", "churn_60d"):
        before, after = bands(app, model, LAST_WEEK), bands(app, model, TODAY)
        both = before.index.intersection(after.index)
        changed += int((before[both] != after[both]).sum())
    assert kinds(app)["task.created"] == new_tasks > 0
    assert kinds(app)["lead.routed"] == _routed(app) - routed_before > 0
    assert kinds(app)["score.band_changed"] == changed > 0
    assert report.count("band changes told") == changed
    whole = kinds(app)
    nightly(app, TODAY)
    nightly(app, LAST_WEEK)
    assert kinds(app) == whole
    app.records.close()


def _routed(app: App) -> int:
    with app.records.transaction(read_only=True) as work:
        leads = work.leads.page(limit=10_000)
        return sum(work.assignments.of_lead(each.lead_id) is not None for each in leads)
