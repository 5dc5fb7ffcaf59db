import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from models_registry.score_log import ScoreLog
from monitoring.verdict import ColumnDrift, DriftPolicy, DriftSummary, decide
from service.bootstrap import build
from service.settings import Settings
from service.webhooks.events import EventType
from service.webhooks.policy import POLICY
from shuke.steps import tell_drift
from tests.integration.webhooks.deliveries import BY
from tests.integration.webhooks.test_outbox import score

NIGHT = datetime(2026, 3, 2, tzinfo=UTC)


def found() -> DriftSummary:
    columns = [
        ColumnDrift(name, "wasserstein", statistic, 0.1, 1.0, 2.0, 0.0, 0.0)
        for name, statistic in (("recency_days", 0.3), ("gap_ratio", 0.05))
    ]
    summary = decide(columns, None, reference_rows=900, current_rows=300, policy=DriftPolicy())
    return replace(summary, model="churn_60d")


def test_drift_of_a_batch_is_told_once(home: Path) -> None:
    app = build(Settings(home=home))
    ScoreLog(home / "scores").append_batch([score("a", "low", NIGHT)], "churn_60d", "1", NIGHT)
    assert tell_drift(app, found()) == 0  # nobody asked yet
    app.webhooks.add(BY, "https://crm.example.com/hooks", [EventType.DRIFT_DETECTED])
    assert [tell_drift(app, found()), tell_drift(app, found(), NIGHT)] == [1, 0]
    with app.records.transaction() as work:
        (due,) = work.outbox.claim(app.clock(), POLICY.lease, endpoints=1, at_once=1)
    assert json.loads(due.body)["data"] == {
        "model": "churn_60d",
        "model_version": "1",
        "as_of": "2026-03-02T00:00:00Z",
        "share_drifted": 0.5,
        "columns": ["recency_days"],
        "current_rows": 300,
        "reference_rows": 900,
    }
    app.records.close()
