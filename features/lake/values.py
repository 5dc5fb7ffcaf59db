"""Reading foreign values: text, numbers and moments as the lake keeps them, or a reason why not."""

import json
from collections.abc import Callable
from datetime import datetime
from typing import Any

import numpy as np
import pandas as pd

from features.clock import naive
from features.lake.columns import TEXT, Kind

UNREADABLE: dict[Kind, str] = {
    Kind.ID: "is not an identifier",
    Kind.TEXT: "is not text",
    Kind.JSON: "is not a JSON object",
    Kind.NUMBER: "is not a number",
    Kind.WHOLE: "is not a whole number",
    Kind.FLAG: "is not true or false",
    Kind.MOMENT: "is not a date or time that can be read without guessing",
}

# Year first only: 03/04/2017 means two different days to two different readers.
MOMENT_FORMATS = (
    "ISO8601",
    "%Y/%m/%d %H:%M:%S",
    "%Y/%m/%d %H:%M",
    "%Y/%m/%d",
    "%Y.%m.%d",
    "%Y年%m月%d日",
    "%Y年%m月%d日 %H:%M:%S",
)
ZONED = r"[T\s].*(?:Z|[+-]\d\d(?::?\d\d)?)$"
EXACT = 2.0**53  # from here on a float skips whole numbers
TRUE = ("true", "t", "yes", "y", "1", "1.0", "是")
FALSE = ("false", "f", "no", "n", "0", "0.0", "否")


def read_values(raw: pd.Series, kind: Kind, zone: str = "UTC") -> tuple[pd.Series, pd.Series]:
    """Read one foreign column.

    Parameters
    ----------
    raw
        Values of any type; blank text counts as missing.
    zone
        Time zone of moments that carry none.

    Returns
    -------
    values
        Same index, of the kind's type, missing where empty or unreadable.
    unreadable
        Boolean, same index: there was a value and it could not be read.
    """
    if kind is Kind.MOMENT and pd.api.types.is_datetime64_any_dtype(raw):
        values = _moments_to_naive_utc(raw, zone)
        return values, raw.notna() & values.isna()
    text = raw if pd.api.types.is_numeric_dtype(raw) and kind in _NUMERIC else _as_text(raw)
    values = _ids(raw, text) if kind is Kind.ID else _READERS[kind](text, zone)
    return values, text.notna() & values.isna()


def _as_text(raw: pd.Series) -> pd.Series:
    if pd.api.types.is_object_dtype(raw):
        raw = raw.map(_plain).astype(object)
    text = raw.astype(TEXT).str.strip()
    return text.where(text != "")


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False)
    return None if pd.api.types.is_scalar(value) and pd.isna(value) else value


def _ids(raw: pd.Series, text: pd.Series) -> pd.Series:
    """Whole numbers lose the `.0` that a column with gaps gives them; 318 and 318.0 are one id."""
    if pd.api.types.is_float_dtype(raw):
        whole = (raw == np.floor(raw)) & (raw.abs() < EXACT)
        return raw.where(whole).astype("Int64").astype(TEXT)
    gapped = text.str.contains(r"^-?\d+\.0+$", regex=True).fillna(False).astype(bool)
    return text.mask(gapped, text[gapped].str.replace(r"\.0+$", "", regex=True))


def _numbers(text: pd.Series, _zone: str) -> pd.Series:
    return pd.to_numeric(text, errors="coerce").astype("float64")


def _whole_numbers(text: pd.Series, zone: str) -> pd.Series:
    numbers = _numbers(text, zone)
    whole = (numbers == np.floor(numbers)) & (numbers.abs() < EXACT)
    return numbers.where(whole).astype("Int64")


def _flags(text: pd.Series, _zone: str) -> pd.Series:
    lower = text.str.lower()
    return lower.isin(TRUE).where(lower.isin(TRUE + FALSE)).astype("boolean")


def _moments(text: pd.Series, zone: str) -> pd.Series:
    # Pandas gives a moment without a zone that of the moment before it, so they are read apart.
    has_zone = text.str.contains(ZONED, regex=True).fillna(False).astype(bool)
    wall, exact = _read_moments(text[~has_zone]), _read_moments(text[has_zone])
    if zone != "UTC":
        wall = _moments_to_naive_utc(wall, zone)
    moments: pd.Series = pd.concat([wall, exact]).reindex(text.index)
    return moments


def _read_moments(text: pd.Series) -> pd.Series:
    """Return naive moments; those with a zone in UTC."""
    moments = pd.Series(pd.NaT, index=text.index, dtype="datetime64[us]")
    for form in MOMENT_FORMATS:
        rest = text[text.notna() & moments.isna()]
        if rest.empty:
            return moments
        read = pd.to_datetime(rest.astype(object), format=form, utc=True, errors="coerce")
        moments = moments.fillna(read.dt.tz_localize(None).dt.as_unit("us"))
    rest = text[text.notna() & moments.isna()]
    read_far: pd.Series = moments.fillna(rest.map(_far).astype("datetime64[us]"))
    return read_far


def _far(text: str) -> datetime | None:
    """Read a moment beyond the years pandas reads, so that a contract can say what is wrong."""
    try:
        moment = naive(datetime.fromisoformat(text.replace("/", "-")))
    except (ValueError, OverflowError):
        return None
    return None if pd.Timestamp.min.year < moment.year < pd.Timestamp.max.year else moment


def _moments_to_naive_utc(moments: pd.Series, zone: str) -> pd.Series:
    """Moments that a clock change makes ambiguous or impossible come back missing."""
    if moments.dt.tz is None:
        moments = moments.dt.tz_localize(zone, ambiguous="NaT", nonexistent="NaT")
    known: pd.Series = moments.dt.tz_convert("UTC").dt.tz_localize(None).dt.as_unit("us")
    return known


_NUMERIC = (Kind.NUMBER, Kind.WHOLE)
_READERS: dict[Kind, Callable[[pd.Series, str], Any]] = {
    Kind.TEXT: lambda text, _zone: text,
    Kind.JSON: lambda text, _zone: text,
    Kind.NUMBER: _numbers,
    Kind.WHOLE: _whole_numbers,
    Kind.FLAG: _flags,
    Kind.MOMENT: _moments,
}
