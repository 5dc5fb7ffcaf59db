"""The check itself: reads the lake and the data sets of the pipelines, and lists what it finds."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import pandas as pd

from features.clock import now
from features.errors import FeaturesMissingError, ShukeError, TableMissingError
from features.lake.lake import Lake
from features.store import Store
from training import config as configs
from training.config import LeadConfig, ModelConfig
from training.data_check.finding import Finding, Level, Topic, counted, ranked
from training.data_check.history import customers_of, history_of
from training.data_check.inputs import Input, gaps_and_constants, inputs_of, leaks
from training.data_check.outcomes import (
    PartLabels,
    happened,
    judged,
    labels_of,
    outcome_words,
    population,
)
from training.data_check.policy import POLICY, DataCheckPolicy
from training.data_check.ranges import future_rows, missing_columns, odd_numbers, silent_days
from training.data_check.receipts import later_than, read_receipts
from training.dataset import Context
from training.train import names, pipeline_of, today_of

Progress = Callable[[float], None]
ALARM, CALM = 1, 0
_NO_DAYS = pd.DataFrame(
    {"day": pd.Series(dtype="datetime64[us]"), "purchases": pd.Series(dtype=int)}
)


@dataclass(frozen=True)
class DataCheck:
    """What the data of a shop allow, and what stands in the way.

    Attributes
    ----------
    today
        Outcomes up to here are known.
    findings
        The worst first.
    days
        As in `Receipts`; empty where nobody ever bought.
    labels
        Of every model whose features are built, part by part.
    outcomes
        What an outcome of 1 means, by model.
    inputs
        Every input of those models on their training rows.
    """

    today: datetime
    span: str
    findings: tuple[Finding, ...]
    days: pd.DataFrame = field(default_factory=_NO_DAYS.copy)
    labels: tuple[PartLabels, ...] = ()
    outcomes: Mapping[str, str] = field(default_factory=dict)
    inputs: Mapping[str, tuple[Input, ...]] = field(default_factory=dict)

    @property
    def level(self) -> Level:
        """The worst level found."""
        return next((finding.level for finding in ranked(self.findings)), Level.OK)

    @property
    def verdict(self) -> str:
        """The findings in one sentence."""
        problems, warnings = (
            sum(finding.level is level for finding in self.findings)
            for level in (Level.PROBLEM, Level.WARNING)
        )
        look = f"{counted(warnings, 'thing')} worth a look" if warnings else "nothing else to see"
        if problems:
            return f"{counted(problems, 'thing')} to fix before training; {look}."
        return f"Nothing stands in the way of training; {look}."

    @property
    def exit_code(self) -> int:
        """Exit code of a command: 1 if something must be fixed."""
        return ALARM if self.level is Level.PROBLEM else CALM


@dataclass(frozen=True)
class _Seen:
    """What was found of one model."""

    findings: tuple[Finding, ...] = ()
    labels: tuple[PartLabels, ...] = ()
    inputs: tuple[Input, ...] | None = None
    is_built: bool = True


def check(
    lake: Lake,
    store: Store,
    asked: Sequence[str] = (),
    progress: Progress | None = None,
    *,
    moment: datetime | None = None,
    policy: DataCheckPolicy = POLICY,
) -> DataCheck:
    """Look at the data before a training.

    Labels, gaps of features and leaks are looked at where features are built; without them the
    rest is.

    Parameters
    ----------
    asked
        Models or families to look at; all without any. Data that a model needs and that are not
        there are a problem for one that was asked for, else a warning.
    progress
        Called with the share done, 0 to 1.
    moment
        This moment; events after it lie in the future.

    Raises
    ------
    InputError
        There is no such model.
    TableMissingError
        The lake is empty.
    """
    tell = progress or (lambda _: None)
    models = [configs.load(name) for name in names(asked)]
    if not (lake.has("order_lines") or lake.has("leads")):
        raise TableMissingError(
            "There is nothing to check: the lake holds no orders and no leads",
            where=str(lake.root),
            todo="Import receipts with `shuke import csv order_lines FILE`, or try "
            "`shuke import complete-journey`.",
        )
    ctx = Context(lake, store, today_of(lake))
    of_tables = _tables(ctx, moment or now(), policy)
    tell(0.2)
    seen: dict[str, _Seen] = {}
    for place, config in enumerate(models):
        seen[config.model] = _model(ctx, config, bool(asked), policy)
        tell(0.2 + 0.8 * (place + 1) / len(models))
    inputs = {model: each.inputs for model, each in seen.items() if each.inputs is not None}
    findings = [
        *of_tables.findings,
        *(finding for each in seen.values() for finding in each.findings),
        *_not_built([model for model, each in seen.items() if not each.is_built]),
        *gaps_and_constants(inputs, policy),
        *leaks(inputs, policy),
    ]
    return replace(
        of_tables,
        findings=ranked(findings),
        labels=tuple(label for each in seen.values() for label in each.labels),
        outcomes={config.model: outcome_words(config) for config in models},
        inputs=inputs,
    )


def _tables(ctx: Context, moment: datetime, policy: DataCheckPolicy) -> DataCheck:
    """Look at the tables alone."""
    lake, future = ctx.lake, future_rows(later_than(ctx.lake, moment), moment)
    if not lake.has("order_lines"):
        return DataCheck(ctx.today, f"Leads settled up to {ctx.today:%Y-%m-%d}", tuple(future))
    receipts = read_receipts(lake, policy)
    findings = (
        *customers_of(receipts, policy),
        *missing_columns(receipts.missing, receipts.numbers, policy),
        *odd_numbers(receipts.numbers, policy),
        *silent_days(receipts.days, policy),
        *future,
    )
    span = (
        f"Orders from {lake.first_moment():%Y-%m-%d} to {lake.last_moment():%Y-%m-%d}: "
        f"{counted(receipts.purchases, 'purchase')} of {counted(receipts.customers, 'customer')}"
    )
    return DataCheck(ctx.today, span, findings, receipts.days)


def _model(ctx: Context, config: ModelConfig, named: bool, policy: DataCheckPolicy) -> _Seen:
    """Look at what one model would learn from."""
    needed = "leads" if isinstance(config, LeadConfig) else "order_lines"
    if not ctx.lake.has(needed):
        return _Seen((_without(config.model, needed, named),))
    findings: tuple[Finding, ...] = ()
    if not isinstance(config, LeadConfig):
        findings = (history_of(config.model, config.windows, ctx.lake.first_moment(), ctx.today),)
        if findings[0].level is Level.PROBLEM:
            return _Seen(findings)
    try:
        dataset = pipeline_of(config).prepare(ctx)
    except FeaturesMissingError:
        return _Seen(findings, is_built=False)
    except ShukeError as error:
        said = Finding(
            Topic.LABELS, Level.PROBLEM, f"{config.model}: {error.what}", error.where, error.todo
        )
        return _Seen((*findings, said))
    labels, train = labels_of(config, dataset), population(config, dataset.train)
    findings = (*findings, judged(labels, outcome_words(config), policy))
    if train.empty:
        return _Seen(findings, labels)
    inputs = inputs_of(train, dataset.features, dataset.texts, happened(config, train), policy)
    return _Seen(findings, labels, inputs)


def _without(model: str, table: str, named: bool) -> Finding:
    return Finding(
        Topic.HISTORY,
        Level.PROBLEM if named else Level.WARNING,
        f"{model} cannot be trained: table {table} is empty",
        table,
        f"Import {table}, or go without this model.",
    )


def _not_built(models: Sequence[str]) -> list[Finding]:
    if not models:
        return []
    return [
        Finding(
            Topic.LABELS,
            Level.WARNING,
            "Features are not built: labels, gaps of features and leaks were not looked at",
            ", ".join(models),
            "Run `shuke features build`, then check again.",
        )
    ]
