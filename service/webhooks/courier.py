"""The courier: takes what is due from the outbox, sends it, and notes what came of it.

Any number of processes may run one: what one has taken is nobody else's until its lease ends. A
courier that dies after sending and before noting is followed by one that sends again, under the
same `webhook-id`.
"""

import random
import time
from collections.abc import Callable, Sequence
from datetime import datetime
from threading import Event

import structlog

from service.repository.outbox import Due
from service.repository.records import Records
from service.webhooks.policy import POLICY, SendingPolicy, wait
from service.webhooks.secrets import SecretBox
from service.webhooks.sending import Attempt, Outcome
from service.webhooks.signing import signed_headers

Send = Callable[[Sequence[Attempt]], list[Outcome]]

_GONE = 410

_log = structlog.get_logger("shuke.webhooks")


class Courier:
    """Delivers until it is told to stop, and forgets what is old.

    Parameters
    ----------
    send
        Makes attempts and returns what came of each, in order; never raises for one of them.
    allow_private
        Whether endpoints that may lie within the own network are sent to there.
    chance
        In [0, 1): where within its jitter a wait falls.
    """

    def __init__(
        self,
        records: Records,
        send: Send,
        clock: Callable[[], datetime],
        box: SecretBox,
        *,
        allow_private: bool,
        policy: SendingPolicy = POLICY,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self._records = records
        self._send = send
        self._clock = clock
        self._box = box
        self._allow_private = allow_private
        self._policy = policy
        self._chance = chance

    def run(self, stop: Event) -> None:
        """Work until `stop` is set."""
        policy, forgets_at = self._policy, time.monotonic()
        while not stop.is_set():
            try:
                if time.monotonic() >= forgets_at:
                    self.forget()
                    forgets_at = time.monotonic() + policy.forget_every.total_seconds()
                pause = 0.0 if self.deliver() else policy.poll
            except Exception as error:  # a courier outlives whatever its servers do
                _log.exception("webhooks wait", error=str(error))
                pause = policy.pause
            stop.wait(pause)

    def deliver(self) -> int:
        """Try once what is due now, and return how many deliveries that were."""
        at, policy = self._clock(), self._policy
        with self._records.transaction(read_only=True) as work:
            if not work.outbox.is_due(at):
                return 0
        with self._records.transaction() as work:
            due = work.outbox.claim(
                at, policy.lease, endpoints=policy.endpoints, at_once=policy.at_once
            )
        if due:
            outcomes = self._send([self._attempt(each, at) for each in due])
            self._note(list(zip(due, outcomes, strict=True)))
        return len(due)

    def forget(self) -> None:
        """Delete old deliveries, and idempotency keys that have expired."""
        at = self._clock()
        with self._records.transaction() as work:
            work.outbox.forget(at - self._policy.keep)
            work.idempotency.forget(at)

    def _attempt(self, due: Due, at: datetime) -> Attempt:
        endpoint = due.endpoint
        secrets = self._box.signing(endpoint, at)
        headers = signed_headers(secrets, due.event_id, due.body, at)
        private = endpoint.allow_private and self._allow_private
        return Attempt(endpoint.url, headers, due.body, private)

    def _note(self, tried: Sequence[tuple[Due, Outcome]]) -> None:
        at = self._clock()
        silent = {due.endpoint.endpoint_id for due, outcome in tried if outcome.status is None}
        gone = {due.endpoint.endpoint_id for due, outcome in tried if outcome.status == _GONE}
        with self._records.transaction() as work:
            for due, outcome in tried:
                if outcome.arrived and outcome.status is not None:
                    work.outbox.delivered(due, at, outcome.status)
                else:
                    self._failed(work.outbox.failed, due, outcome, at)
            work.endpoints.rest(silent, at + self._policy.rest)
            for endpoint_id in gone:
                work.endpoints.enable(endpoint_id, enabled=False)
        for endpoint_id in gone:
            _log.warning("endpoint is gone and was disabled", endpoint_id=endpoint_id)

    def _failed(
        self,
        note: Callable[[Due, datetime, int | None, str, datetime | None], bool],
        due: Due,
        outcome: Outcome,
        at: datetime,
    ) -> None:
        later = wait(due.attempts, self._chance(), self._policy.retry)
        error = outcome.error or "failed"
        note(due, at, outcome.status, error, None if later is None else at + later)
        _log.warning(
            "webhook not delivered",
            delivery_id=due.delivery_id,
            endpoint_id=due.endpoint.endpoint_id,
            attempt=due.attempts,
            error=error,
            dead=later is None,
        )
