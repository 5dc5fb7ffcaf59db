"""Cursors: where the next page begins, as one opaque word bound to its query."""

import base64
import binascii
import hashlib
import json
from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from pydantic import BaseModel, ConfigDict, ValidationError

from features.clock import utc
from features.errors import InputError
from service.predicates.tree import Kind, Plain

_MAX_LENGTH = 2_000
_MARK_LENGTH = 12
_MISSING = "-"


class BadCursorError(InputError):
    """A cursor was not made by this query."""

    code = "bad-cursor"


class _Payload(BaseModel):
    model_config = ConfigDict(extra="forbid", strict=True)

    query: str
    after: list[str | float]


def encode(after: tuple[str | float | datetime, ...], query: Mapping[str, object]) -> str:
    """Return the cursor of the page that begins after the row at `after`.

    Parameters
    ----------
    after
        Sort key of the last row given; moments are aware.
    query
        The filters and order the cursor belongs to; another query refuses it.
    """
    payload = {"query": _mark(query), "after": list(after)}
    text = json.dumps(payload, separators=(",", ":"), default=datetime.isoformat)
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def decode(
    cursor: str, query: Mapping[str, object], kinds: tuple[type[str | float | datetime], ...]
) -> tuple[Any, ...]:
    """Return the sort key a cursor holds, one value of each of `kinds`.

    Parameters
    ----------
    kinds
        The types of the sort key's values, in order: str, float or datetime (aware).

    Raises
    ------
    BadCursorError
        If the text is not a cursor, or was made by a query with other filters or another order.
    """
    payload = _payload(cursor)
    if payload.query != _mark(query):
        raise _bad("The cursor belongs to a query with other filters or another order")
    if len(payload.after) != len(kinds):
        raise _bad("The cursor cannot be read")
    return tuple(_value(value, kind) for value, kind in zip(payload.after, kinds, strict=True))


def _payload(cursor: str) -> _Payload:
    if len(cursor) > _MAX_LENGTH:
        raise _bad("The cursor cannot be read")
    try:
        padded = cursor + "=" * (-len(cursor) % 4)
        return _Payload.model_validate_json(base64.b64decode(padded, altchars=b"-_", validate=True))
    except (binascii.Error, ValidationError, ValueError) as error:
        raise _bad("The cursor cannot be read") from error


def _value(value: str | float, kind: type[str | float | datetime]) -> str | float | datetime:
    if kind is datetime and isinstance(value, str):
        return _moment(value)
    # No id holds a NUL, and PostgreSQL takes none.
    if not isinstance(value, kind) or (isinstance(value, str) and "\x00" in value):
        raise _bad("The cursor cannot be read")
    return value


def _moment(text: str) -> datetime:
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo is not None:
            return utc(moment)
    except (ValueError, OverflowError) as error:
        raise _bad("The cursor cannot be read") from error
    raise _bad("The cursor cannot be read")


_READ: Mapping[Kind, Callable[[str], Plain]] = {
    Kind.NUMBER: float,
    Kind.TEXT: str,
    Kind.MOMENT: _moment,
}


def _mark(query: Mapping[str, object]) -> str:
    text = json.dumps(query, sort_keys=True, default=str)
    return hashlib.sha256(text.encode()).hexdigest()[:_MARK_LENGTH]


def place(value: Plain | None) -> str:
    """Return a sort value as one word of a cursor, missing or not."""
    if value is None:
        return _MISSING
    return f"={value.isoformat() if isinstance(value, datetime) else value}"


def placed(word: str, kind: Kind) -> Plain | None:
    """Return the sort value that `place` made a word of.

    Raises
    ------
    BadCursorError
    """
    if word == _MISSING:
        return None
    try:
        return _READ[kind](word.removeprefix("="))
    except ValueError as error:
        raise _bad("The cursor cannot be read") from error


def _bad(what: str) -> BadCursorError:
    return BadCursorError(
        what,
        where="cursor",
        todo="Leave the cursor out to begin at the first page, or pass next_cursor unchanged"
        " together with the same filters.",
    )
