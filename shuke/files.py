"""Files a command leaves for one person alone."""

import os
from pathlib import Path
from typing import Any

import orjson
import pandas as pd

_OWNER_ONLY = 0o600
_OPTIONS = orjson.OPT_INDENT_2 | orjson.OPT_SERIALIZE_NUMPY


def write_private_json(path: Path, content: object) -> Path:
    """Write JSON that only the owner of the file may read, and return where."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = orjson.dumps(content, default=_plain, option=_OPTIONS)
    path.unlink(missing_ok=True)
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
    with os.fdopen(handle, "wb") as file:
        file.write(text)
    return path


def _plain(value: Any) -> object:
    """Return what engines and tables hold as JSON has it; a gap is null."""
    if value is pd.NaT:
        return None
    if isinstance(value, bytes):
        return value.hex()
    return value.isoformat()
