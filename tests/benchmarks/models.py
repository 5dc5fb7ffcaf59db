"""How good predictions are, beside what a shop would do without them, with 95 % intervals.

Run it with `make bench-models`; SHUKE_BENCH_HOME keeps lakes, features and rows for the next run.
"""

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TypeVar

from tests.benchmarks.models_bootstrap import Resampling
from tests.benchmarks.models_btyd import Btyd
from tests.benchmarks.models_case import Case, answered
from tests.benchmarks.models_churn import churn_case
from tests.benchmarks.models_clv import BG as BG_MONEY
from tests.benchmarks.models_clv import clv_case
from tests.benchmarks.models_deciles import drawing, table, tenths
from tests.benchmarks.models_leads import SCHOOL, leads_case, school_shop
from tests.benchmarks.models_next import next_cases
from tests.benchmarks.models_rolling import back, say
from tests.benchmarks.models_shops import Shop, cdnow_shop, journey_shop
from tests.benchmarks.models_targets import targets
from training import config as configs
from training.config import (
    ChurnConfig,
    ClvConfig,
    LeadConfig,
    ModelConfig,
    NextPurchaseConfig,
    Windows,
)
from training.train import today_of

Config = TypeVar("Config", ChurnConfig, NextPurchaseConfig, ClvConfig, LeadConfig)
JOURNEY_END = datetime(2018, 1, 1, tzinfo=UTC)
CDNOW_END = datetime(1998, 7, 1, tzinfo=UTC)  # the first midnight of which nothing is known
CDNOW_EARLY = datetime(1997, 12, 29, tzinfo=UTC)  # 90 days after the usual split of the data
CDNOW_HALF = 39 * 7  # days on either side of that split


@dataclass(frozen=True)
class Plan:
    """At how many moments models are fitted anew.

    Attributes
    ----------
    tests, short_tests
        Of most models, and of 28-day churn, for which the year has room.
    days_apart
        Days from one test to the next.
    cdnow_days_apart
        On CDNOW, and there from one cutoff to the next as well: horizons are multiples of it.
    cdnow_churn_days
        Horizons of churn on CDNOW.
    """

    tests: int = 3
    short_tests: int = 5
    days_apart: int = 28
    cdnow_days_apart: int = 30
    cdnow_churn_days: tuple[int, ...] = (90, 180)


PLAN = Plan()


@dataclass(frozen=True)
class Bench:
    """All that is measured, under one folder."""

    folder: Path

    @property
    def kept(self) -> Path:
        """Folder of what models said."""
        return self.folder / "models"

    @cached_property
    def btyd(self) -> Btyd:
        """The models that come from another environment."""
        return Btyd(self.kept)

    @cached_property
    def journey(self) -> Shop:
        """The Complete Journey."""
        return journey_shop(self.folder)

    @cached_property
    def cdnow(self) -> Shop:
        """CDNOW."""
        return cdnow_shop(self.folder, self.btyd.cdnow())

    def churn(self) -> Iterator[Case]:
        """Who stays away, on the Complete Journey."""
        for model, tests in (("churn_28d", PLAN.short_tests), ("churn_60d", PLAN.tests)):
            todays = back(JOURNEY_END, tests, PLAN.days_apart)
            yield churn_case(self.journey, self.btyd, _churn(model), todays, self.kept)

    def days(self) -> Iterator[Case]:
        """When and what next, on the Complete Journey."""
        config = _of(NextPurchaseConfig, configs.load("next_purchase"))
        todays = back(JOURNEY_END, PLAN.tests, PLAN.days_apart)
        yield from next_cases(self.journey, self.btyd, config, todays, self.kept)

    def clv(self) -> Iterator[Case]:
        """How much, on the Complete Journey."""
        config = _of(ClvConfig, configs.load("clv_90d"))
        todays = back(JOURNEY_END, PLAN.tests, PLAN.days_apart)
        yield clv_case(self.journey, self.btyd, config, todays, self.kept)

    def cdnow_churn(self) -> Iterator[Case]:
        """Who stays away, on CDNOW: the configuration of 60 days under longer horizons."""
        for days in PLAN.cdnow_churn_days:
            config = _churn("churn_60d")
            longest = max(days, config.survival.longest_days)
            named = config.model_copy(
                update={
                    "model": f"churn_{days}d",
                    "windows": _spaced(config.windows, horizon_days=days),
                    "survival": config.survival.model_copy(
                        update={"longest_days": longest, "reported_days": (float(days),)}
                    ),
                }
            )
            for fed in (False, True):
                yield churn_case(self.cdnow, self.btyd, named, _cdnow_tests(), self.kept, fed=fed)

    def cdnow_days(self) -> Iterator[Case]:
        """When next, on CDNOW, whose goods are of one kind."""
        config = _of(NextPurchaseConfig, configs.load("next_purchase"))
        spaced = config.model_copy(update={"windows": _spaced(config.windows)})
        yield next_cases(self.cdnow, self.btyd, spaced, _cdnow_tests(), self.kept)[0]

    def cdnow_clv(self) -> Iterator[Case]:
        """How much, on CDNOW: within the horizon, and in the second half of the data."""
        config = _of(ClvConfig, configs.load("clv_90d"))
        spaced = config.model_copy(update={"windows": _spaced(config.windows)})
        half = self.kept / "half"
        for fed in (False, True):
            yield clv_case(self.cdnow, self.btyd, spaced, _cdnow_tests(), self.kept, fed=fed)
            yield clv_case(self.cdnow, self.btyd, spaced, [CDNOW_EARLY], half, CDNOW_HALF, fed=fed)

    def leads(self) -> Iterator[Case]:
        """Which lead converts."""
        config = _of(LeadConfig, configs.load("lead_score"))
        shops = [self.journey]
        if SCHOOL.exists():
            shops.append(school_shop(self.folder))
        else:
            say(f"{SCHOOL} is not here: X Education is left out")
        for shop in shops:
            yield leads_case(shop, config, [today_of(shop.lake)], self.kept)

    def parts(self) -> dict[str, Callable[[], Iterator[Case]]]:
        """Return the parts by the names of the command line."""
        return {
            "churn": self.churn,
            "next": self.days,
            "clv": self.clv,
            "cdnow-churn": self.cdnow_churn,
            "cdnow-next": self.cdnow_days,
            "cdnow-clv": self.cdnow_clv,
            "leads": self.leads,
        }


def main() -> None:
    """Measure, and print tables and the targets hit and missed."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--only", type=lambda text: text.split(","))
    asked.add_argument("--draws", type=int, default=Resampling.draws)
    asked.add_argument("--plots", type=Path, help="folder for the plots of money in tenths")
    given = asked.parse_args()
    with ExitStack() as stack:
        kept = os.environ.get("SHUKE_BENCH_HOME")
        folder = Path(kept or stack.enter_context(TemporaryDirectory(prefix="shuke-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        parts = Bench(folder).parts()
        if unknown := set(given.only or ()) - set(parts):
            asked.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(parts)}")
        answers = []
        for name in given.only or parts:
            for case in parts[name]():
                say(f"{case.name}: {given.draws} draws of customers")
                answers.append(answered(case, Resampling(draws=given.draws)))
                _show(answers[-1].lines())
                if BG_MONEY in case.baselines:
                    _tenths(case, given.plots)
        _show(targets(answers))


def _tenths(case: Case, plots: Path | None) -> None:
    found = tenths(case.rows, BG_MONEY)
    _show(table(found, BG_MONEY))
    if plots:
        plots.mkdir(parents=True, exist_ok=True)
        name = re.sub("[^a-z0-9]+", "-", case.name.lower())
        (plots / f"{name}.svg").write_text(drawing(name, found), "utf-8")


def _churn(model: str) -> ChurnConfig:
    return _of(ChurnConfig, configs.load(model))


def _cdnow_tests() -> list[datetime]:
    return back(CDNOW_END, PLAN.tests, PLAN.cdnow_days_apart)


def _spaced(windows: Windows, **other: int) -> Windows:
    """Return windows for ten times as many customers: fewer cutoffs keep the rows in memory."""
    return windows.model_copy(update={"step_days": PLAN.cdnow_days_apart, **other})


def _of(kind: type[Config], config: ModelConfig) -> Config:
    assert isinstance(config, kind)
    return config


def _show(lines: Iterator[str]) -> None:
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
