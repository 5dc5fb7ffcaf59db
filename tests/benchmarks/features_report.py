"""What the runs say: a Markdown table for each size of shop, and the targets, hit or missed."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from statistics import median

from tests.benchmarks.runs import Run


@dataclass(frozen=True)
class Targets:
    """What a release promises.

    Attributes
    ----------
    cutoffs
        Of how many cutoffs the first two are measured.
    pandas
        How many times as fast as the pandas loop.
    polars
        How many times as fast as Polars, at least.
    growth
        What a line may cost in the largest shop, in units of its cost in the smallest.
    peak_gib
        Memory held at most, in the largest shop.
    night
        How many times as long a night may take on the older shop.
    """

    cutoffs: int = 26
    pandas: float = 20.0
    polars: float = 1.0
    growth: float = 1.5
    peak_gib: float = 8.0
    night: float = 1.5


TARGETS = Targets()


@dataclass(frozen=True)
class Case:
    """One size of shop and number of cutoffs, with the runs of each contestant."""

    size: int
    lines: int
    customers: int
    cutoffs: int
    runs: dict[str, list[Run]] = field(default_factory=dict)

    def seconds(self, contestant: str) -> float | None:
        """Return the median; None if it did not take part."""
        runs = self.runs.get(contestant)
        return median(run.seconds for run in runs) if runs else None

    def peak(self, contestant: str) -> float:
        """Return the most memory a run of it held, in GiB."""
        return max(run.peak_gib for run in self.runs[contestant])

    def table(self) -> Iterator[str]:
        """Give the lines of its table."""
        moments = "1 cutoff" if self.cutoffs == 1 else f"{self.cutoffs} weekly cutoffs"
        yield (
            f"\n### {self.size}x: {self.lines:,} lines, {self.customers:,} customers, {moments}\n"
        )
        yield "| | seconds | times Shuke | ns a line | CPU seconds | peak GiB | rows | runs |"
        yield "|---|---:|---:|---:|---:|---:|---:|---:|"
        ours = self.seconds("shuke")
        for name, runs in self.runs.items():
            seconds = median(run.seconds for run in runs)
            figures = (
                f"{seconds:,.2f}",
                f"{seconds / ours:.2f}" if ours else "",
                f"{1e9 * seconds / self.lines:,.0f}",
                f"{median(run.cpu_seconds for run in runs):,.2f}",
                f"{self.peak(name):.2f}",
                f"{runs[0].rows:,}",
                f"{len(runs)}",
            )
            yield f"| {name} | " + " | ".join(figures) + " |"


def targets(cases: list[Case], nights: Mapping[int, float]) -> Iterator[str]:
    """Give the lines of the table of targets; what was not measured is left out.

    Parameters
    ----------
    nights
        Seconds of a night by the age of the shop in years.
    """
    if rows := [*_verdicts(cases, nights)]:
        yield from ("\n### Targets\n", "| target | measured | |", "|---|---:|---|", *rows)


def _verdicts(cases: list[Case], nights: Mapping[int, float]) -> Iterator[str]:
    for case in cases:
        if case.cutoffs == TARGETS.cutoffs:
            for other, least in (("pandas", TARGETS.pandas), ("polars", TARGETS.polars)):
                ours, theirs = case.seconds("shuke"), case.seconds(other)
                if ours and theirs:
                    times = theirs / ours
                    target = f"{case.size}x: at least {least:g} times as fast as {other}"
                    yield _verdict(target, f"{times:.2f}", times >= least)
    yield from _growth(cases)
    if len(nights) > 1:
        young, old = min(nights), max(nights)
        times = nights[old] / nights[young]
        target = f"a night of {old} years takes at most {TARGETS.night:g} times one of {young}"
        yield _verdict(target, f"{times:.2f}", times <= TARGETS.night)


def _growth(cases: list[Case]) -> Iterator[str]:
    measured = [case for case in cases if "shuke" in case.runs]
    for cutoffs in sorted({case.cutoffs for case in measured}):
        same = sorted((c for c in measured if c.cutoffs == cutoffs), key=lambda case: case.size)
        costs = [(case.seconds("shuke") or 0.0) / case.lines for case in same]
        first, last = same[0], same[-1]
        if first is last:
            continue
        growth = costs[-1] / costs[0]
        sizes = f"{first.size}x to {last.size}x, {cutoffs} cutoff(s)"
        target = f"{sizes}: a line costs at most {TARGETS.growth:g} times"
        yield _verdict(target, f"{growth:.2f}", growth <= TARGETS.growth)
        peak = last.peak("shuke")
        target = f"{last.size}x, {cutoffs} cutoff(s): peak below {TARGETS.peak_gib:g} GiB"
        yield _verdict(target, f"{peak:.2f}", peak < TARGETS.peak_gib)


def _verdict(target: str, measured: str, is_hit: bool) -> str:
    return f"| {target} | {measured} | {'hit' if is_hit else 'MISS'} |"
