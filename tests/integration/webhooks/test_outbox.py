"""The outbox holds what somebody wants, once, and only what really happened."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from models_registry.score import Score, Status
from models_registry.score_log import ScoreLog
from service.crm.routing import Route
from service.repository.records import Records
from service.repository.rows import LeadRecord
from service.webhooks.announcing import announce_bands, announce_routes, announce_tasks
from service.webhooks.desk import WebhookDesk
from service.webhooks.events import EventType
from tests.clocks import Clock
from tests.integration.webhooks.deliveries import BY, found, happen, tasks

URL = "https://crm.example.com/hooks"
DAY = datetime(2026, 3, 2, tzinfo=UTC)


def told(records: Records) -> list[dict]:
    """Return every message that waits, by a claim."""
    with records.transaction() as work:
        due = work.outbox.claim(
            datetime(2200, 1, 1, tzinfo=UTC), timedelta(1), endpoints=99, at_once=99
        )
    return [json.loads(each.body) for each in due]


def test_nothing_is_kept_for_nobody(records: Records, desk: WebhookDesk, clock: Clock) -> None:
    assert happen(records, clock, tasks(clock, 1)) == 0
    desk.add(BY, URL, [EventType.DRIFT_DETECTED])
    disabled = desk.add(BY, URL, [EventType.TASK_CREATED])
    desk.enable(BY, disabled.endpoint.endpoint_id, enabled=False)
    assert happen(records, clock, tasks(clock, 1, first=1)) == 0
    assert told(records) == []


def test_each_who_wants_it_is_told(records: Records, desk: WebhookDesk, clock: Clock) -> None:
    ids = {desk.add(BY, URL, [EventType.TASK_CREATED]).endpoint.endpoint_id for _ in range(2)}
    assert happen(records, clock, tasks(clock, 3)) == 6
    assert {each.endpoint_id for each in found(desk)} == ids


def test_a_rerun_tells_nobody_again_not_even_a_newcomer(
    records: Records, desk: WebhookDesk, clock: Clock
) -> None:
    desk.add(BY, URL, [EventType.TASK_CREATED])
    again = tasks(clock, 2)
    assert happen(records, clock, again) == 2
    desk.add(BY, URL, [EventType.TASK_CREATED])
    clock.move(hours=1)
    assert happen(records, clock, again) == 0


def test_what_is_rolled_back_was_never_told(
    records: Records, desk: WebhookDesk, clock: Clock
) -> None:
    desk.add(BY, URL, [EventType.TASK_CREATED])
    with pytest.raises(RuntimeError), records.transaction() as work:
        assert announce_tasks(work, tasks(clock, 1), clock()) == 1
        raise RuntimeError("broke off")
    assert found(desk) == []


def test_a_removed_endpoint_takes_what_waits_with_it(
    records: Records, desk: WebhookDesk, clock: Clock
) -> None:
    endpoint = desk.add(BY, URL, [EventType.TASK_CREATED])
    happen(records, clock, tasks(clock, 2))
    desk.remove(BY, endpoint.endpoint.endpoint_id)
    assert (desk.all(), found(desk)) == ([], [])


def test_a_routed_lead_is_told_without_anything_personal(
    records: Records, desk: WebhookDesk, clock: Clock
) -> None:
    desk.add(BY, URL, [EventType.LEAD_ROUTED])
    lead = LeadRecord(
        "L1", clock.at, "web", attributes={"phone": "13800000000", "name": "王"}, grade="A"
    )
    with records.transaction() as work:
        work.leads.add(lead)
        work.assignments.add_new([Route("L1", None, None, "王 has room", "routing-1")], clock.at)
        assert announce_routes(work, ["L1", "L2"], clock.at) == 1
    (message,) = told(records)
    assert message["data"]["lead_id"] == "L1"
    assert message["data"]["grade"] == "A"
    assert "13800000000" not in json.dumps(message)
    assert "王" not in json.dumps(message, ensure_ascii=False)


def score(customer_id: str, band: str | None, as_of: datetime, version: str = "1") -> Score:
    return Score(
        customer_id=customer_id,
        lead_id=None,
        model="churn_60d",
        model_version=version,
        feature_service="churn_60d_v1",
        as_of=as_of,
        scored_at=as_of,
        horizon_days=60,
        value=0.5,
        percentile=50.0,
        band=band,
        interval=None,
        status=Status.OK,
        baseline=None,
    )


def night(log: ScoreLog, bands: dict[str, str | None], as_of: datetime, version: str = "1") -> None:
    scores = [score(who, band, as_of, version) for who, band in bands.items()]
    assert log.append_batch(scores, "churn_60d", version, as_of)


def tell(records: Records, log: ScoreLog, as_of: datetime, clock: Clock) -> int:
    with records.transaction() as work:
        return announce_bands(work, log, ["churn_60d", "clv_90d"], as_of, clock())


def test_whose_band_differs_from_the_batch_before_is_told_once(
    records: Records, desk: WebhookDesk, clock: Clock, tmp_path: Path
) -> None:
    log, next_day = ScoreLog(tmp_path / "scores"), DAY + timedelta(days=1)
    night(log, {"a": "low", "b": "low", "c": "high", "d": None, "e": "low"}, DAY)
    assert tell(records, log, DAY, clock) == 0
    night(
        log, {"a": "high", "b": "low", "c": "low", "d": "low", "e": None, "f": "low"}, next_day, "2"
    )
    assert tell(records, log, next_day, clock) == 0  # nobody asked yet
    desk.add(BY, URL, [EventType.BAND_CHANGED])
    assert tell(records, log, next_day, clock) == 2
    assert tell(records, log, next_day, clock) == 0
    messages = sorted(
        (each["data"] for each in told(records)), key=lambda each: each["customer_id"]
    )
    assert [(m["customer_id"], m["previous"]["band"], m["band"]) for m in messages] == [
        ("a", "low", "high"),
        ("c", "high", "low"),
    ]
    assert [(m["previous"]["model_version"], m["model_version"]) for m in messages] == [
        ("1", "2")
    ] * 2
    assert messages[0]["as_of"] == "2026-03-03T00:00:00Z"
    assert messages[0]["previous"]["as_of"] == "2026-03-02T00:00:00Z"


def test_a_night_of_the_past_tells_nothing(
    records: Records, desk: WebhookDesk, clock: Clock, tmp_path: Path
) -> None:
    log = ScoreLog(tmp_path / "scores")
    desk.add(BY, URL, [EventType.BAND_CHANGED])
    for days, band in ((0, "low"), (2, "low"), (1, "high")):
        night(log, {"a": band}, DAY + timedelta(days=days))
    assert tell(records, log, DAY + timedelta(days=1), clock) == 0
    assert tell(records, log, DAY + timedelta(days=2), clock) == 1  # seen from the newest batch
