"""What the steps of the night do, one function each."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta

from features.lake.lake import frame_fingerprint
from models_registry.errors import NoChampionError
from models_registry.score import Score
from service.bootstrap import App
from service.champions import CUSTOMER_MODELS, LEAD_MODEL
from service.crm.retention import Action, Candidate, plan
from service.crm.tasks import Rule, retention_tasks
from service.health import customer_health, weakest
from service.lead_rows import captured
from service.live.flushing import Flusher
from service.live.policy import POLICY
from service.repository.records import Work
from service.repository.rows import LeadRecord
from service.scoring import Batch
from service.webhooks.announcing import announce_bands, announce_tasks


def settle_events(app: App) -> int:
    """Put events that were accepted and are not in the lake into it; return how many."""
    return Flusher(app.records, app.lake).settle(POLICY.flush_batch)


def push_leads(app: App) -> int:
    """Put leads captured since the last night into the lake and return how many it took.

    The lake is written first and knows its keys, so a night that breaks in between loses no lead
    and brings none twice.
    """
    with app.records.transaction(read_only=True) as work:
        new = work.leads.not_in_lake()
    if not new:
        return 0
    frame = captured(new)
    report = app.lake.append("leads", [frame], source="api", fingerprint=frame_fingerprint(frame))
    with app.records.transaction() as work:
        work.leads.mark_in_lake([lead.lead_id for lead in new])
    return report.accepted


def cutoffs(app: App, as_of: datetime, leads: Sequence[LeadRecord]) -> list[datetime]:
    """Return the cutoffs the night needs: its own, and midnight before each lead of a customer."""
    first = app.lake.first_moment()
    days = {
        datetime.combine(lead.created_at.astimezone(UTC), time(), UTC)
        for lead in leads
        if lead.customer_id is not None
    }
    return sorted({as_of, *(day for day in days if day > first)})


def score_customers(app: App, as_of: datetime) -> dict[str, Batch]:
    """Score every customer with each customer model that has a champion."""
    ids = app.store.customers(as_of)
    app.champions.refresh()
    missing = app.champions.load_all()
    if broken := [each for each in missing.values() if not isinstance(each, NoChampionError)]:
        raise broken[0]  # a night without a model would look like one in which nobody was at risk
    champions = [model for model in CUSTOMER_MODELS if model not in missing]
    if not champions:
        raise missing[app.policies.night.risk_model]
    night = app.policies.night
    return {
        model: app.scorer.batch(
            model, ids, as_of, top_k=night.reasons if model in night.explained else 0
        )
        for model in champions
    }


def score_leads(app: App, leads: Sequence[LeadRecord], as_of: datetime) -> list[Score | None]:
    """Score the open leads; without a champion they stay unscored and are routed all the same."""
    try:
        app.champions.get(LEAD_MODEL)
    except NoChampionError:
        return [None] * len(leads)
    return list(app.scorer.lead_batch(leads, as_of, top_k=app.policies.night.reasons).scores)


def route_leads(
    app: App,
    work: Work,
    leads: Sequence[LeadRecord],
    scores: Sequence[Score | None],
    as_of: datetime,
) -> int:
    """Take expired leads off their people, give out those nobody has, and return how many."""
    work.assignments.close_expired(as_of)
    return app.leads.keep(work, leads, scores, at=app.clock(), as_of=as_of, in_lake=True)


def list_customers(
    app: App,
    work: Work,
    batches: Mapping[str, Batch],
    homes: Mapping[str, str],
    as_of: datetime,
) -> tuple[int, int]:
    """Write the retention list of a moment, once, and return (members, tasks) added.

    Without a risk and a value batch there is no list.
    """
    policy, night = app.policies.retention, app.policies.night
    risks, values = batches.get(night.risk_model), batches.get(night.value_model)
    if risks is None or values is None or work.lists.members(Rule.RETENTION, as_of):
        return 0, 0
    since = as_of - timedelta(days=policy.rest_days)
    resting = work.lists.listed_between(Rule.RETENTION, since, as_of)
    planned = plan(candidates(risks, values, homes), policy, as_of, resting)
    actions = with_health(app, planned, risks)
    staff, load = work.staff.all(), work.tasks.loads()
    tasks = retention_tasks(actions, staff, load, app.policies.tasks, as_of)
    announce_tasks(work, tasks, app.clock())
    return work.lists.add_new(Rule.RETENTION, as_of, actions), work.tasks.add_new(tasks)


def tell_bands(app: App, work: Work, models: Collection[str], as_of: datetime) -> int:
    """Tell receivers of webhooks whose band changed since the batch before."""
    return announce_bands(work, app.score_log, models, as_of, app.clock())


def candidates(risks: Batch, values: Batch, homes: Mapping[str, str]) -> list[Candidate]:
    """Return every customer who has both a risk and a value."""
    worth = {score.customer_id: score.value for score in values.scores}
    return [
        Candidate(score.customer_id, homes.get(score.customer_id), score.value, value, _why(score))
        for score in risks.scores
        if score.customer_id is not None
        and score.value is not None
        and (value := worth.get(score.customer_id)) is not None
    ]


def with_health(app: App, actions: Sequence[Action], risks: Batch) -> list[Action]:
    """Return the actions with each customer's health in the reason."""
    rows = risks.rows.set_index("customer_id").to_dict("index")
    churn = {score.customer_id: score.value for score in risks.scores}
    return [
        replace(action, reason=f"{action.reason}; {weakest(found)}")
        for action in actions
        for found in [
            customer_health(
                rows[action.customer_id],
                churn[action.customer_id],
                app.policies.health,
            )
        ]
    ]


def _why(score: Score) -> str:
    return next((reason.text for reason in score.reasons if reason.direction == "raises"), "")
