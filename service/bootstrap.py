"""The only wiring: the API, the nightly run and the command line all start here."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial

import pandas as pd

from features.clock import now
from features.errors import UnreachableError
from features.feature_sets import SETS
from features.lake.lake import Lake
from features.live import LiveFeatures
from features.settings import Settings as FeatureSettings
from features.store import Materialized, Store
from models_registry.registry import Registry
from models_registry.score_log import ScoreLog
from models_registry.settings import Settings as ModelSettings
from service.at_risk import AtRiskList
from service.audit import AuditTrail
from service.board import Board
from service.champions import POLICY as CHAMPIONS
from service.champions import Champions
from service.customer_list import CustomerList
from service.jobs.desk import JobDesk
from service.jobs.policy import POLICY as JOBS
from service.jobs.policy import JobPolicy
from service.jobs.runner import JobRunner
from service.lake_reader import LakeReader
from service.leads import LeadDesk, find_leads
from service.live.flushing import Flusher
from service.live.intake import Intake
from service.live.policy import POLICY
from service.policies import Policies
from service.privacy.contacts import ContactBook
from service.privacy.data_keys import FILE as DATA_KEY_FILE
from service.privacy.data_keys import KeyRing
from service.privacy.person import Rights
from service.privacy.rekeying import rekey
from service.rate_limits import RateLimits
from service.remembered_keys import RememberedKeys
from service.repository.engine import Patience as RecordsPatience
from service.repository.records import Records
from service.score_history import ScoreHistory
from service.scoring import Clock, Scorer, Spread
from service.sealed_answers import SealedAnswers
from service.sessions import Sessions
from service.settings import Settings
from service.shadow import Shadow
from service.sight import Access
from service.telemetry import Telemetry
from service.webhooks.courier import Courier
from service.webhooks.desk import WebhookDesk
from service.webhooks.policy import POLICY as SENDING
from service.webhooks.secrets import SecretBox, sealed
from service.webhooks.sending import Sender
from service.worker import Worker


@dataclass(frozen=True)
class App:
    """Everything a running service is made of; a test may put a fake in any place."""

    settings: Settings
    policies: Policies
    clock: Clock
    records: Records
    lake: Lake
    lake_reader: LakeReader
    store: Store
    registry: Registry
    champions: Champions
    score_log: ScoreLog
    scorer: Scorer
    shadow: Shadow
    leads: LeadDesk
    at_risk: AtRiskList
    customers: CustomerList
    history: ScoreHistory
    intake: Intake
    audit: AuditTrail
    access: Access
    keys: RememberedKeys
    sessions: Sessions
    ring: KeyRing
    contacts: ContactBook
    answers: SealedAnswers
    rights: Rights
    limits: RateLimits
    webhooks: WebhookDesk
    jobs: JobDesk
    telemetry: Telemetry


def build(
    settings: Settings | None = None,
    *,
    policies: Policies | None = None,
    clock: Clock = now,
    champions: Champions | None = None,
) -> App:
    """Open everything under `settings.home` and return it wired.

    The records' schema is brought up to date; anything else is opened at its first use, so a home
    without data, features or models gives an app that says what is missing.

    Parameters
    ----------
    settings
        None reads the environment.
    """
    settings, policies = settings or Settings(), policies or Policies()
    features = FeatureSettings(home=settings.home)
    models = ModelSettings(home=settings.home)
    lake = Lake(features.lake_dir, features.threads)
    store, registry = Store(features, lake), Registry(models)
    score_log = ScoreLog(models.score_dir)
    patience = RecordsPatience(seconds=settings.database_patience_seconds)
    records = Records(settings.records_url, patience)
    ring = KeyRing(settings.data_key.get_secret_value(), settings.home / DATA_KEY_FILE)
    records.migrate(lambda secret, endpoint_id: sealed(ring.all()[0], secret, endpoint_id))
    # Requests and imports read through different connections: one is not for several threads.
    reader = LakeReader(Lake(features.lake_dir, features.threads))
    champions = champions or Champions(registry, CHAMPIONS)
    shadow_log = ScoreLog(models.shadow_dir)
    shadow = Shadow(
        champions,
        shadow_log,
        settings.max_feature_age_days,
        _on_spark(features, store, shadow_log, settings, clock),
    )
    board, telemetry = Board(score_log, reader), Telemetry()
    telemetry.watch_features(partial(_newest, store), clock)
    _watch(telemetry, store, champions)
    scorer = Scorer(
        store=store,
        champions=champions,
        score_log=score_log,
        find_leads=lambda ids: find_leads(records, reader, ids),
        lake=reader,
        clock=clock,
        max_feature_age_days=settings.max_feature_age_days,
        spread=_on_spark(features, store, score_log, settings, clock),
        shadow=shadow,
        heard=telemetry.given,
    )
    audit = AuditTrail(records, clock)
    contacts = ContactBook(records, ring, policies.contacts, clock)
    return App(
        settings=settings,
        policies=policies,
        clock=clock,
        records=records,
        lake=lake,
        lake_reader=reader,
        store=store,
        registry=registry,
        champions=champions,
        score_log=score_log,
        scorer=scorer,
        shadow=shadow,
        leads=LeadDesk(records, reader, scorer, policies, clock, contacts),
        at_risk=AtRiskList(board),
        customers=CustomerList(board),
        history=ScoreHistory(score_log, champions, store),
        intake=Intake(records, clock),
        audit=audit,
        access=Access(records, reader, policies.access, audit, clock),
        keys=RememberedKeys(records, policies.keys),
        sessions=Sessions(records, clock, policies.access, policies.sessions),
        ring=ring,
        contacts=contacts,
        answers=SealedAnswers(ring),
        rights=Rights(
            features.lake_dir,
            store,
            {"scores": score_log, "shadow": shadow_log},
            settings.job_dir,
            records,
            contacts,
            audit,
            clock,
        ),
        limits=RateLimits(settings.rate_limit_url, settings.rate_policy),
        webhooks=WebhookDesk(
            records, clock, SecretBox(ring), audit, settings.webhook_allow_private
        ),
        jobs=JobDesk(records, settings.job_dir, champions, store, clock, job_policy(settings)),
        telemetry=telemetry,
    )


def _newest(store: Store) -> datetime | None:
    done = _materialized(store)
    return None if done is None else done.as_of


def _materialized(store: Store) -> Materialized | None:
    try:
        return store.materialized()
    except UnreachableError:
        return None


def _watch(telemetry: Telemetry, store: Store, champions: Champions) -> None:
    """Tell what is away while the service goes on without it."""

    def snapshot() -> float:
        done = _materialized(store)
        return float(done is not None and done.snapshot)

    told = "1 while scores come from the snapshot, as the online store is away."
    telemetry.watch("shuke.features.snapshot", told, snapshot)
    told = "1 while the registry of models does not answer; loaded champions go on."
    telemetry.watch("shuke.registry.away", told, lambda: float(bool(champions.away)))
    told = "Promoted versions that could not be loaded; the ones before them go on."
    telemetry.watch("shuke.models.refused", told, lambda: float(len(champions.refused)))


def build_worker(app: App) -> Worker:
    """Return the worker that folds the events `app` accepts; it does nothing before it runs."""
    features, settings = FeatureSettings(home=app.settings.home), app.settings

    def load() -> LiveFeatures:
        live = LiveFeatures(Lake(features.lake_dir, features.threads), threads=features.threads)
        live.catch_up()
        live.prepare(app.clock())
        return live

    def put(rows: Mapping[str, pd.DataFrame]) -> None:
        for each in SETS:
            app.store.put(each, rows[each.name])

    policy = replace(
        POLICY,
        flush_after=settings.flush_seconds,
        keep=timedelta(days=settings.inbox_retention_days),
    )
    # The flusher works from a thread of its own: a lake's connection is for one.
    flusher = Flusher(app.records, Lake(features.lake_dir, features.threads))
    return Worker(app.records, load, put, flusher, app.clock, policy)


def build_courier(app: App) -> Courier:
    """Return the courier that delivers the webhooks of `app`; it does nothing before it runs."""
    private = app.settings.webhook_allow_private
    send, box = Sender(SENDING.timeout), SecretBox(app.ring)
    return Courier(app.records, send, app.clock, box, allow_private=private)


def rekey_all(app: App) -> int:
    """Seal everything that is sealed with the newest data key; return how much that changed."""
    holders = (app.contacts, SecretBox(app.ring), app.answers)
    return rekey(app.records, app.ring, holders)


def build_job_runner(app: App, policy: JobPolicy | None = None) -> JobRunner:
    """Return what does the jobs `app` takes in; it does nothing before it runs."""
    policy = policy or job_policy(app.settings)
    root = app.settings.job_dir
    return JobRunner(app.records, root, app.scorer, app.champions, app.clock, policy)


def job_policy(settings: Settings) -> JobPolicy:
    """Return how jobs are cut, leased and kept."""
    return replace(JOBS, keep=timedelta(days=settings.job_retention_days))


def _on_spark(
    features: FeatureSettings, store: Store, log: ScoreLog, settings: Settings, clock: Clock
) -> Spread | None:
    """Return what scores a night on Spark; None where features are built by the embedded engine."""
    if features.engine != "spark":
        return None
    from features.spark.session import session
    from features.spark.settings import SparkSettings
    from service.spark_night import SparkNight

    start = partial(session, SparkSettings())
    return SparkNight(store, log, start, clock, settings.max_feature_age_days)
