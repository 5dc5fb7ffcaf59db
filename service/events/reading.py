"""Events in and out of JSON: refused one by one with a reason, kept in one canonical form."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache
from typing import Any

import orjson
from pydantic import TypeAdapter, ValidationError

from service.events.event import Event
from service.events.limits import LIMITS
from service.events.values import NOW

_TAG_ERRORS = ("union_tag_invalid", "union_tag_not_found")
_OURS = "Value error, "


@dataclass(frozen=True, slots=True)
class Refused:
    """One event that cannot be taken, and the first thing wrong with it.

    Attributes
    ----------
    index
        Its place in the call, from 0.
    event_id
        As it was given; None if it has none that can be repeated.
    field
        Path of the field, such as `lines.0.net_amount`; empty for the event as a whole.
    """

    index: int
    event_id: str | None
    field: str
    reason: str


@dataclass(frozen=True, slots=True)
class Checked:
    """A call divided: events with their place in it, and what was refused."""

    good: list[tuple[int, Event]]
    refused: list[Refused]


def check(raw: Sequence[Any], now: datetime) -> Checked:
    """Divide what a caller sent into events and what is none.

    Parameters
    ----------
    raw
        Values as parsed from JSON.
    now
        The moment of acceptance; what lies after it did not happen yet.
    """
    good: list[tuple[int, Event]] = []
    refused: list[Refused] = []
    for index, each in enumerate(raw):
        try:
            good.append((index, _adapter().validate_python(each, context={NOW: now})))
        except ValidationError as error:
            refused.append(_refused(index, each, error))
    return Checked(good, refused)


def canonical(event: Event) -> str:
    """Return the event as JSON: the same content gives the same text, however it was written."""
    said = event.model_dump(mode="json", exclude_defaults=True)
    return orjson.dumps(said, option=orjson.OPT_SORT_KEYS).decode()


def digest(body: str) -> str:
    """Return a name of a canonical event's content."""
    return hashlib.sha256(body.encode()).hexdigest()


def read(body: str) -> Event:
    """Return the event whose canonical form is `body`; ValueError if it is none."""
    return _adapter().validate_python(orjson.loads(body))


@cache
def _adapter() -> TypeAdapter[Event]:
    return TypeAdapter(Event)


def _refused(index: int, raw: Any, error: ValidationError) -> Refused:
    if not isinstance(raw, dict):
        return Refused(index, None, "", "is not an object")
    first = error.errors(include_url=False, include_input=False)[0]
    if first["type"] in _TAG_ERRORS:
        field, reason = "type", "is missing" if raw.get("type") is None else "is not known"
    else:
        # The first step is the tag of the union, not a name in the document.
        field = ".".join(str(step) for step in first["loc"][1:])
        reason = first["msg"].removeprefix(_OURS)
    return Refused(index, _repeatable(raw.get("event_id")), _sayable(field), _sayable(reason))


def _repeatable(event_id: Any) -> str | None:
    usable = isinstance(event_id, str) and len(event_id) <= LIMITS.id_length
    return event_id if usable and event_id.isprintable() else None


def _sayable(text: str) -> str:
    # A name the caller made up may hold half a character, which no answer can carry.
    return text.encode("utf-8", "replace").decode()[: LIMITS.text_length]
