"""The ladder on small and young shops: what it chose, beside the rule, on the weeks that followed.

Run it with `python -m tests.benchmarks.ladder`; SHUKE_BENCH_HOME keeps lakes, features and rows.
A shop is the first households of the Complete Journey, trained as on a day after so many months.
The real weeks after that day are the test: nothing of the training, nor of the choice between
rungs, has seen them.
"""

import argparse
import os
import sys
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import numpy as np
import pandas as pd

from features.clock import utc
from features.errors import CutoffError, EmptyDataError
from models_registry.registry import Registry
from models_registry.settings import Settings
from tests.benchmarks.journey_times import journey
from tests.benchmarks.models_bootstrap import CUSTOMER, CUTOFF, OURS, Estimates, Floats, estimates
from tests.benchmarks.models_case import interval
from tests.benchmarks.models_rolling import say
from tests.benchmarks.models_shops import ACTIVE, Shop
from training import config as configs
from training.cards.weighted import Weighed, amount, averages, probability
from training.climb import Climb
from training.config import LeadConfig, ModelConfig
from training.dataset import Context, rows_at
from training.labels import outcomes
from training.lineage import run_key
from training.pipelines.base import Pipeline
from training.rule_rung import everything
from training.together import Measured
from training.train import pipeline_of

RULE, RUNG = "rule", "rung"
MONTH = 30.5
MEASURES: dict[str, dict[str, int]] = {
    "probability": {"auc": 3, "log_loss": 4, "brier": 4},
    "days": {"mae": 2},
    "amount": {"mae": 2},
}


@dataclass(frozen=True)
class Sizes:
    """Which shops are made.

    Attributes
    ----------
    tests, days_apart
        Moments after the training at which everybody is scored, as far as the data reach.
    """

    customers: tuple[int, ...] = (50, 200, 1000)
    months: tuple[int, ...] = (2, 6, 12)
    tests: int = 4
    days_apart: int = 7


SIZES = Sizes()


@dataclass(frozen=True)
class Case:
    """One model in one shop of one age."""

    shop: Shop
    config: ModelConfig
    households: int
    months: int
    today: datetime

    @property
    def days(self) -> int:
        """Days of history."""
        return (self.today - self.shop.lake.first_moment()).days

    def rows(self, kept: Path, sizes: Sizes) -> pd.DataFrame | None:
        """Return what was said and what happened; None where no outcome was known to learn from."""
        key = run_key(self.shop.lake, self.config, self.today)[:16]
        file = kept / f"ladder-{self.households}-{self.months}-{self.config.model}-{key}.parquet"
        if not file.exists():
            say(f"{self.config.model}, {self.households} customers, {self.days} days")
            self._made(sizes).to_parquet(file)
        rows = pd.read_parquet(file)
        return rows if len(rows) else None

    def _made(self, sizes: Sizes) -> pd.DataFrame:
        with TemporaryDirectory() as empty:
            registry = Registry(Settings(home=Path(empty), tracking_uri=""))
            ctx = Context(self.shop.lake, self.shop.store, self.today)
            climb = Climb(self.config.model, ctx, registry, pipeline_of)
            try:
                (one,) = climb.measure([self.config], lambda _: None)
            except (CutoffError, EmptyDataError):
                return pd.DataFrame()
            say("; ".join([one.bundle.meta.rung, *one.verdict.reasons]))
        return self._said(one, ctx, sizes)

    def _said(self, one: Measured, ctx: Context, sizes: Sizes) -> pd.DataFrame:
        pipeline = pipeline_of(self.config)
        rule = pipeline.rule(everything(one.dataset))
        test = ACTIVE.of(_after(ctx, self.config, sizes))
        return pd.DataFrame(
            {
                CUSTOMER: test["customer_id"].astype(str),
                CUTOFF: test["as_of"],
                "happened": _happened(pipeline, test),
                OURS: one.bundle.predict(test)["value"].to_numpy(),
                RULE: one.bundle.meta.clip(rule(test)),
                RUNG: one.bundle.meta.rung,
            }
        )


def _after(ctx: Context, config: ModelConfig, sizes: Sizes) -> pd.DataFrame:
    """Return everybody known at the moments after the training, with what followed."""
    if isinstance(config, LeadConfig):
        raise TypeError("Leads have no cutoffs")
    horizon = config.windows.horizon_days
    last = ctx.lake.today() - timedelta(days=horizon)
    wanted = [ctx.today + timedelta(days=n * sizes.days_apart) for n in range(sizes.tests)]
    moments = tuple(moment for moment in wanted if moment <= last)
    ctx.store.build(moments, service=config.service)
    found = ctx.lake.con.execute(outcomes(ctx.lake.table("order_lines"), moments, horizon))
    rows = ctx.store.history(config.service, found.assign(as_of=found["as_of"].dt.tz_localize(UTC)))
    return rows_at(rows, moments)


def _happened(pipeline: Pipeline, test: pd.DataFrame) -> Floats:
    return np.asarray(pipeline.happened(test), np.float64)


def cases(folder: Path, models: Sequence[str], sizes: Sizes) -> Iterator[Case]:
    """Give every model in every shop at every age."""
    for model in models:
        config = configs.load(model)
        if isinstance(config, LeadConfig):
            continue
        for households in sizes.customers:
            shop = Shop(f"{households} households", journey(folder, households))
            first, end = shop.lake.first_moment(), shop.lake.today()
            newest = end - timedelta(days=config.windows.horizon_days)
            midnight = utc(datetime.combine(first.date(), datetime.min.time()))
            for months in sizes.months:
                aged = midnight + timedelta(days=round(months * MONTH))
                yield Case(shop, config, households, months, min(aged, newest))


def table(found: Sequence[tuple[Case, pd.DataFrame | None]]) -> Iterator[str]:
    """Give the lines of the table of all cases."""
    yield "| model | customers | days | rung | rows | measure | Shuke | rule | better by |"
    yield "|---|---|---|---|---|---|---|---|---|"
    worse = 0
    for case, rows in found:
        where = f"| {case.config.model} | {case.households:,} | {case.days}"
        if rows is None:
            yield f"{where} | none: no outcome is known yet | | | | | |"
            continue
        kind = pipeline_of(case.config).kind
        reached = _estimates(rows, kind)
        for place, (measure, digits) in enumerate(MEASURES[kind].items()):
            gain = reached.gain(measure, RULE)
            worse += gain.high < 0
            head = f"{where} | {rows[RUNG].iloc[0]} | {len(rows):,}" if not place else "| | | | | "
            ours, rule = (reached.of(who, measure).value for who in (OURS, RULE))
            yield (
                f"{head} | {measure} | {ours:.{digits}f} | {rule:.{digits}f} "
                f"| {interval(gain, digits, '+')} |"
            )
    yield f"\nSurely worse than the rule: {worse} of these lines."


def _estimates(rows: pd.DataFrame, kind: str) -> Estimates:
    """Measure all moments of one shop together: of few customers each alone may have no outcome."""
    weigh = {"probability": probability, "amount": amount, "days": _days}[kind]
    kept = MEASURES[kind]

    def prepare(columns: dict[str, Floats]) -> dict[str, Weighed]:
        return {
            name: _only(weigh(columns["happened"], columns[name]), kept) for name in (OURS, RULE)
        }

    return estimates(rows.drop(columns=RUNG).assign(**{CUTOFF: 0}), prepare)  # type: ignore[arg-type]


def _days(happened: Floats, said: Floats) -> Weighed:
    return averages({"mae": np.abs(said - happened)})


def _only(weighed: Weighed, measures: dict[str, int]) -> Weighed:
    return lambda times: {k: v for k, v in weighed(times).items() if k in measures}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    every = [m for m in configs.models() if not isinstance(configs.load(m), LeadConfig)]
    parser.add_argument("models", nargs="*", default=every)
    asked = parser.parse_args()
    with TemporaryDirectory() as temporary:
        folder = Path(os.environ.get("SHUKE_BENCH_HOME") or temporary)
        kept = folder / "ladder"
        kept.mkdir(parents=True, exist_ok=True)
        found = [(case, case.rows(kept, SIZES)) for case in cases(folder, asked.models, SIZES)]
    sys.stdout.write("\n".join(table(found)) + "\n")


if __name__ == "__main__":
    main()
