"""Idempotency: what a call under a key is told, the first time and every time after."""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta

from features.errors import InputError
from service.errors import TryLaterError


@dataclass(frozen=True, slots=True)
class IdempotencyPolicy:
    """How long keys are known.

    Attributes
    ----------
    keep
        A finished call is answered again for so long; after that its key is new.
    in_flight
        A call that has not finished after so long is taken for dead, and its key is free again.
        No call of ours takes a tenth of it.
    """

    keep: timedelta = timedelta(hours=24)
    in_flight: timedelta = timedelta(seconds=60)


POLICY = IdempotencyPolicy()


class KeyReusedError(InputError):
    """An idempotency key came again with another request."""

    code = "idempotency-key-reused"


class InFlightError(TryLaterError):
    """The first call under this idempotency key has not finished."""

    code = "idempotency-in-flight"


@dataclass(frozen=True, slots=True)
class Call:
    """One request under a key.

    Attributes
    ----------
    caller_id
        The API key, or the user of the session: keys of different callers never meet.
    route
        Method and path.
    digest
        Names the rest of the request: query and body, byte for byte.
    """

    caller_id: str
    route: str
    key: str
    digest: str


@dataclass(frozen=True, slots=True)
class Answer:
    """A response as it left the first time."""

    status: int
    headers: Mapping[str, str]
    body: bytes = field(repr=False)


@dataclass(frozen=True, slots=True)
class Claim:
    """The right to make a call; `token` tells it from a later claim on the same key."""

    call: Call
    token: str


def digest(query: bytes, body: bytes) -> str:
    """Return the name of a request's content."""
    return hashlib.sha256(query + b"\n" + body).hexdigest()
