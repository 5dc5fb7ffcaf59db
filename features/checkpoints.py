"""Sums of the past kept on disk, so that a night reads the last months and not all years."""

import json
import shutil
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

from features.clock import naive
from features.part_times import past_content
from features.sources import Source
from features.transforms.base import WINDOWS
from features.transforms.knowledge import told_at
from features.transforms.lifetime import Lifetime
from features.transforms.state import state_at

_STAMP = "stamp.json"
_NAME = "%Y-%m-%d"


@dataclass(frozen=True, slots=True)
class CheckpointPolicy:
    """When the past is worth a checkpoint.

    Attributes
    ----------
    span_days
        Cutoffs that lie further apart than this are built from the whole past: only one build
        would use the checkpoint.
    kept
        So many of the newest stay on the disk.
    """

    span_days: int = 31
    kept: int = 3


POLICY = CheckpointPolicy()


@dataclass(frozen=True, slots=True)
class Checkpoint:
    """Sums of all order lines before a moment, and until when those lines had been told."""

    moment: datetime
    told_until: datetime
    sums: Lifetime


@dataclass(frozen=True, slots=True)
class Checkpoints:
    """The checkpoints of one lake.

    Attributes
    ----------
    folder
        Where they lie; made with the first.
    definitions
        Fingerprint of the feature definitions; checkpoints of others do not count.
    """

    folder: Path
    definitions: str

    def before(self, source: Source, cutoffs: Sequence[datetime]) -> Checkpoint | None:
        """Return the checkpoint these cutoffs start from; None if they need the whole past.

        It is the first of a month, so that the nights of a month share it, and it is made from
        the newest earlier one if it does not stand yet.
        """
        earliest, latest = naive(min(cutoffs)), naive(max(cutoffs))
        reach = earliest - timedelta(days=WINDOWS.habit)
        moment = reach.replace(day=1, hour=0, minute=0, second=0, microsecond=0)
        apart = latest - earliest > timedelta(days=POLICY.span_days)
        if apart or moment <= naive(source.lake.first_moment()):
            return None
        found = self._standing(source, moment) or self._make(source, moment)
        return found if found.told_until < earliest else None

    def _make(self, source: Source, moment: datetime) -> Checkpoint:
        older = [day for day in self._moments() if day < moment]
        base = next((c for day in older if (c := self._standing(source, day))), None)
        lines = replace(source, since=base.moment if base else None, until=moment)
        sums = state_at(lines, moment, base.sums if base else None)
        told = lines.table("order_lines")
        until = source.engine.execute(told_at(told, "ordered_at").max()).to_pydatetime()
        stamp = {
            "content": past_content(source.lake, moment),
            "definitions": self.definitions,
            "told_until": max(until, base.told_until if base else until).isoformat(),
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.folder) as unfinished:
            for name, table in sums.tables().items():
                source.engine.write_parquet(table, Path(unfinished) / name)
            (Path(unfinished) / _STAMP).write_text(json.dumps(stamp))
            self._publish(Path(unfinished), moment)
        made = self._standing(source, moment)
        assert made is not None, "a checkpoint just made stands"  # noqa: S101
        return made

    def _standing(self, source: Source, moment: datetime) -> Checkpoint | None:
        folder = self._path(moment)
        try:
            stamp = json.loads((folder / _STAMP).read_text())
        except FileNotFoundError:
            return None
        content = past_content(source.lake, moment)
        if (stamp["definitions"], stamp["content"]) != (self.definitions, content):
            return None
        tables = {
            name: source.engine.read_parquet(
                sorted((folder / name).glob("*.parquet")), f"past_{name}_{moment:%Y%m%d}"
            )
            for name in Lifetime.names()
        }
        return Checkpoint(moment, datetime.fromisoformat(stamp["told_until"]), Lifetime(**tables))

    def _publish(self, made: Path, moment: datetime) -> None:
        target = self._path(moment)
        shutil.rmtree(target, ignore_errors=True)
        target.mkdir()
        for each in sorted(made.iterdir(), key=lambda path: path.name == _STAMP):
            each.rename(target / each.name)
        for day in self._moments()[POLICY.kept :]:
            shutil.rmtree(self._path(day), ignore_errors=True)

    def _moments(self) -> list[datetime]:
        """Return the moments of all folders, newest first."""
        names = [path.parent.name for path in self.folder.glob(f"*/{_STAMP}")]
        return sorted((datetime.strptime(name, _NAME) for name in names), reverse=True)  # noqa: DTZ007

    def _path(self, moment: datetime) -> Path:
        return self.folder / f"{moment:{_NAME}}"
