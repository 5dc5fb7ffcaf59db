"""How webhooks are sent: what is tried when, and how long it is remembered."""

from dataclasses import dataclass
from datetime import timedelta

_SECOND, _HOUR = timedelta(seconds=1), timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class RetryPolicy:
    """When a delivery that failed is tried again.

    Attributes
    ----------
    first, factor, longest
        The first wait; each wait is so many times the one before, and never longer than this.
    attempts
        After so many attempts the delivery is dead: 12 waits, 68 to 81 hours in all.
    jitter
        The share of itself a wait grows by at most, so that what failed together comes back apart.
    """

    first: timedelta = 5 * _SECOND
    factor: float = 4.0
    longest: timedelta = 12 * _HOUR
    attempts: int = 13
    jitter: float = 0.2


@dataclass(frozen=True, slots=True)
class SendingPolicy:
    """Pace and patience of the sender.

    Attributes
    ----------
    timeout
        The whole of one attempt, from the look-up of the name to the status line.
    lease
        A delivery being tried is nobody else's for so long; many times `timeout`.
    at_once
        Deliveries of one endpoint tried at once.
    endpoints
        Endpoints served at once.
    rest
        An endpoint that did not answer at all is left alone for so long, so that one that is down
        does not hold up the others.
    poll
        Pause before the outbox is looked at again when nothing was due.
    pause
        Pause after a failure of the database.
    grace
        How long the old secret signs beside the new one after a rotation.
    keep
        How long deliveries that ended, and what they told, can be replayed.
    forget_every
        How often older ones are deleted.
    """

    retry: RetryPolicy = RetryPolicy()
    timeout: timedelta = 10 * _SECOND
    lease: timedelta = 120 * _SECOND
    at_once: int = 10
    endpoints: int = 20
    rest: timedelta = 60 * _SECOND
    poll: float = 1.0
    pause: float = 5.0
    grace: timedelta = 24 * _HOUR
    keep: timedelta = timedelta(days=30)
    forget_every: timedelta = _HOUR


POLICY = SendingPolicy()


def wait(attempts: int, chance: float, policy: RetryPolicy) -> timedelta | None:
    """Return how long to wait after so many failed attempts; None if it was the last.

    Parameters
    ----------
    attempts
        At least 1.
    chance
        In [0, 1): where within the jitter the wait falls.
    """
    if attempts >= policy.attempts:
        return None
    grown = policy.first
    for _ in range(attempts - 1):
        grown = min(grown * policy.factor, policy.longest)
    return min(grown, policy.longest) * (1 + policy.jitter * chance)
