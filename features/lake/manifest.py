"""Which parts a table is made of: one small file a table, replaced whole.

A reader takes the list once and reads those files, so it sees the table before an append or a
compaction or after it, never between. A part that is on no list does not exist.
"""

import hashlib
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from features.lake.files import publish

NAME = "manifest.json"
MODULUS = 1 << 128


@dataclass(frozen=True)
class Part:
    """One Parquet file of a table: its name in the table's folder, and its rows."""

    name: str
    rows: int


@dataclass(frozen=True)
class Manifest:
    """The state of one table.

    Attributes
    ----------
    parts
        In the order of arrival, oldest first.
    content
        A sum over the names of all parts ever added, which name their content; the order they
        came in and compaction do not change it.
    retired
        Merged parts by name, with the moment (ISO) they left: readers that started before may
        still be at them.
    last
        The ledger's line of the last import, for a crash between this file and the ledger.
    """

    parts: tuple[Part, ...] = ()
    content: int = 0
    retired: Mapping[str, str] = field(default_factory=dict)
    last: Mapping[str, Any] | None = None

    def added(self, part: Part, last: Mapping[str, Any]) -> "Manifest":
        """Return the state with one more part."""
        content = (self.content + _number(part.name)) % MODULUS
        return replace(self, parts=(*self.parts, part), content=content, last=last)

    def merged(self, run: Sequence[Part], into: Part, at: datetime) -> "Manifest":
        """Return the state with `into` in the place of `run`, parts that lie side by side."""
        start = self.parts.index(run[0])
        parts = (*self.parts[:start], into, *self.parts[start + len(run) :])
        gone = {part.name: at.isoformat() for part in run}
        return replace(self, parts=parts, retired={**self.retired, **gone})

    def rewritten(self, changes: Mapping[str, Part | None]) -> "Manifest":
        """Return the state with parts written anew, or gone (None), and no merged part kept."""
        after = [changes.get(part.name, part) for part in self.parts]
        told = (f"{old}>{new.name if new else ''}" for old, new in changes.items())
        content = (self.content + sum(map(_number, told))) % MODULUS
        parts = tuple(part for part in after if part is not None)
        return replace(self, parts=parts, content=content, retired={})


def read(folder: Path) -> Manifest:
    """Return the state of the table in `folder`; without a table it is empty."""
    file = folder / NAME
    try:
        kept = json.loads(file.read_text(encoding="utf-8"))
    except FileNotFoundError:
        return _of_old(folder)
    parts = tuple(Part(**part) for part in kept["parts"])
    return Manifest(parts, int(kept["content"], 16), kept["retired"], kept["last"])


def write(folder: Path, manifest: Manifest, staging: Path) -> None:
    """Replace the state of the table in `folder` atomically; hold the lake's lock."""
    kept = asdict(manifest) | {"content": f"{manifest.content:032x}"}
    file = staging / f"{folder.name}-{NAME}"
    file.write_text(json.dumps(kept, ensure_ascii=False), encoding="utf-8")
    publish(file, folder / NAME)


def is_kept(folder: Path) -> bool:
    """Say whether the table has a manifest; lakes of earlier versions have none."""
    return (folder / NAME).exists()


def _of_old(folder: Path) -> Manifest:
    """Return every part there is, oldest file first: what a table was before it had a manifest."""
    files = sorted(folder.glob("part-*.parquet"), key=lambda f: (f.stat().st_mtime_ns, f.name))
    parts = tuple(Part(file.name, pq.read_metadata(file).num_rows) for file in files)
    return Manifest(parts, sum(_number(part.name) for part in parts) % MODULUS)


def _number(name: str) -> int:
    return int.from_bytes(hashlib.sha256(name.encode()).digest()) % MODULUS
