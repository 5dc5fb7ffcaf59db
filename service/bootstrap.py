"""The only wiring: the API, the nightly run and the command line all start here."""

from dataclasses import dataclass

from features.clock import now
from features.lake.lake import Lake
from features.settings import Settings as FeatureSettings
from features.store import Store
from models_registry.registry import Registry
from models_registry.score_log import ScoreLog
from models_registry.settings import Settings as ModelSettings
from service.at_risk import AtRiskList
from service.champions import Champions
from service.lake_reader import LakeReader
from service.leads import LeadDesk, find_leads
from service.policies import Policies
from service.repository.records import Records
from service.scoring import Clock, Scorer
from service.settings import Settings


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
    leads: LeadDesk
    at_risk: AtRiskList


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
    score_log, records = ScoreLog(models.score_dir), Records(settings.records_url)
    records.migrate()
    # Requests and imports read through different connections: one is not for several threads.
    reader = LakeReader(Lake(features.lake_dir, features.threads))
    champions = champions or Champions(registry)
    scorer = Scorer(
        store=store,
        champions=champions,
        score_log=score_log,
        find_leads=lambda ids: find_leads(records, reader, ids),
        clock=clock,
        max_feature_age_days=settings.max_feature_age_days,
    )
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
        leads=LeadDesk(records, reader, scorer, policies, clock),
        at_risk=AtRiskList(score_log, reader, policies.night.value_model),
    )
