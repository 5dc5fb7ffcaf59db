"""Built feature rows on disk: one Parquet file per set and cutoff that says what it came from."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.dataset import dataset, field, partitioning

from features.clock import naive
from features.errors import FeaturesMissingError

_NAME = "as_of=%Y-%m-%dT%H%M%S.parquet"
_CONTENT, _DEFINITIONS, ROWS = b"shuke.content", b"shuke.definitions", b"shuke.rows"
_PARTED = partitioning(pa.schema({"as_of": pa.timestamp("us")}), flavor="hive")


@dataclass(frozen=True, slots=True)
class FeatureFiles:
    """The files of one feature set.

    Attributes
    ----------
    folder
        Where they lie; made on the first write.
    definitions
        Fingerprint of the feature definitions; files of other definitions do not count.
    """

    folder: Path
    definitions: str

    @property
    def pattern(self) -> str:
        """Return the glob that names every file."""
        return str(self.folder.absolute() / "as_of=*.parquet")

    def cutoffs(self) -> list[datetime]:
        """Return the cutoffs (aware UTC, ascending) that have rows of the present definitions."""
        return [_cutoff(path) for path in self._files() if self._stands(path)]

    def newest(self) -> datetime | None:
        """Return the last cutoff that has rows of the present definitions."""
        for path in reversed(list(self._files())):
            if self._stands(path):
                return _cutoff(path)
        return None

    def rows(self, as_of: datetime, content: str) -> int | None:
        """Return how many rows made from `content` stand for `as_of`; None if not built."""
        path = self._path(as_of)
        if not self._stands(path) or self._said(path).get(_CONTENT) != content.encode():
            return None
        return int(self._said(path)[ROWS])

    def made(self) -> Path:
        """Return the folder, made if it is not there."""
        self.folder.mkdir(parents=True, exist_ok=True)
        return self.folder

    def write(self, as_of: datetime, built: Path, content: str) -> int:
        """Write the rows of one cutoff, all or nothing, and return their number.

        Parameters
        ----------
        built
            Folder of `.../as_of=<moment>/*.parquet` with rows of this cutoff and others.
        content
            Names what the rows were made from.
        """
        rows = dataset(built, format="parquet", partitioning=_PARTED)
        mine = rows.scanner(filter=field("as_of") == naive(as_of))
        path = self._path(as_of)
        unfinished = path.with_suffix(".unfinished")
        count = 0
        # Spark leaves its own schema in the footer, and would later overlook `as_of` by it.
        with pq.ParquetWriter(unfinished, rows.schema.remove_metadata()) as writer:
            for batch in mine.to_batches():
                writer.write_batch(batch)
                count += batch.num_rows
            said = {_CONTENT: content, _DEFINITIONS: self.definitions, ROWS: str(count)}
            writer.add_key_value_metadata(said)
        unfinished.replace(path)
        return count

    def sweep(self) -> None:
        """Remove files of other definitions: their columns may differ."""
        for path in self._files():
            if not self._stands(path):
                path.unlink()

    def frame(self, as_of: datetime, columns: list[str] | None = None) -> pd.DataFrame:
        """Return the rows of one cutoff; raises as `standing`."""
        table = pq.read_table(self.standing(as_of), columns=columns)
        frame: pd.DataFrame = table.to_pandas()
        return frame

    def standing(self, as_of: datetime) -> Path:
        """Return the file of one cutoff; raise FeaturesMissingError if it was never built."""
        path = self._path(as_of)
        if not self._stands(path):
            raise FeaturesMissingError(
                f"No features are built for {naive(as_of):%Y-%m-%d %H:%M}",
                where=str(path),
                todo="Run `shuke features build` for that moment.",
            )
        return path

    def _path(self, as_of: datetime) -> Path:
        return self.folder / naive(as_of).strftime(_NAME)

    def _files(self) -> Iterator[Path]:
        return iter(sorted(self.folder.glob("as_of=*.parquet")))

    def _stands(self, path: Path) -> bool:
        """Say whether the file is there and built from the present definitions."""
        return path.exists() and self._said(path).get(_DEFINITIONS) == self.definitions.encode()

    @staticmethod
    def _said(path: Path) -> dict[bytes, bytes]:
        try:
            return pq.read_metadata(path).metadata or {}
        except pa.ArrowInvalid:  # torn from outside: as good as not built
            return {}


def _cutoff(path: Path) -> datetime:
    return datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)
