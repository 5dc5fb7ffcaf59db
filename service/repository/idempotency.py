"""Calls made under an idempotency key, and what they were answered."""

import secrets
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from math import ceil

from sqlalchemy import ColumnElement, and_, delete, select, update
from sqlalchemy.orm import Session

from service.idempotency import (
    Answer,
    Call,
    Claim,
    IdempotencyPolicy,
    InFlightError,
    KeyReusedError,
)
from service.repository.rerunnable import as_row, insert_new
from service.repository.schema_idempotency import IdempotencyRow

_SECOND = timedelta(seconds=1)
_AT_ONCE = 500
_LONG_AGO = datetime(1970, 1, 1, tzinfo=UTC)
_ANY = ""  # the digest of a key that was given up


class Idempotency:
    """Keys and answers; within one transaction of the records."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def begin(self, call: Call, at: datetime, policy: IdempotencyPolicy) -> Claim | Answer:
        """Return the right to make a call, or the answer it was given before.

        Raises
        ------
        KeyReusedError
            The key was used for another request.
        InFlightError
            The first call has not finished, and may still do so.
        """
        claim = Claim(call, secrets.token_hex(8), at + policy.keep)
        fresh = {
            "digest": call.digest,
            "token": claim.token,
            "locked_until": at + policy.in_flight,
            "expires_at": claim.until,
            "status": None,
            "headers": None,
            "body": None,
        }
        if insert_new(self._session, IdempotencyRow, [as_row(call) | fresh]):
            return claim
        # The row's lock lets of two calls that find a dead one only the first take it over.
        known = select(IdempotencyRow).where(_is(call)).with_for_update()
        row = self._session.scalars(known.execution_options(populate_existing=True)).first()
        if row is None:  # purged or given free in this very moment
            return self.begin(call, at, policy)
        if row.expires_at > at:
            if row.digest not in (call.digest, _ANY):
                raise _reused(call)
            if row.status is not None:
                return _answer(row)
            # One locked for longer than any claim was locked by a clock that has gone back since.
            if at < row.locked_until <= at + policy.in_flight:
                raise _in_flight(call, row.locked_until - at)
            claim = replace(claim, until=row.expires_at)
            fresh |= {"expires_at": claim.until}
        self._session.execute(update(IdempotencyRow).where(_is(call)).values(fresh))
        return claim

    def finish(self, claim: Claim, answer: Answer) -> bool:
        """Keep an answer; False if the claim ran out and another call took the key."""
        kept = update(IdempotencyRow).where(_is(claim.call), IdempotencyRow.token == claim.token)
        values = kept.values(as_row(answer) | {"headers": dict(answer.headers)})
        return self._session.scalars(values.returning(IdempotencyRow.token)).first() is not None

    def answers_with(self, header: str) -> list[tuple[Call, Answer]]:
        """Return the kept answers that have a header, and the calls they answer."""
        kept = select(IdempotencyRow).where(IdempotencyRow.body.is_not(None))
        rows = self._session.scalars(kept.execution_options(yield_per=_AT_ONCE))
        return [(_call(row), _answer(row)) for row in rows if header in (row.headers or {})]

    def replace(self, call: Call, answer: Answer) -> None:
        """Keep an answer in the place of the one before."""
        values = as_row(answer) | {"headers": dict(answer.headers)}
        self._session.execute(update(IdempotencyRow).where(_is(call)).values(values))

    def give_up(self, claim: Claim) -> None:
        """Let the key be used anew, for another body too; the same one keeps its `new_id`."""
        ours = IdempotencyRow.token == claim.token
        free = update(IdempotencyRow).where(_is(claim.call), ours)
        self._session.execute(free.values(digest=_ANY, locked_until=_LONG_AGO))

    def forget(self, at: datetime) -> int:
        """Delete what has expired by `at`; return how many."""
        old = delete(IdempotencyRow).where(IdempotencyRow.expires_at <= at)
        return len(self._session.scalars(old.returning(IdempotencyRow.key)).all())


def _call(row: IdempotencyRow) -> Call:
    return Call(row.caller_id, row.route, row.key, row.digest)


def _answer(row: IdempotencyRow) -> Answer:
    return Answer(row.status or 0, dict(row.headers or {}), row.body or b"")


def _is(call: Call) -> ColumnElement[bool]:
    return and_(
        IdempotencyRow.caller_id == call.caller_id,
        IdempotencyRow.route == call.route,
        IdempotencyRow.key == call.key,
    )


def _reused(call: Call) -> KeyReusedError:
    return KeyReusedError(
        "The idempotency key was used for another request",
        where=call.key,
        todo="Send a request that differs under a new key; repeat one byte for byte.",
    )


def _in_flight(call: Call, left: timedelta) -> InFlightError:
    return InFlightError(
        "The first call under this idempotency key has not finished",
        where=call.key,
        todo="Repeat the same request after a moment; it is then answered as the first.",
        after=max(1, min(ceil(left / _SECOND), 5)),
    )
