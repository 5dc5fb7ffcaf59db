"""How fast the customer features are made, beside pandas, Polars and a bare read of the lines.

Run `make bench-features`, or `python -m tests.benchmarks.features --sizes 1,10 --repeats 3`. The
shops are made from the Complete Journey in `SHUKE_BENCH_HOME`, or in a temporary folder: 50 times
the customers take about a gigabyte. Contestants take turns, each run in a process of its own.
"""

import argparse
import os
import sys
from collections.abc import Iterable
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from features.clock import naive
from features.lake.lake import Lake
from tests.benchmarks import features_nightly
from tests.benchmarks.features_check import checked
from tests.benchmarks.features_report import Case, targets
from tests.benchmarks.journey_times import THREADS, journey, times
from tests.benchmarks.runs import run

WEEK = timedelta(days=7)
HOUSEHOLDS, CHECKED_CUTOFFS = 200, 3
CONTESTANTS = ("shuke", "query", "polars", "pandas", "floor")
LARGEST = {"pandas": 1, "query": 1, "polars": 10}  # a larger shop is left to the others
NIGHT_YEARS = [1, 4]
NIGHT = "night"


@dataclass(frozen=True)
class Options:
    """What to measure.

    Attributes
    ----------
    repeats
        Runs of each contestant in a case.
    budget
        Seconds after which a contestant runs no more in a case, so that slow ones run less often.
    """

    sizes: list[int]
    cutoffs: list[int]
    repeats: int
    budget: float
    only: list[str]


def main() -> None:
    """Check that the contestants agree, measure, and print tables."""
    options = parsed()
    with ExitStack() as stack:
        kept = os.environ.get("SHUKE_BENCH_HOME")
        folder = Path(kept or stack.enter_context(TemporaryDirectory(prefix="shuke-bench-")))
        folder.mkdir(parents=True, exist_ok=True)
        others = [name for name in ("pandas", "polars") if name in options.only]
        if others:
            say(f"checking {' and '.join(others)}")
            few = journey(folder, HOUSEHOLDS)
            show([checked(few, weekly(few, CHECKED_CUTOFFS), others)])
        cases = [
            case
            for size in options.sizes
            for cutoffs in options.cutoffs
            if (case := measured(folder, size, cutoffs, options)).runs
        ]
        nights = {}
        if NIGHT in options.only:
            say("nights")
            nights = features_nightly.measured(folder, NIGHT_YEARS, options.repeats)
            show(features_nightly.tables(nights))
        taken = {age: case.seconds(NIGHT) or 0.0 for age, case in nights.items()}
        show(targets(cases, taken))
        show([f"\nEvery process has {THREADS} threads; seconds are medians over the runs."])


def parsed() -> Options:
    """Read the command line."""
    asked = argparse.ArgumentParser(description=__doc__)
    every = (*CONTESTANTS, NIGHT)
    asked.add_argument("--sizes", type=_numbers, default=[1, 10, 50])
    asked.add_argument("--cutoffs", type=_numbers, default=[1, 26])
    asked.add_argument("--repeats", type=int, default=5)
    asked.add_argument("--budget", type=float, default=100.0)
    asked.add_argument("--only", type=lambda text: text.split(","), default=list(every))
    given = asked.parse_args()
    if unknown := set(given.only) - set(every):
        asked.error(f"unknown: {', '.join(sorted(unknown))}; known: {', '.join(every)}")
    return Options(**vars(given))


def measured(folder: Path, size: int, cutoffs: int, options: Options) -> Case:
    """Run the contestants of a case in turn, and print its table."""
    home = times(folder, size)
    moments = weekly(home, cutoffs)
    names = [n for n in CONTESTANTS if n in options.only and size <= LARGEST.get(n, size)]
    lines, customers = _counted(home)
    case = Case(size, lines, customers, cutoffs)
    for place in range(options.repeats):
        for name in names:
            runs = case.runs.setdefault(name, [])
            if sum(each.seconds for each in runs) >= options.budget:
                continue
            runs.append(run(name, home, moments))
            say(f"{size}x, {cutoffs} cutoffs, round {place + 1}: {name} {runs[-1].seconds:.2f} s")
    if case.runs:
        show(case.table())
    return case


def weekly(home: Path, count: int) -> list[datetime]:
    """Return so many midnights a week apart, the last one the newest of the data; naive UTC."""
    newest = naive(Lake(home / "lake").today())
    return [newest - place * WEEK for place in reversed(range(count))]


def show(lines: Iterable[str]) -> None:
    """Print a part of the report."""
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


def say(what: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(what + "\n")


def _numbers(text: str) -> list[int]:
    return [int(each) for each in text.split(",")]


def _counted(home: Path) -> tuple[int, int]:
    """Return the number of lines and of customers."""
    lake = Lake(home / "lake", THREADS)
    lines = lake.table("order_lines")
    customers = lines.customer_id.nunique()
    return int(lake.con.execute(lines.count())), int(lake.con.execute(customers))


if __name__ == "__main__":
    main()
