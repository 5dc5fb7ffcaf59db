"""Built feature rows on disk: one Parquet file per set and cutoff that says what it came from."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa
import pyarrow.parquet as pq
from pyarrow.dataset import Dataset, dataset, field, partitioning

from features.clock import naive
from features.errors import FeaturesMissingError

_NAME = "as_of=%Y-%m-%dT%H%M%S.parquet"
_LAKE, _DEFINITIONS, _ROWS = b"shuke.lake", b"shuke.definitions", b"shuke.rows"


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
        return [
            datetime.strptime(path.name, _NAME).replace(tzinfo=UTC)
            for path in self._files()
            if self._stands(path)
        ]

    def rows(self, as_of: datetime, lake: str) -> int | None:
        """Return how many rows stand for `as_of` and that lake content; None if not built."""
        path = self._path(as_of)
        if not self._stands(path) or self._said(path)[_LAKE] != lake.encode():
            return None
        return int(self._said(path)[_ROWS])

    @contextmanager
    def staged(self, con: Any, rows: ir.Table) -> Iterator[Dataset]:
        """Run the query once and lend its result, parted by cutoff as `write` takes it."""
        self.folder.mkdir(parents=True, exist_ok=True)
        with TemporaryDirectory(dir=self.folder) as folder:
            con.to_parquet(rows, folder, partition_by="as_of", overwrite=True)
            parts = partitioning(pa.schema({"as_of": pa.timestamp("us")}), flavor="hive")
            yield dataset(folder, format="parquet", partitioning=parts)

    def write(self, as_of: datetime, built: Dataset, lake: str) -> int:
        """Write the rows of one cutoff, all or nothing, and return their number."""
        mine = built.scanner(filter=field("as_of") == naive(as_of))
        path = self._path(as_of)
        unfinished = path.with_suffix(".unfinished")
        rows = 0
        with pq.ParquetWriter(unfinished, built.schema) as writer:
            for batch in mine.to_batches():
                writer.write_batch(batch)
                rows += batch.num_rows
            said = {_LAKE: lake, _DEFINITIONS: self.definitions, _ROWS: str(rows)}
            writer.add_key_value_metadata(said)
        unfinished.replace(path)
        return rows

    def sweep(self) -> None:
        """Remove files of other definitions: their columns may differ."""
        for path in self._files():
            if not self._stands(path):
                path.unlink()

    def frame(self, as_of: datetime, columns: list[str] | None = None) -> pd.DataFrame:
        """Return the rows of one cutoff; raise FeaturesMissingError if they were never built."""
        path = self._path(as_of)
        if not self._stands(path):
            raise FeaturesMissingError(
                f"No features are built for {naive(as_of):%Y-%m-%d %H:%M}",
                where=str(path),
                todo="Run `shuke features build` for that moment.",
            )
        frame: pd.DataFrame = pq.read_table(path, columns=columns).to_pandas()
        return frame

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
