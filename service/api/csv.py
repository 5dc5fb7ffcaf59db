"""CSV that a spreadsheet opens as text and numbers, never as formulas."""

import csv
import io
from collections.abc import Iterable, Sequence

MEDIA_TYPE = "text/csv"
_BYTE_ORDER_MARK = "\ufeff"  # without it Excel reads Chinese as Latin-1
_STARTS_FORMULA = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")


def rows_to_csv(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return rows as CSV (UTF-8 with a byte order mark, CRLF line ends, RFC 4180 quoting)."""
    text = io.StringIO(newline="")
    text.write(_BYTE_ORDER_MARK)
    writer = csv.writer(text)
    writer.writerow([cell(name) for name in header])
    writer.writerows([cell(value) for value in row] for row in rows)
    return text.getvalue()


def cell(value: object) -> object:
    """Return a value as it is safe to write; text a spreadsheet would run gets a leading quote.

    Numbers stay numbers: a negative amount is no formula.
    """
    if isinstance(value, str) and value.lstrip(" ").startswith(_STARTS_FORMULA):
        return f"'{value}"
    return value
