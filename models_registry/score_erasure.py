"""A customer's scores in a log of scores: shown, or taken out."""

import secrets
from itertools import chain
from pathlib import Path
from typing import Any

import orjson

from features.parquet_rows import Doomed, matching, removed


def held(root: Path, doomed: Doomed) -> list[dict[str, Any]]:
    """Return every score of some ids, with its inputs, in the order of the files."""
    found = [rows.to_pylist() for file in _batches(root) if (rows := matching(file, doomed))]
    lines = (line for file in _online(root) for line in file.read_bytes().splitlines())
    return [*chain(*found), *(orjson.loads(line) for line in lines if _is_of(line, doomed))]


def erase(root: Path, doomed: Doomed) -> int:
    """Remove scores from the batches and the online files under `root`; return how many.

    Parameters
    ----------
    doomed
        Ids by column: a score goes that has one of them.
    """
    gone = sum(removed(file, doomed) for file in _batches(root))
    return gone + sum(_lines_removed(file, doomed) for file in _online(root))


def _batches(root: Path) -> list[Path]:
    """Return the files of all nights; Spark writes one as a folder of files."""
    return sorted(file for file in root.glob("batches/**/*.parquet") if file.is_file())


def _online(root: Path) -> list[Path]:
    return sorted(root.glob("online/*.jsonl"))


def _lines_removed(file: Path, doomed: Doomed) -> int:
    """Rewrite a file without some lines.

    A score that a running service logs between the last look and the exchange of the files is
    lost to the log; it was given all the same.
    """
    lines = file.read_bytes().splitlines(keepends=True)
    kept = [line for line in lines if not _is_of(line, doomed)]
    if len(kept) == len(lines):
        return 0
    unfinished = file.with_name(f".{file.name}-{secrets.token_hex(4)}")
    unfinished.write_bytes(b"".join(kept))
    unfinished.replace(file)
    return len(lines) - len(kept)


def _is_of(line: bytes, doomed: Doomed) -> bool:
    try:
        score = orjson.loads(line)
    except orjson.JSONDecodeError:  # cut short by a power failure, and no score to anybody
        return False
    return any(score.get(column) in values for column, values in doomed.items())
