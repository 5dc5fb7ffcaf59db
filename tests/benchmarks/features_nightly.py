"""What one more night costs: it should follow the day and who is active, not the history."""

from collections.abc import Iterator, Mapping
from datetime import datetime
from pathlib import Path
from shutil import rmtree
from statistics import median

from features.lake.lake import Lake
from tests.benchmarks.features_report import Case
from tests.benchmarks.journey_times import DAY, last_day, today, years
from tests.benchmarks.runs import Run, run

NIGHTS = {"first night": "first night of a month", "night": "a night", "whole past": "whole past"}


def measured(folder: Path, ages: list[int], repeats: int) -> dict[int, Case]:
    """Return the runs by the age of the shop in years.

    The evening before, the lake lacks its last day and the night of that day is built, which
    makes the checkpoint; then the day arrives. A night builds the files of every set through the
    store; the whole past is the same without a checkpoint.
    """
    cases = {}
    for age in ages:
        home = years(folder, age)
        moment = today(Lake(folder / "journey" / "lake"))
        first = run("night", home, [moment - DAY])
        last_day(folder, home)
        cases[age] = _case(home, age, moment, first, repeats)
        rmtree(home)
    return cases


def tables(cases: Mapping[int, Case]) -> Iterator[str]:
    """Give the lines of one table over all ages."""
    ages = sorted(cases)
    yield "\n### One more night, both feature sets: seconds (CPU seconds), medians\n"
    yield "| | " + " | ".join(f"{age} year(s): {cases[age].lines:,} lines" for age in ages) + " |"
    yield "|---|" + "---:|" * len(ages)
    for name, said in NIGHTS.items():
        yield f"| {said} | " + " | ".join(_seconds(cases[age].runs[name]) for age in ages) + " |"


def _seconds(runs: list[Run]) -> str:
    on_the_clock = median(each.seconds for each in runs)
    return f"{on_the_clock:.2f} ({median(each.cpu_seconds for each in runs):.2f})"


def _case(home: Path, age: int, moment: datetime, first: Run, repeats: int) -> Case:
    lake = Lake(home / "lake")
    lines = lake.table("order_lines")
    count, customers = (
        int(lake.con.execute(each)) for each in (lines.count(), lines.customer_id.nunique())
    )
    case = Case(age, count, customers, 1, {"first night": [first], "night": [], "whole past": []})
    for _ in range(repeats):
        for name in ("night", "whole past"):
            case.runs[name].append(run(name, home, [moment]))
    return case
