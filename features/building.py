"""Building feature files: what is missing is built in as few queries as memory allows."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from features.checkpoints import Checkpoints
from features.clock import naive
from features.errors import CutoffError
from features.feature_files import FeatureFiles
from features.feature_sets import FeatureSet
from features.lake.lake import Lake
from features.part_times import known_content
from features.sources import Share, Source, shares
from features.transforms.knowledge import moments
from features.transforms.transform import with_midnights

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


@dataclass(frozen=True, slots=True)
class Builder:
    """Builds the files of feature sets from one lake.

    Attributes
    ----------
    source
        The lake on an engine.
    checkpoints
        Sums of the past that a build may start from.
    """

    source: Source
    checkpoints: Checkpoints

    def build(
        self,
        each: FeatureSet,
        files: FeatureFiles,
        wanted: Sequence[datetime],
        progress: Progress,
    ) -> SetBuilt:
        """Build the files of one set that are missing or outdated among `wanted`."""
        files.sweep()
        content = {cutoff: known_content(self.source.lake, cutoff) for cutoff in wanted}
        rows = {cutoff: files.rows(cutoff, content[cutoff]) for cutoff in wanted}
        missing = [cutoff for cutoff, count in rows.items() if count is None]
        progress(len(wanted) - len(missing))
        for start in range(0, len(missing), each.at_once):
            batch = missing[start : start + each.at_once]
            with self._built(each, batch, files.made()) as folder:
                for cutoff in batch:
                    rows[cutoff] = files.write(cutoff, folder, content[cutoff])
                    progress(1)
        return SetBuilt(frozenset(missing), sum(count or 0 for count in rows.values()))

    @contextmanager
    def _built(self, each: FeatureSet, cutoffs: Sequence[datetime], near: Path) -> Iterator[Path]:
        """Lend a folder of `<share>/as_of=<moment>/*.parquet` with the rows of all cutoffs."""
        looked_at = with_midnights(cutoffs)
        past = self.checkpoints.before(self.source, looked_at)
        source = replace(self.source, since=past.moment if past else None, until=max(looked_at))
        with TemporaryDirectory(dir=near) as name:
            folder, sums = Path(name), past.sums if past else None
            found = shares(source, sums, self.source.engine.lines_at_once)
            yield self._finished(each, found, looked_at, folder)

    def _finished(
        self,
        each: FeatureSet,
        found: Sequence[Share],
        looked_at: Sequence[datetime],
        folder: Path,
    ) -> Path:
        engine, transform = self.source.engine, each.transform
        at = engine.held(moments(looked_at))
        own = [folder / f"own-{share.place}" for share in found]
        for share, target in zip(found, own, strict=True):
            engine.write_parquet(transform.own(share, at, share.before), target)
        everybody = engine.read_parquet(_files(own), f"{each.name}_own")
        engine.write_parquet(transform.population(everybody), folder / "population")
        population = engine.read_parquet(_files([folder / "population"]), f"{each.name}_everybody")
        for place, target in enumerate(own):
            alone = engine.read_parquet(_files([target]), f"{each.name}_own_{place}")
            done = transform.finish(alone, population)
            engine.write_parquet(done, folder / "done" / str(place), partition_by="as_of")
        return folder / "done"


def check_cutoffs(lake: Lake, cutoffs: Iterable[datetime], grace: timedelta) -> None:
    """Raise CutoffError for a cutoff at or before the first order, or `grace` after the last."""
    first, last = lake.first_moment(), lake.last_moment()
    for cutoff in cutoffs:
        if not first < cutoff <= last + grace:
            raise CutoffError(
                f"The cutoff {naive(cutoff)} lies outside the data",
                where="order_lines",
                todo=f"Choose one after {naive(first)}, up to {naive(last)} or shortly after.",
            )


def silent(_: int) -> None:
    """Report no progress."""


def _files(folders: Sequence[Path]) -> list[Path]:
    return sorted(file for folder in folders for file in folder.glob("*.parquet"))
