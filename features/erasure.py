"""A customer's rows in built features and checkpoints: shown, or taken out."""

import shutil
from pathlib import Path
from typing import Any

from features.feature_files import ROWS
from features.parquet_rows import matching, removed

PAST = "past"


def feature_rows(folder: Path, customer_id: str) -> list[dict[str, Any]]:
    """Return a customer's row of every set and cutoff, with the name of its file."""
    doomed = {"customer_id": {customer_id}}
    found = ((file, matching(file, doomed)) for file in _files(folder))
    return [
        {"file": f"{file.parent.name}/{file.name}", **row}
        for file, rows in found
        if rows is not None
        for row in rows.to_pylist()
    ]


def erase(folder: Path, customer_id: str) -> int:
    """Take a customer out of every file of features, and return how many rows went.

    Checkpoints that hold the customer are removed whole: the next build that needs one makes it.
    """
    doomed = {"customer_id": {customer_id}}
    gone = sum(removed(file, doomed, ROWS) for file in _files(folder))
    for checkpoint in sorted((folder / PAST).glob("*/")):
        files = sorted(checkpoint.rglob("*.parquet"))
        if any(matching(file, doomed) is not None for file in files):
            shutil.rmtree(checkpoint)
            gone += 1
    return gone


def _files(folder: Path) -> list[Path]:
    return sorted(file for file in folder.glob("*/as_of=*.parquet") if file.parent.name != PAST)
