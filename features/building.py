"""Building feature files: what is missing is built in as few queries as memory allows."""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from features.clock import naive
from features.errors import CutoffError
from features.feature_files import FeatureFiles
from features.feature_sets import FeatureSet
from features.lake.lake import Lake

Progress = Callable[[int], None]


@dataclass(frozen=True, slots=True)
class BuildReport:
    """What a build did: cutoffs built and reused, rows of customer features, seconds."""

    built: int
    reused: int
    rows: int
    seconds: float


@dataclass(frozen=True, slots=True)
class SetBuilt:
    """What a build did to one set: the cutoffs it built, the rows of all that were wanted."""

    built: frozenset[datetime]
    rows: int


def build_set(
    lake: Lake,
    each: FeatureSet,
    files: FeatureFiles,
    wanted: Sequence[datetime],
    progress: Progress,
) -> SetBuilt:
    """Build the files of one set that are missing or outdated among `wanted`."""
    content = lake.fingerprint()
    files.sweep()
    rows = {cutoff: files.rows(cutoff, content) for cutoff in wanted}
    missing = [cutoff for cutoff, count in rows.items() if count is None]
    progress(len(wanted) - len(missing))
    for start in range(0, len(missing), each.at_once):
        batch = missing[start : start + each.at_once]
        with files.staged(lake.con, each.build(lake, batch)) as built:
            for cutoff in batch:
                rows[cutoff] = files.write(cutoff, built, content)
                progress(1)
    return SetBuilt(frozenset(missing), sum(count or 0 for count in rows.values()))


def check_cutoffs(lake: Lake, cutoffs: Iterable[datetime]) -> None:
    """Raise CutoffError for a cutoff at or before the first order or after the last."""
    first, last = lake.first_moment(), lake.last_moment()
    for cutoff in cutoffs:
        if not first < cutoff <= last:
            raise CutoffError(
                f"The cutoff {naive(cutoff)} lies outside the data",
                where="order_lines",
                todo=f"Choose one after {naive(first)}, up to {naive(last)}.",
            )


def silent(_: int) -> None:
    """Report no progress."""
