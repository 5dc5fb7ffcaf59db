"""Files a command leaves for one person alone."""

import math
import os
from pathlib import Path
from typing import Any

import orjson

_OWNER_ONLY = 0o600


def write_private_json(path: Path, content: object) -> Path:
    """Write JSON that only the owner of the file may read, and return where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = orjson.dumps(content, default=_plain, option=orjson.OPT_INDENT_2)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(handle, "wb") as file:
        file.write(text)
    return path


def _plain(value: Any) -> object:
    """Return numbers and moments of engines as JSON has them; a gap is null."""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float) and not math.isfinite(value):
        return None
    if hasattr(value, "isoformat"):
        return value.isoformat()
    if isinstance(value, bytes | frozenset | set):
        return sorted(value) if not isinstance(value, bytes) else value.hex()
    raise TypeError(f"cannot be written as JSON: {type(value).__name__}")
