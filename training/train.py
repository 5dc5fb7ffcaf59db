"""Training from end to end: reuse or fit, measure, log, and let the gate decide."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import assert_never

from features.clock import utc
from features.errors import CutoffError, InputError, TableMissingError
from features.lake.lake import Lake
from features.store import Store
from models_registry.errors import UnknownModelError
from models_registry.registry import Registry
from models_registry.rungs import Rung
from models_registry.version import Version
from training import config as configs
from training.climb import Climb, Progress
from training.config import ChurnConfig, ClvConfig, LeadConfig, ModelConfig, NextPurchaseConfig
from training.dataset import Context
from training.evaluate import BASELINE
from training.gate import Verdict
from training.lineage import run_key
from training.pipelines.base import Pipeline
from training.pipelines.churn import Churn
from training.pipelines.clv import Clv
from training.pipelines.lead_score import LeadScore
from training.pipelines.next_purchase import NextPurchase
from training.together import Measured, register


@dataclass(frozen=True)
class TrainingResult:
    """What a training did.

    Attributes
    ----------
    promoted
        Whether this version is the champion now.
    gate_reasons
        One sentence per condition of the gate; each begins with "passed" or "failed".
    metrics, baselines
        Of the model, and of each baseline by name, on the test rows.
    rung
        Which rung of the ladder it stands on: the full model, the pooled one, or the rule.
    reused
        Nothing had changed since this version, so nothing was trained.
    """

    model: str
    version: str
    promoted: bool
    gate_reasons: tuple[str, ...]
    metrics: Mapping[str, float]
    baselines: Mapping[str, Mapping[str, float]]
    reused: bool
    rung: Rung = "full"


def train(
    model: str,
    lake: Lake,
    store: Store,
    registry: Registry,
    progress: Progress | None = None,
    *,
    today: datetime | None = None,
    fresh: bool = False,
    config: ModelConfig | None = None,
) -> TrainingResult:
    """Train one model and make it champion if it passes its gate.

    Features the model needs and that are not built yet are built. A champion stays champion when
    the new version does not pass. Where the data are too few for the full model, or where it does
    not pass and there is no champion, a lower rung of the ladder is made champion (`Climb`).

    Parameters
    ----------
    model
        Name of a model of `training.config.models()`.
    progress
        Called with the share done, 0 to 1.
    today
        Outcomes up to here are known; by default what the lake calls today.
    fresh
        Train even when nothing changed since the champion or the newest version.
    config
        Instead of the packaged configuration of `model`.

    Raises
    ------
    InputError
        There is no such model, or the data are too few or too short for it.
    TableMissingError
        A table it needs was never imported.
    """
    return train_together(
        model, lake, store, registry, progress, today=today, fresh=fresh, config=config
    )[model]


def train_together(
    model: str,
    lake: Lake,
    store: Store,
    registry: Registry,
    progress: Progress | None = None,
    *,
    today: datetime | None = None,
    fresh: bool = False,
    config: ModelConfig | None = None,
    texts: Mapping[str, str] | None = None,
) -> dict[str, TrainingResult]:
    """Train one model and with it its family, as `train` does; return the results by model.

    Where nothing has changed the model comes alone.

    Parameters
    ----------
    texts
        Kept with every version beside its own, by file name.
    """
    tell = progress or (lambda _: None)
    members = configs.family(config or configs.load(model))
    asked = next(one for one in members if one.model == model)
    ctx = Context(lake, store, today_of(lake) if today is None else utc(today))
    if not fresh and (kept := _unchanged(registry, asked, run_key(lake, asked, ctx.today))):
        tell(1.0)
        return {model: _result_of(kept, registry)}
    found = Climb(model, ctx, registry, pipeline_of).measure(members, tell)
    versions = register(found, registry, texts)
    tell(1.0)
    return {one.config.model: _trained(one, versions[one.config.model], registry) for one in found}


def plan_features(
    lake: Lake, models: Sequence[str], today: datetime | None = None
) -> dict[str, list[datetime]]:
    """Return the moments that the training of `models` will ask for, by feature service.

    A model the data cannot train yet asks for nothing; `train` says why.
    """
    plan: dict[str, set[datetime]] = {}
    for name in models:
        config = configs.load(name)
        try:
            at = today_of(lake) if today is None else utc(today)
            asked = pipeline_of(config).moments(lake, at)
        except (CutoffError, TableMissingError):
            continue
        for service, moments in asked.items():
            plan.setdefault(service, set()).update(moments)
    return {service: sorted(moments) for service, moments in plan.items() if moments}


def names(asked: Sequence[str] = ()) -> list[str]:
    """Return the models asked for; a family (churn) stands for its members, nothing for all.

    Raises
    ------
    InputError
        There is no such model or family.
    """
    every = {name: configs.load(name).pipeline for name in configs.models()}
    for name in asked:
        if name not in every and name not in every.values():
            known = ", ".join([*every, *sorted(set(every.values()) - set(every))])
            raise InputError(f"No model is called {name}", todo=f"Choose one of {known}.")
    return [n for n, family in every.items() if not asked or n in asked or family in asked]


def today_of(lake: Lake) -> datetime:
    """Return the moment up to which outcomes are known.

    The lake's today; where nobody ever bought, the newest decision about a lead.
    """
    if lake.has("order_lines"):
        return lake.today()
    decided = lake.frame("lead_outcomes")["decided_at"]
    return utc(decided.max().to_pydatetime())


def pipeline_of(config: ModelConfig) -> Pipeline:
    """Return the pipeline a configuration is for."""
    match config:
        case ChurnConfig():
            return Churn(config)
        case NextPurchaseConfig():
            return NextPurchase(config)
        case ClvConfig():
            return Clv(config)
        case LeadConfig():
            return LeadScore(config)
        case _:
            assert_never(config)


def _unchanged(registry: Registry, config: ModelConfig, key: str) -> Version | None:
    """Return the champion, or else the newest version, if it was trained from the same things."""
    try:
        versions = registry.versions(config.model)
    except UnknownModelError:
        return None
    candidates = [version for version in versions if version.is_champion] + versions[:1]
    for version in candidates:
        if registry.load(config.model, version.version).meta.data_fingerprint == key:
            return version
    return None


def _trained(one: Measured, version: str, registry: Registry) -> TrainingResult:
    return TrainingResult(
        model=one.config.model,
        version=version,
        promoted=_is_champion(one.config.model, version, registry),
        gate_reasons=one.verdict.reasons,
        metrics=one.evaluation.metrics,
        baselines=one.evaluation.baselines,
        reused=False,
        rung=one.bundle.meta.rung,
    )


def _is_champion(model: str, version: str, registry: Registry) -> bool:
    return any(v.version == version and v.is_champion for v in registry.versions(model))


def _result_of(version: Version, registry: Registry) -> TrainingResult:
    baselines: dict[str, dict[str, float]] = {}
    for name, value in version.metrics.items():
        if name.startswith(BASELINE):
            baseline, metric = name.removeprefix(BASELINE).rsplit(".", 1)
            baselines.setdefault(baseline, {})[metric] = value
    return TrainingResult(
        model=version.model,
        version=version.version,
        promoted=version.is_champion,
        gate_reasons=Verdict.read(registry.text(version.model, version.version, "gate.md")).reasons,
        metrics={n: v for n, v in version.metrics.items() if not n.startswith(BASELINE)},
        baselines=baselines,
        reused=True,
        rung=registry.load(version.model, version.version).meta.rung,
    )
