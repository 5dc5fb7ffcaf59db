"""What more trees and leaves buy, and what they cost: of churn and of customer value.

Run it with `make bench-trees`; it prints tables, and draws them where `--svg` says. The accuracy
is that of the validation part: a size chosen on the test would flatter the test.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass, replace
from datetime import datetime
from functools import partial
from pathlib import Path
from statistics import mean, median
from tempfile import TemporaryDirectory
from time import perf_counter, process_time

import lightgbm as lgb
import numpy as np
import pandas as pd

from models_registry.columns import Floats, matrix
from models_registry.survival import asked
from tests.benchmarks.accuracy_cost_plot import curves
from tests.benchmarks.models import JOURNEY_END
from tests.benchmarks.models_rolling import back, say
from tests.benchmarks.models_shops import Shop, journey_shop
from training import config as configs
from training.boosting import Learner, margins
from training.cards.plots import svg
from training.config import ChurnConfig, ClvConfig
from training.dataset import Context, Dataset
from training.metrics import amount_metrics, probability_metrics
from training.pipelines.base import conditions, inside, outcome
from training.pipelines.churn import LABEL as CHURNED
from training.pipelines.churn import Churn
from training.pipelines.clv import LABEL as SPEND
from training.pipelines.clv import Clv
from training.train import pipeline_of

TREES, LEAVES = (50, 100, 200, 400), (6, 12, 24, 48)
CHURN, CLV = "churn_28d", "clv_90d"
CUTOFFS, DAYS_APART = 2, 28  # validation parts of churn, for which the year has room
ROUNDS, CALLS = 5, 100


@dataclass(frozen=True)
class Point:
    """One size of a booster: how good, and the CPU it takes for one customer."""

    trees: int
    leaves: int
    accuracy: dict[str, float]
    score_us: float
    explain_us: float


@dataclass(frozen=True)
class Judged:
    """A booster of the most trees, and the rows it is judged on; `binary` if by a probability."""

    booster: lgb.Booster
    x: Floats
    truth: Floats
    binary: bool

    def point(self, trees: int, leaves: int) -> Point:
        """Return what the first so many of its trees reach and cost."""
        # Read anew: a booster asked for fewer trees than it has still looks at all of them.
        cut = lgb.Booster(model_str=self.booster.model_to_string(num_iteration=trees))
        margin = margins(cut, self.x)
        if self.binary:
            found = probability_metrics(self.truth, 1 / (1 + np.exp(-margin)))
        else:
            found = amount_metrics(self.truth, np.exp(margin))
        score = partial(cut.predict, raw_score=True, num_threads=1)
        explain = partial(cut.predict, pred_contrib=True, num_threads=1)
        return Point(trees, leaves, found, _cpu_us(score, self.x), _cpu_us(explain, self.x))


def churn_points(shop: Shop, config: ChurnConfig) -> list[Point]:
    """Return the grid of churn, judged on the newest outcomes settled before each test."""
    tests = [
        pipeline_of(config).moments(shop.lake, today)[config.service]
        for today in back(JOURNEY_END, CUTOFFS, DAYS_APART)
    ]
    return _averaged([_churn(shop, config, max(moments)) for moments in tests])


def clv_points(shop: Shop, config: ClvConfig) -> list[Point]:
    """Return the grid of customer value: fitted on the train part, judged on the valid part.

    A year is too short for windows apart: those of the two parts overlap, and more trees would
    only remember more. So each customer is judged by trees that were fitted on others.
    """
    dataset = Clv(config).prepare(Context(shop.lake, shop.store, JOURNEY_END))
    population = conditions(config.population)
    train, valid = (inside(part, population) for part in (dataset.train, dataset.valid))
    people = np.random.default_rng(config.boosting.seed).permutation(
        np.sort(np.union1d(train["customer_id"], valid["customer_id"]))
    )
    grids = []
    for fold in np.array_split(people, config.folds):
        others = train[~train["customer_id"].isin(fold)]
        grids.append(_clv(config, dataset, others, valid[valid["customer_id"].isin(fold)]))
    return _averaged(grids)


def _clv(
    config: ClvConfig, dataset: Dataset, train: pd.DataFrame, valid: pd.DataFrame
) -> list[Point]:
    objective = {"objective": "tweedie", "tweedie_variance_power": config.tweedie_power}
    x, truth = matrix(valid, dataset.features, {}), np.maximum(outcome(valid, SPEND), 0.0)
    found = []
    for leaves in LEAVES:
        say(f"{config.model}: {leaves} leaves")
        size = config.boosting.model_copy(update={"num_leaves": leaves, "early_stopping": 0})
        booster = Learner(size, objective, dataset.features).fit(
            matrix(train, dataset.features, {}),
            np.maximum(outcome(train, SPEND), 0.0),
            rounds=max(TREES),
        )
        found += [Judged(booster, x, truth, binary=False).point(trees, leaves) for trees in TREES]
    return found


def lines(model: str, points: Sequence[Point], chosen: tuple[int, int]) -> Iterator[str]:
    """Give the table of one model, the configured size in bold."""
    measures = {"auc": 4, "log_loss": 4} if model == CHURN else {"mae": 2, "spearman": 4}
    words = {"auc": "AUC", "log_loss": "log loss", "mae": "MAE", "spearman": "rank correlation"}
    named = (*(words[measure] for measure in measures), "score, µs CPU", "explain, µs CPU")
    yield f"\n| {model}: trees x leaves | {' | '.join(named)} |"
    yield f"|---|{'---:|' * (len(measures) + 2)}"
    for one in points:
        told = [f"{one.accuracy[measure]:,.{digits}f}" for measure, digits in measures.items()]
        size = f"{one.trees} x {one.leaves}"
        marked = f"**{size}**" if (one.trees, one.leaves) == chosen else size
        yield f"| {marked} | {' | '.join(told)} | {one.score_us:,.0f} | {one.explain_us:,.0f} |"


def training_seconds(shop: Shop) -> Iterator[str]:
    """Give the table of what training takes, features being built."""
    yield "\n| model | rows, s | fit, s | together, s | of CPU, s | trees | size, KiB |"
    yield "|---|---:|---:|---:|---:|---:|---:|"
    for model in configs.models():
        pipeline = pipeline_of(configs.load(model))
        shop.store.build((), services=pipeline.moments(shop.lake, JOURNEY_END))
        began, spent = perf_counter(), process_time()
        dataset = pipeline.prepare(Context(shop.lake, shop.store, JOURNEY_END))
        ready = perf_counter()
        bundle = pipeline.fit(dataset)
        fitted, cpu = perf_counter(), process_time() - spent
        boosters = bundle.boosters.values()
        size = sum(len(booster.model_to_string()) for booster in boosters) / 1024
        count = sum(booster.num_trees() for booster in boosters)
        say(f"{model}: trained")
        took = f"{ready - began:.1f} | {fitted - ready:.1f} | {fitted - began:.1f} | {cpu:.1f}"
        yield f"| {model} | {took} | {count:,} | {size:,.0f} |"


def main() -> None:
    """Measure, print, and draw."""
    given = argparse.ArgumentParser(description=__doc__)
    given.add_argument("--svg", type=Path)
    asked_for = given.parse_args()
    with ExitStack() as stack:
        kept = os.environ.get("SHUKE_BENCH_HOME")
        folder = Path(kept or stack.enter_context(TemporaryDirectory(prefix="shuke-bench-")))
        shop = journey_shop(folder)
        churn, clv = configs.load(CHURN), configs.load(CLV)
        assert isinstance(churn, ChurnConfig)
        assert isinstance(clv, ClvConfig)
        for config in (churn, clv):
            shop.store.build((), services=pipeline_of(config).moments(shop.lake, JOURNEY_END))
        found = {CLV: clv_points(shop, clv), CHURN: churn_points(shop, churn)}
        for config in (churn, clv):
            size = (config.boosting.rounds, config.boosting.num_leaves)
            _show(lines(config.model, found[config.model], size))
        if asked_for.svg:
            shown = {
                (CHURN, "AUC, validation"): _xy(found[CHURN], "auc"),
                (CLV, "MAE, validation"): _xy(found[CLV], "mae"),
            }
            asked_for.svg.write_text(svg("accuracy-cost", partial(curves, shown)), "utf-8")
        _show(training_seconds(shop))


def _churn(shop: Shop, config: ChurnConfig, today: datetime) -> list[Point]:
    """Return the grid of a model fitted one horizon before `today`, and judged on it."""
    pipeline = Churn(config)
    shop.store.build((), services=pipeline.moments(shop.lake, today))
    dataset = pipeline.prepare(Context(shop.lake, shop.store, today))
    rows = inside(dataset.test, conditions(config.population))
    horizon = np.array([float(config.windows.horizon_days)])
    x = asked(matrix(rows, dataset.features, {}), horizon)
    found = []
    for leaves in LEAVES:
        say(f"{config.model}, known by {today:%Y-%m-%d}: {leaves} leaves")
        size = {"num_leaves": leaves, "rounds": max(TREES)}
        sized = config.model_copy(update={"boosting": config.boosting.model_copy(update=size)})
        booster = Churn(sized).fit(dataset).boosters["main"]
        judged = Judged(booster, x, outcome(rows, CHURNED), binary=True)
        found += [judged.point(trees, leaves) for trees in TREES]
    return found


def _averaged(grids: Sequence[Sequence[Point]]) -> list[Point]:
    return [
        replace(
            each[0],
            accuracy={
                measure: mean(one.accuracy[measure] for one in each) for measure in each[0].accuracy
            },
            score_us=median(one.score_us for one in each),
            explain_us=median(one.explain_us for one in each),
        )
        for each in zip(*grids, strict=True)
    ]


def _cpu_us(answer: "partial[object]", x: Floats) -> float:
    """Return the CPU microseconds of one row, the median of some rounds of many rows."""
    answer(x[:1])
    took = []
    for turn in range(ROUNDS):
        began = process_time()
        for row in range(CALLS):
            at = (turn * CALLS + row) % len(x)
            answer(x[at : at + 1])
        took.append(1e6 * (process_time() - began) / CALLS)
    return median(took)


def _xy(points: Sequence[Point], measure: str) -> list[tuple[int, int, float, float]]:
    return [(one.trees, one.leaves, one.explain_us, one.accuracy[measure]) for one in points]


def _show(told: Iterator[str]) -> None:
    for line in told:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
