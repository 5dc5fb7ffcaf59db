"""Report files: written whole or not at all."""

from pathlib import Path

import orjson


def write(file: Path, text: str) -> Path:
    """Write `text` to `file`, making its folder, and return the file."""
    file.parent.mkdir(parents=True, exist_ok=True)
    unfinished = file.with_name(f".{file.name}.unfinished")
    unfinished.write_text(text, encoding="utf-8")
    return unfinished.replace(file)


def as_json(report: object) -> str:
    """Return plain values, times and paths as indented JSON; NaN becomes null."""
    return orjson.dumps(report, default=str, option=orjson.OPT_INDENT_2).decode()
