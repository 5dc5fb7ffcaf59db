"""Scores as NDJSON, CSV or Parquet, part by part and as one file."""

import io
from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from shutil import copyfileobj

import pyarrow.parquet as pq
from pydantic import TypeAdapter

from features.clock import utc
from models_registry.score import Score
from models_registry.score_rows import COLUMNS, flat, framed
from service import csv
from service.jobs.asked import Format

MEDIA_TYPES = {
    Format.NDJSON: "application/x-ndjson",
    Format.CSV: csv.MEDIA_TYPE,
    Format.PARQUET: "application/vnd.apache.parquet",
}

_SCORE: TypeAdapter[Score] = TypeAdapter(Score)
_HEAD = csv.rows_to_csv(list(COLUMNS), [])


def part(form: Format, scores: Sequence[Score]) -> bytes:
    """Return scores as a piece of a result.

    NDJSON holds the objects the API answers with, CSV and Parquet the columns of the score log.
    In CSV a reason is its sentence, and text that a spreadsheet would run as a formula is quoted.
    """
    if form is Format.NDJSON:
        return b"".join(_SCORE.dump_json(score) + b"\n" for score in scores)
    if form is Format.CSV:
        text = csv.rows_to_csv(list(COLUMNS), map(_spoken, scores))
        return text.removeprefix(_HEAD).encode()
    table = io.BytesIO()
    framed(map(flat, scores)).to_parquet(table, index=False, coerce_timestamps="us")
    return table.getvalue()


def whole(form: Format, parts: Iterable[Path], to: Path) -> None:
    """Write one file of all parts, of which there is at least one, in their order."""
    if form is Format.PARQUET:
        _whole_parquet(list(parts), to)
        return
    with to.open("wb") as file:
        if form is Format.CSV:
            file.write(_HEAD.encode())
        joined(parts, file)


def joined(parts: Iterable[Path], file: io.BufferedWriter) -> None:
    """Write the bytes of all parts, one after another."""
    for each in parts:
        with each.open("rb") as piece:
            copyfileobj(piece, file)


def _whole_parquet(parts: Sequence[Path], to: Path) -> None:
    schema = pq.read_schema(parts[0])
    with pq.ParquetWriter(to, schema) as writer:
        for each in parts:
            writer.write_table(pq.read_table(each))


def _spoken(score: Score) -> list[object]:
    row = flat(score) | {
        "reasons": "; ".join(reason.text for reason in score.reasons),
        "categories": "; ".join(likely.category for likely in score.categories),
    }
    return [_moment(value) if isinstance(value, datetime) else value for value in row.values()]


def _moment(value: datetime) -> str:
    return utc(value).isoformat().replace("+00:00", "Z")
