"""The files of one job: the ids, the parts that are done, the result.

A file appears under its name as a whole or not at all, and stays after a loss of power.
"""

import secrets
import shutil
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import orjson

from features.lake.files import publish
from service.jobs import formats
from service.jobs.asked import Format

_IDS, _UNSEEN = "ids.ndjson", "unseen.ndjson"
_ROWS = ".rows"
_FAULTS = ".faults"
ERRORS = "errors.ndjson"


@dataclass(frozen=True, slots=True)
class JobFolder:
    """What lies under one folder; made with the first file."""

    path: Path

    def write_ids(self, ids: Sequence[str], unseen: Collection[str] = ()) -> None:
        """Keep the ids a job is about, and those of them whom whoever asked may not see."""
        self.path.mkdir(parents=True, exist_ok=True)
        self._publish(_UNSEEN, lambda file: _write(file, _lines(sorted(unseen))))
        self._publish(_IDS, lambda file: _write(file, _lines(ids)))

    def unseen(self) -> frozenset[str]:
        """Read the ids whom whoever asked may not see."""
        file = self.path / _UNSEEN
        return frozenset(map(orjson.loads, file.read_bytes().splitlines() if file.exists() else ()))

    def ids(self, part: int, skip: int) -> Iterator[tuple[str, ...]]:
        """Read the ids, `part` at a time, without the first `skip` such parts."""
        with (self.path / _IDS).open("rb") as lines:
            rest = islice(lines, part * skip, None)
            while some := tuple(map(orjson.loads, islice(rest, part))):
                yield some

    def write_part(self, name: str, rows: bytes, faults: bytes) -> None:
        """Keep what was made of a part: its rows of the result, and of the error file."""
        self._publish(name + _ROWS, lambda file: _write(file, rows))
        self._publish(name + _FAULTS, lambda file: _write(file, faults))

    def write_result(self, form: Format, parts: Sequence[str]) -> None:
        """Make the result and the error file of the parts with these names."""
        rows = [self.path / (name + _ROWS) for name in parts]
        faults = [self.path / (name + _FAULTS) for name in parts]
        self._publish(ERRORS, lambda file: _join(file, faults))
        self._publish(result_name(form), lambda file: formats.whole(form, rows, file))

    def tidy(self) -> None:
        """Remove what only an unfinished job needs."""
        for suffix in (_ROWS, _FAULTS):
            for file in self.path.glob(f"*{suffix}"):
                file.unlink(missing_ok=True)
        for name in (_IDS, _UNSEEN):
            (self.path / name).unlink(missing_ok=True)

    def remove(self) -> None:
        """Remove everything."""
        shutil.rmtree(self.path, ignore_errors=True)

    def _publish(self, name: str, write: Callable[[Path], None]) -> None:
        unfinished = self.path / f".{name}-{secrets.token_hex(4)}"
        try:
            write(unfinished)
            publish(unfinished, self.path / name)
        except OSError:
            unfinished.unlink(missing_ok=True)  # on a full disk it would only take room
            raise


def result_name(form: Format) -> str:
    """Return the name of a result's file."""
    return f"result.{form}"


def _lines(ids: Iterable[str]) -> bytes:
    return b"".join(orjson.dumps(one) + b"\n" for one in ids)


def _write(file: Path, content: bytes) -> None:
    file.write_bytes(content)


def _join(file: Path, parts: Iterable[Path]) -> None:
    with file.open("wb") as whole:
        formats.joined(parts, whole)
