"""CSV that a spreadsheet opens as text and numbers, never as formulas."""

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime

from features.clock import utc

MEDIA_TYPE = "text/csv"
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads Chinese as Latin-1
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def rows_to_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV (UTF-8 with a byte order mark, CRLF line ends, RFC 4180 quoting)."""
    return "".join(stream(header, [rows]))


def stream(header: Sequence[str], parts: Iterable[Iterable[Sequence[object]]]) -> Iterator[str]:
    """Yield CSV as `rows_to_csv` makes it, one text for the header and one for each part."""
    yield _BYTE_ORDER_MARK + _lines([header])
    yield from map(_lines, parts)


def _lines(rows: Iterable[Sequence[object]]) -> str:
    text = io.StringIO(newline="")
    csv.writer(text).writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: object) -> object:
    """Return a value as it is safe to write; text a spreadsheet would run gets a leading quote.

    Numbers stay numbers: a negative amount is no formula. Moments are written as in JSON.
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(_STARTS_FORMULA):
        return f"'{value}"
    if isinstance(value, datetime):
        return utc(value).isoformat().replace("+00:00", "Z")
    return value
