"""Columns of the lake: their kinds, their types and what a true value may be."""

import json
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd
import pandera.pandas as pa

from features.clock import naive, now


@dataclass(frozen=True)
class Limits:
    """What no true row exceeds.

    Attributes
    ----------
    earliest
        Oldest moment an event may carry (naive UTC); older ones are placeholders such as 1970.
    earliest_birth
        Oldest birthday believed.
    ahead
        How far in the future an event may lie, for clocks that run fast.
    """

    earliest: datetime = datetime(1990, 1, 1)  # noqa: DTZ001 - the lake stores naive UTC
    earliest_birth: datetime = datetime(1900, 1, 1)  # noqa: DTZ001
    ahead: timedelta = timedelta(days=1)


LIMITS = Limits()


class Kind(StrEnum):
    """How a column is read from foreign values."""

    ID = "id"
    TEXT = "text"
    JSON = "json"
    NUMBER = "number"
    WHOLE = "whole"
    FLAG = "flag"
    MOMENT = "moment"


TEXT = pd.StringDtype("pyarrow")
DTYPES: dict[Kind, Any] = {
    Kind.ID: TEXT,
    Kind.TEXT: TEXT,
    Kind.JSON: TEXT,
    Kind.NUMBER: "float64",
    Kind.WHOLE: "Int64",
    Kind.FLAG: "boolean",
    Kind.MOMENT: "datetime64[us]",
}


def column(kind: Kind, *checks: pa.Check, required: bool = False, default: Any = None) -> pa.Column:
    """Describe a column; without `required` or a default it may be empty."""
    return pa.Column(
        DTYPES[kind],
        checks=list(checks),
        nullable=not required and default is None,
        default=default,
        coerce=True,
        metadata={"kind": kind},
    )


def id_(*, required: bool = False) -> pa.Column:
    """Describe a column of identifiers."""
    return column(Kind.ID, required=required)


def text(*, required: bool = False) -> pa.Column:
    """Describe a column of free text."""
    return column(Kind.TEXT, required=required)


def one_of(*values: str) -> pa.Column:
    """Describe a column that holds one of a few words."""
    error = f"is not one of {', '.join(values)}"
    return column(Kind.TEXT, pa.Check(lambda s: s.isin(values), error=error), required=True)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def json_object() -> pa.Column:
    """Describe a column of JSON objects, stored as text."""
    error = "is not a JSON object"
    return column(Kind.JSON, pa.Check(lambda s: s.map(_is_object).astype(bool), error=error))


def number(*checks: pa.Check, required: bool = False, default: float | None = None) -> pa.Column:
    """Describe a column of finite numbers."""
    finite = pa.Check(np.isfinite, error="is not finite")
    return column(Kind.NUMBER, finite, *checks, required=required, default=default)


def moment(
    *, required: bool = False, earliest: datetime = LIMITS.earliest, past: bool = True
) -> pa.Column:
    """Describe a column of moments (naive UTC), by default of things that already happened."""
    checks = [pa.Check(lambda s: s >= earliest, error=f"is before {earliest:%Y-%m-%d}")]
    if past:
        checks.append(
            pa.Check(lambda s: s <= naive(now() + LIMITS.ahead), error="lies in the future")
        )
    return column(Kind.MOMENT, *checks, required=required)


NOT_NEGATIVE = pa.Check(lambda s: s >= 0, error="is negative")


def price_check(amount: str) -> pa.Check:
    """Check that `amount` has the sign of `quantity`: a return takes goods and money back."""

    def agrees(frame: pd.DataFrame) -> pd.Series:
        quantity, money = frame["quantity"], frame[amount]
        same_sign = (quantity * money >= 0) & ((quantity != 0) | (money >= 0))
        return same_sign | quantity.isna() | money.isna()

    return pa.Check(agrees, name=amount, error="is a negative price", ignore_na=False)
