"""Which jobs name somebody; the files of such a job are removed, and the job is forgotten.

The others of its set are scored anew when they are asked for anew.
"""

import csv
from collections.abc import Collection, Iterator
from pathlib import Path

import orjson
import pyarrow.parquet as pq

_SUBJECTS = ("customer_id", "lead_id")
# What these hold lies in the ids of the job as well, as long as they are there.
_OF_PARTS = frozenset({".rows", ".faults"})
_QUOTE = "'"  # stands before text that a spreadsheet would run


def naming(root: Path, ids: Collection[str]) -> list[str]:
    """Return the jobs under `root` whose files name one of the ids."""
    folders = sorted(root.iterdir()) if root.is_dir() else []
    return [
        folder.name
        for folder in folders
        if any(_names(file, frozenset(ids)) for file in sorted(folder.iterdir()))
    ]


def _names(file: Path, ids: frozenset[str]) -> bool:
    if file.suffix in _OF_PARTS:
        return False
    if file.name.startswith("."):  # a file that was never finished
        content = file.read_bytes()
        return any(each.encode() in content for each in ids)
    told = {".ndjson": _of_lines, ".csv": _of_csv, ".parquet": _of_parquet}[file.suffix]
    return any(each in ids for each in told(file))


def _of_lines(file: Path) -> Iterator[object]:
    with file.open("rb") as lines:
        for line in lines:
            said = orjson.loads(line)
            if isinstance(said, dict):
                yield from (said.get(name) for name in (*_SUBJECTS, "id"))
            else:
                yield said


def _of_csv(file: Path) -> Iterator[object]:
    with file.open(encoding="utf-8-sig", newline="") as text:
        for row in csv.DictReader(text):
            for name in _SUBJECTS:
                yield row[name]
                yield row[name].removeprefix(_QUOTE)


def _of_parquet(file: Path) -> Iterator[object]:
    for batch in pq.ParquetFile(file).iter_batches(columns=list(_SUBJECTS)):
        for column in batch.columns:
            yield from column.to_pylist()
