"""Idempotency: what a call under a key is told, the first time and every time after."""

import hashlib
import uuid
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from features.clock import utc
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
_IDS = uuid.UUID("5a1de6c2-7c53-4d1c-9f5e-0b1f6f2f7d11")


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
    """The right to make a call.

    Attributes
    ----------
    token
        Tells it from a later claim on the same key.
    until
        When the key is new again.
    """

    call: Call
    token: str
    until: datetime

    def new_id(self) -> str:
        """Return an id for what the call makes: the same for every attempt under its key.

        So an attempt that wrote and died before it was answered is not done twice.
        """
        call, until = self.call, int(utc(self.until).timestamp())
        told = (call.caller_id, call.route, call.key, call.digest, str(until))
        return str(uuid.uuid5(_IDS, "\n".join(told)))


def digest(query: bytes, body: bytes) -> str:
    """Return the name of a request's content."""
    return hashlib.sha256(query + b"\n" + body).hexdigest()
