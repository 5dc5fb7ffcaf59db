"""The values an event is made of; each is refused here if the lake would not take it."""

import re
from datetime import UTC, datetime
from typing import Annotated, Any

from pydantic import (
    AfterValidator,
    AwareDatetime,
    BeforeValidator,
    Field,
    Strict,
    StringConstraints,
    ValidationInfo,
)

from service.events.limits import LIMITS

NOW = "now"  # the key in pydantic's context under which the moment of acceptance is given
_ISO_TEXT = re.compile(r"\d{4}-\d{2}-\d{2}[Tt ]\d{2}:\d{2}")


def _iso_text(raw: Any) -> Any:
    """Take nothing but ISO 8601: a bare number may mean seconds or milliseconds."""
    if isinstance(raw, datetime) or (isinstance(raw, str) and _ISO_TEXT.match(raw)):
        return raw
    raise ValueError("is not an ISO 8601 date-time")


def _believable(moment: datetime, info: ValidationInfo) -> datetime:
    if moment < LIMITS.earliest:
        raise ValueError(f"is before {LIMITS.earliest:%Y-%m-%d}")
    now = (info.context or {}).get(NOW)
    if now is not None and moment > now + LIMITS.ahead:
        raise ValueError("lies in the future")
    return moment.astimezone(UTC)


def _printable(text: str) -> str:
    if not text.isprintable():
        raise ValueError("holds a character that cannot be printed")
    return text


Moment = Annotated[
    AwareDatetime, Strict(False), BeforeValidator(_iso_text), AfterValidator(_believable)
]
Id = Annotated[
    str,
    StringConstraints(strip_whitespace=True, min_length=1, max_length=LIMITS.id_length),
    AfterValidator(_printable),
]
Text = Annotated[
    str,
    StringConstraints(max_length=LIMITS.text_length, pattern=r"^[^\x00-\x1f\x7f]*$"),
]
Quantity = Annotated[float, Field(ge=-LIMITS.quantity, le=LIMITS.quantity)]
Amount = Annotated[float, Field(ge=-LIMITS.amount, le=LIMITS.amount)]
Property = Text | bool | Annotated[int, Field(ge=-(2**53), le=2**53)] | float | None
