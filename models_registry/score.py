"""The score: one object for every path it is given on."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Literal

Lang = Literal["en", "zh-CN"]


class Status(StrEnum):
    """How far a score can be trusted; never hidden."""

    OK = "ok"
    COLD_START = "cold_start"
    STALE = "stale"
    UNKNOWN_CUSTOMER = "unknown_customer"


@dataclass(frozen=True, slots=True)
class Reason:
    """One explained contribution.

    Attributes
    ----------
    code
        Stable identifier of the reason, for machines; today the feature's name in upper case.
    value, typical
        The customer's value and what is usual; None where missing.
    contribution
        Exact TreeSHAP share of the raw margin, in the margin's unit: of the feature and of the
        near-duplicates it speaks for.
    direction
        Whether it raises or lowers the scored value.
    actionable
        Whether a shop can influence it.
    text
        A sentence a shop guide understands, in the language asked for.
    """

    code: str
    feature: str
    value: float | str | None
    typical: float | str | None
    contribution: float
    direction: Literal["raises", "lowers"]
    actionable: bool
    text: str


@dataclass(frozen=True, slots=True)
class Interval:
    """A range that holds the outcome with probability `level`."""

    low: float
    high: float
    level: float


@dataclass(frozen=True, slots=True)
class Category:
    """One category and the probability that the next basket holds it."""

    category: str
    probability: float


@dataclass(frozen=True, slots=True)
class Score:
    """What one model says of one customer or lead at one moment.

    Attributes
    ----------
    as_of
        The moment the features describe; None for an unknown customer.
    value
        Calibrated: a probability, days or money. None for an unknown customer.
    percentile
        Share (0 to 100) of the model's reference population at or below `value`.
    band
        Fixed cut of a calibrated probability; None for days and money.
    baseline
        What the simple rule the model had to beat says for the same row.
    categories
        Most likely categories of the next basket; only from `next_purchase`.
    """

    customer_id: str | None
    lead_id: str | None
    model: str
    model_version: str
    feature_service: str
    as_of: datetime | None
    scored_at: datetime
    horizon_days: int | None
    value: float | None
    percentile: float | None
    band: str | None
    interval: Interval | None
    status: Status
    baseline: float | None
    reasons: tuple[Reason, ...] = ()
    categories: tuple[Category, ...] = ()
