"""Merging the many small parts of a table that is appended to often."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import accumulate, groupby
from pathlib import Path
from typing import Any

from features.lake import manifest
from features.lake.files import digest, publish
from features.lake.locks import exclusive, staging
from features.lake.manifest import Manifest, Part


@dataclass(frozen=True)
class Compaction:
    """When parts are merged, and how long merged ones stay on the disk.

    Attributes
    ----------
    fan_in
        At least so many parts that lie side by side become one.
    growth
        The merged part has at least so many times the rows of the largest it is made of, so
        that a row is rewritten log(`small_rows`) / log(`growth`) times at most.
    small_rows
        A part of so many rows or more is left alone.
    keep
        How long a reader that started before may take. Merged parts are removed after it.
    """

    fan_in: int = 8
    growth: float = 4.0
    small_rows: int = 1_000_000
    keep: timedelta = timedelta(days=1)


COMPACTION = Compaction()


def compact(
    root: Path, table: str, read: Any, at: datetime, policy: Compaction = COMPACTION
) -> int:
    """Merge small parts of `root/<table>` and return by how many parts there are fewer.

    Readers see the parts before or those after: the manifest changes in one move.

    Parameters
    ----------
    read
        From paths of parts to one Ibis expression of all their rows in that order.
    at
        Now.
    """
    folder = root / table
    with staging(root) as unfinished, exclusive(root):
        state = manifest.read(folder)
        before = len(state.parts)
        while run := mergeable(state.parts, policy):
            part = unfinished / "merged.parquet"
            read([folder / each.name for each in run]).to_parquet(str(part), compression="zstd")
            target = folder / f"part-{digest(part)}.parquet"
            publish(part, target)
            into = Part(target.name, sum(each.rows for each in run))
            state = state.merged(run, into, at)
        state, gone = _expired(state, at - policy.keep)
        if gone or len(state.parts) < before:
            manifest.write(folder, state, unfinished)
        for name in gone:
            (folder / name).unlink(missing_ok=True)
        return before - len(state.parts)


def mergeable(parts: Sequence[Part], policy: Compaction = COMPACTION) -> Sequence[Part]:
    """Return the first run of parts worth merging, looking among the smallest parts first."""
    limit = 1
    while limit < policy.small_rows:
        limit = min(limit * policy.fan_in, policy.small_rows)
        small = [part.rows < limit for part in parts]
        for is_small, places in groupby(range(len(parts)), key=small.__getitem__):
            run = [parts[place] for place in places]
            if is_small and len(run) >= policy.fan_in and _grows(run, policy):
                return _enough(run, policy)
    return ()


def _grows(run: Sequence[Part], policy: Compaction) -> bool:
    rows = [part.rows for part in run]
    return sum(rows) >= policy.growth * max(rows)


def _enough(run: Sequence[Part], policy: Compaction) -> Sequence[Part]:
    """Cut a run where it is large already, so that no merge takes more than a while."""
    sums = accumulate(part.rows for part in run)
    full = (i for i, rows in enumerate(sums, 1) if i >= policy.fan_in and rows >= policy.small_rows)
    return run[: next(full, len(run))]


def _expired(state: Manifest, before: datetime) -> tuple[Manifest, list[str]]:
    """Forget merged parts that left before a moment."""
    live = {part.name for part in state.parts}
    kept = {n: t for n, t in state.retired.items() if datetime.fromisoformat(t) > before}
    gone = [name for name in state.retired if name not in kept and name not in live]
    return replace(state, retired=kept), gone
