"""Columns of the lake: their kinds, their types and what a true value may be."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

import numpy as np
import pandas as pd

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
IBIS_TYPES: dict[Kind, str] = {
    Kind.ID: "string",
    Kind.TEXT: "string",
    Kind.JSON: "string",
    Kind.NUMBER: "float64",
    Kind.WHOLE: "int64",
    Kind.FLAG: "boolean",
    Kind.MOMENT: "timestamp(6)",
}


@dataclass(frozen=True)
class Rule:
    """What a value, or a row, has to keep.

    Attributes
    ----------
    error
        What is said of one that does not.
    holds
        From values (or a frame of rows) without gaps to booleans on the same index.
    blamed
        Of a rule on rows: the column that a broken row is quarantined for.
    """

    error: str
    holds: Callable[[Any], Any]
    blamed: str = ""


@dataclass(frozen=True)
class Column:
    """The contract of one column.

    Attributes
    ----------
    required
        A source has to bring it and fill it.
    default
        What fills a gap; None leaves the gap.
    """

    kind: Kind
    rules: tuple[Rule, ...] = ()
    required: bool = False
    default: Any = None


def id_(*, required: bool = False) -> Column:
    """Describe a column of identifiers."""
    return Column(Kind.ID, required=required)


def text(*, required: bool = False) -> Column:
    """Describe a column of free text."""
    return Column(Kind.TEXT, required=required)


def one_of(*values: str) -> Column:
    """Describe a column that holds one of a few words."""
    rule = Rule(f"is not one of {', '.join(values)}", lambda s: s.isin(values))
    return Column(Kind.TEXT, (rule,), required=True)


def _is_object(text: str) -> bool:
    try:
        return isinstance(json.loads(text), dict)
    except ValueError:
        return False


def json_object() -> Column:
    """Describe a column of JSON objects, stored as text."""
    return Column(Kind.JSON, (Rule("is not a JSON object", lambda s: s.map(_is_object)),))


def number(*rules: Rule, required: bool = False, default: float | None = None) -> Column:
    """Describe a column of finite numbers."""
    return Column(Kind.NUMBER, (Rule("is not finite", np.isfinite), *rules), required, default)


def moment(
    *, required: bool = False, earliest: datetime = LIMITS.earliest, past: bool = True
) -> Column:
    """Describe a column of moments (naive UTC), by default of things that already happened."""
    rules = [Rule(f"is before {earliest:%Y-%m-%d}", lambda s: s >= earliest)]
    if past:
        rules.append(Rule("lies in the future", lambda s: s <= naive(now() + LIMITS.ahead)))
    return Column(Kind.MOMENT, tuple(rules), required)


NOT_NEGATIVE = Rule("is negative", lambda s: s >= 0)


def between(low: float, high: float) -> Rule:
    """Demand a value from `low` to `high`, both included."""
    return Rule(f"is not from {low:g} to {high:g}", lambda s: s.between(low, high))


def price_sign(amount: str) -> Rule:
    """Demand that `amount` has the sign of `quantity`: a return takes goods and money back."""

    def agrees(frame: pd.DataFrame) -> pd.Series:
        quantity, money = frame["quantity"], frame[amount]
        same_sign = (quantity * money >= 0) & ((quantity != 0) | (money >= 0))
        return same_sign | quantity.isna() | money.isna()

    return Rule("is a negative price", agrees, blamed=amount)


def order(earlier: str, later: str) -> Rule:
    """Demand that `later`, where there is one, is not before `earlier`."""

    def holds(frame: pd.DataFrame) -> pd.Series:
        return ~(frame[later] < frame[earlier])

    return Rule(f"is before {earlier}", holds, blamed=later)
