"""Files that appear whole or not at all, and outlive a power cut."""

import hashlib
import os
from pathlib import Path


def publish(file: Path, target: Path) -> None:
    """Move `file`, on the same disk, to `target`: a reader sees all of it or none."""
    target.parent.mkdir(parents=True, exist_ok=True)
    _to_disk(file)
    os.replace(file, target)  # noqa: PTH105 - atomic, which is the point
    _to_disk(target.parent)


def digest(file: Path) -> str:
    """Return 16 hexadecimal digits that name the content."""
    with file.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()[:16]


def _to_disk(path: Path) -> None:
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
