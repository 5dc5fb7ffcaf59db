"""The night: complete, repeatable, and nothing lost."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from features.errors import TableMissingError
from models_registry.errors import NoChampionError
from service.bootstrap import App, build
from service.champions import CUSTOMER_MODELS
from service.crm.tasks import Rule
from service.lead_rows import captured
from service.night_steps import push_leads
from service.nightly import nightly
from service.repository.rows import LeadRecord
from service.settings import Settings
from tests.integration.service.conftest import POLICIES, Night, copied
from tests.synthetic import ShopConfig, fill, simulate

TODAY = datetime(2017, 12, 30, tzinfo=UTC)


def records(app: App) -> tuple[object, ...]:
    """Everything a night can write, to compare."""
    with app.records.transaction(read_only=True) as work:
        return (
            work.tasks.page(limit=10_000),
            work.lists.members(Rule.RETENTION, TODAY),
            work.leads.page(limit=10_000),
            work.assignments.loads(),
            work.staff.all(),
        )


def batches(app: App) -> list[object]:
    files = sorted((app.settings.home / "scores").rglob("*.parquet"))
    return [(file.name, file.read_bytes()) for file in files]


def test_a_second_run_adds_nothing(app: App) -> None:
    before = records(app), batches(app), app.lake.fingerprint()
    report = nightly(app, ensure_staff=True)
    assert (records(app), batches(app), app.lake.fingerprint()) == before
    for step in ("customer scores logged", "staff added", "leads routed", "customers listed"):
        assert report.count(step) == 0
    assert report.count("retention tasks added") == 0
    assert report.count("cutoffs built") == 0


def test_every_customer_is_scored_by_every_model(night: Night, app: App) -> None:
    ids = app.store.customers(TODAY)
    for model in CUSTOMER_MODELS:
        assert sorted(app.score_log.batch(model).execute().customer_id) == ids
    assert night.report.count("customer scores logged") == len(ids) * len(CUSTOMER_MODELS)


def test_open_leads_and_only_those_are_routed(app: App) -> None:
    leads, outcomes = app.lake.frame("leads"), app.lake.frame("lead_outcomes")
    decided = outcomes[outcomes.decided_at < TODAY].lead_id
    wanted = leads[
        (leads.created_at >= TODAY - timedelta(days=30))
        & (leads.created_at < TODAY)
        & (leads.expires_at > TODAY)
        & ~leads.lead_id.isin(decided)
    ]
    with app.records.transaction(read_only=True) as work:
        stored = work.leads.page(limit=10_000)
        owners = [work.assignments.of_lead(lead.lead_id) for lead in stored]
        assert work.leads.not_in_lake() == []
    assert {lead.lead_id for lead in stored} == set(wanted.lead_id)
    assert stored
    assert all(owner is not None and owner.staff_id and owner.reason for owner in owners)


def test_the_list_is_by_expected_loss_within_capacity_and_holdouts_get_no_task(app: App) -> None:
    with app.records.transaction(read_only=True) as work:
        members = work.lists.members(Rule.RETENTION, TODAY)
        tasks = [t for t in work.tasks.page(limit=10_000) if t.rule == Rule.RETENTION]
    losses = [member.expected_loss for member in members]
    assert losses == sorted(losses, reverse=True)
    treated = {member.customer_id for member in members if member.group == "treatment"}
    assert {task.customer_id for task in tasks} == treated
    assert 0 < len(treated) <= POLICIES.retention.capacity
    risks = app.score_log.batch("churn_60d").execute().set_index("customer_id").value
    assert all(risks[m.customer_id] >= POLICIES.retention.risk_at_least for m in members)


def test_a_customer_listed_lately_rests(trained_home: Path, tmp_path: Path) -> None:
    app = build(Settings(home=copied(trained_home, tmp_path / "home")), policies=POLICIES)
    earlier = TODAY - timedelta(days=10)
    nightly(app, earlier)
    nightly(app, TODAY)
    with app.records.transaction(read_only=True) as work:
        before = {m.customer_id for m in work.lists.members(Rule.RETENTION, earlier)}
        today = {m.customer_id for m in work.lists.members(Rule.RETENTION, TODAY)}
    assert before
    assert today
    assert not before & today
    app.records.close()


def test_captured_leads_reach_the_lake_once_and_nothing_is_lost(app: App) -> None:
    before = len(app.lake.frame("leads"))
    leads = [
        LeadRecord(
            f"web-{n}", TODAY - timedelta(days=n), "web", attributes={"pages": n, "utm": "春"}
        )
        for n in range(5)
    ]
    for lead in leads:
        app.leads.capture(lead)
    assert push_leads(app) == 5
    assert push_leads(app) == 0
    frame = app.lake.frame("leads").set_index("lead_id")
    assert len(frame) == before + 5
    assert frame.loc["web-3"].created_at == leads[3].created_at
    assert app.lake_reader.leads(["web-3"])["web-3"].attributes == {"pages": 3, "utm": "春"}


def test_a_night_that_broke_after_the_lake_was_written_brings_no_lead_twice(app: App) -> None:
    app.leads.capture(LeadRecord("web-1", TODAY, "web"))
    with app.records.transaction(read_only=True) as work:
        new = captured(work.leads.not_in_lake())
    app.lake.append("leads", [new], source="api", fingerprint="of a night that broke")
    app.leads.capture(LeadRecord("web-2", TODAY, "web"))
    assert push_leads(app) == 1
    assert sorted(app.lake.frame("leads").query("source == 'web'").lead_id) == ["web-1", "web-2"]
    with app.records.transaction(read_only=True) as work:
        assert work.leads.not_in_lake() == []


def test_a_captured_lead_keeps_its_person_when_the_night_finds_it_in_the_lake(app: App) -> None:
    answer = app.leads.capture(LeadRecord("web-9", TODAY - timedelta(days=2), "web", store_id="3"))
    report = nightly(app, ensure_staff=True)
    assert report.count("leads into the lake") == 1
    assert report.count("leads routed") == 0
    with app.records.transaction(read_only=True) as work:
        assert work.assignments.of_lead("web-9") == answer.assignment


def test_progress_ends_at_the_whole(trained_home: Path, tmp_path: Path) -> None:
    app = build(Settings(home=copied(trained_home, tmp_path / "home")), policies=POLICIES)
    shares: list[float] = []
    report = nightly(app, progress=shares.append)
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    assert all(step.seconds >= 0 for step in report.steps)
    app.records.close()


def test_a_home_without_orders_or_champions_says_what_to_do(tmp_path: Path) -> None:
    app = build(Settings(home=tmp_path))
    with pytest.raises(TableMissingError):
        nightly(app)
    fill(app.lake, simulate(ShopConfig(customers=10, days=120)))
    with pytest.raises(NoChampionError, match=r"No version of .* is the champion"):
        nightly(app)
    app.records.close()
