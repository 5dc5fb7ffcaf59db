"""Training from end to end: reuse or fit, measure, log, and let the gate decide."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import assert_never

from features.clock import utc
from features.errors import CutoffError, InputError, TableMissingError
from features.lake.lake import Lake
from features.store import Store
from models_registry.errors import UnknownModelError
from models_registry.registry import Registry, Version
from training import config as configs
from training.cards.build import build_card
from training.cards.page import documents
from training.config import ChurnConfig, ClvConfig, LeadConfig, ModelConfig, NextPurchaseConfig
from training.dataset import Context
from training.evaluate import BASELINE, Evaluation
from training.gate import decide
from training.lineage import lineage, run_key
from training.pipelines.base import Pipeline
from training.pipelines.churn import Churn
from training.pipelines.clv import Clv
from training.pipelines.lead_score import LeadScore
from training.pipelines.next_purchase import NextPurchase

Progress = Callable[[float], None]


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
    the new version does not pass.

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
    tell = progress or (lambda _: None)
    config = config or configs.load(model)
    ctx = Context(lake, store, today_of(lake) if today is None else utc(today))
    if not fresh and (kept := _unchanged(registry, config, run_key(lake, config, ctx.today))):
        tell(1.0)
        return _result_of(kept, config)
    pipeline = pipeline_of(config)
    if cutoffs := pipeline.cutoffs(lake, ctx.today):
        store.build(cutoffs, service=pipeline.service)
    tell(0.3)
    dataset = pipeline.prepare(ctx)
    said = {**lineage(lake, config, ctx.today), **dataset.lineage}
    dataset = replace(dataset, lineage=said)
    tell(0.5)
    bundle = pipeline.fit(dataset)
    tell(0.8)
    evaluation = pipeline.evaluate(bundle, dataset)
    verdict = decide(evaluation, config.gate)
    card = build_card(bundle, dataset, evaluation, verdict, config)
    tell(0.9)
    version = registry.log(
        bundle,
        metrics=evaluation.flat(),
        params=configs.flat(config),
        lineage=said,
        texts={
            "evaluation.md": evaluation.text(),
            "gate.md": verdict.text(),
            **documents(card),
        },
    )
    if verdict.passed:
        registry.promote(model, version, "; ".join(verdict.reasons))
    tell(1.0)
    return TrainingResult(
        model=model,
        version=version,
        promoted=verdict.passed,
        gate_reasons=verdict.reasons,
        metrics=evaluation.metrics,
        baselines=evaluation.baselines,
        reused=False,
    )


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
            moments = pipeline_of(config).cutoffs(lake, at)
        except (CutoffError, TableMissingError):
            continue
        plan.setdefault(config.service, set()).update(moments)
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


def _result_of(version: Version, config: ModelConfig) -> TrainingResult:
    baselines: dict[str, dict[str, float]] = {}
    for name, value in version.metrics.items():
        if name.startswith(BASELINE):
            baseline, metric = name.removeprefix(BASELINE).rsplit(".", 1)
            baselines.setdefault(baseline, {})[metric] = value
    metrics = {n: v for n, v in version.metrics.items() if not n.startswith(BASELINE)}
    evaluation = Evaluation(version.model, rows=0, metrics=metrics, baselines=baselines)
    return TrainingResult(
        model=version.model,
        version=version.version,
        promoted=version.is_champion,
        gate_reasons=decide(evaluation, config.gate).reasons,
        metrics=metrics,
        baselines=baselines,
        reused=True,
    )
