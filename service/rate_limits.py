"""Rate limits: how often a key may call, and how often an address may try keys.

A moving window: at no moment were there more calls in the seconds before it than allowed.
"""

import time
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import IPv6Address, IPv6Network, ip_address
from math import ceil

import structlog
from limits import RateLimitItem, RateLimitItemPerSecond
from limits.errors import ConfigurationError, StorageError
from limits.storage import Storage, storage_from_string
from limits.strategies import MovingWindowRateLimiter

from features.errors import InputError
from service.errors import TryLaterError
from service.rate_windows import Windows

_IPV6_SITE = 64  # bits of an address that name a site; the rest is the guest's to choose

_log = structlog.get_logger("shuke.limits")


@dataclass(frozen=True, slots=True)
class RatePolicy:
    """How many calls are enough.

    Attributes
    ----------
    calls, seconds
        Calls of one key in a window of so many seconds.
    attempts, attempt_seconds
        The same for one address and keys not known to be right: a key counts here once after each
        start, a guess every time.
    patience
        Seconds the shared store may take to answer.
    rest
        After a failure of the shared store this process counts alone for so many seconds.
    forgotten_every
        Seconds after which keys and addresses that are quiet take no more room in memory.
    drift
        Seconds the clock may leave the monotonic one before it is taken to have been set.
    """

    calls: int = 5_000
    seconds: int = 10
    attempts: int = 30
    attempt_seconds: int = 60
    patience: float = 0.25
    rest: float = 5.0
    forgotten_every: float = 60.0
    drift: float = 2.0


RATES = RatePolicy()


class TooManyRequestsError(TryLaterError):
    """The limit of a key or an address is used up."""

    code = "too-many-requests"


@dataclass(frozen=True, slots=True)
class Standing:
    """Where a key stands: calls allowed in a window, calls left, seconds until one comes back."""

    policy: RatePolicy
    left: int
    reset: int


def _ahead() -> float:
    """Return how far the clock is ahead of the monotonic one; it changes when the clock is set."""
    return time.time() - time.monotonic()


class RateLimits:
    """Counts calls.

    Parameters
    ----------
    url
        Where several processes count together: ``redis://host:port/db``. Empty counts in memory,
        each process for itself.

    Notes
    -----
    A limit protects the service; it must not end it. While the shared store fails, each process
    counts for itself; when the clock of the machine is set, it begins to count anew.
    """

    def __init__(
        self,
        url: str = "",
        policy: RatePolicy = RATES,
        monotonic: Callable[[], float] = time.monotonic,
        ahead: Callable[[], float] = _ahead,
    ) -> None:
        self._policy = policy
        self._monotonic = monotonic
        self._own = MovingWindowRateLimiter(Windows(self._policy.forgotten_every))
        self._ahead = ahead
        self._was_ahead = ahead()
        self._shared = _shared(url, self._policy) if url else None
        self._alone_until = 0.0
        self._calls = RateLimitItemPerSecond(self._policy.calls, self._policy.seconds, "calls")
        self._attempts = RateLimitItemPerSecond(
            self._policy.attempts, self._policy.attempt_seconds, "attempts"
        )

    @property
    def shared(self) -> bool:
        """Whether counting asks another server, which takes time."""
        return self._shared is not None

    def call(self, key_id: str) -> Standing:
        """Count a call of a key that holds, and say where it stands.

        Raises
        ------
        TooManyRequestsError
        """
        left, reset = self._count(self._calls, key_id)
        if left < 0:
            raise _too_many("This key has made too many requests", key_id, reset)
        return Standing(self._policy, left, reset)

    def attempt(self, address: str) -> None:
        """Count an attempt with a key not known to be right.

        Raises
        ------
        TooManyRequestsError
        """
        site = site_of(address)
        left, reset = self._count(self._attempts, site)
        if left < 0:
            raise _too_many("Too many keys were tried from this address", site, reset)

    def _count(self, item: RateLimitItem, who: str) -> tuple[int, int]:
        """Return how many are left, -1 if this one was too many, and seconds to the next."""
        if self._shared is not None and self._monotonic() >= self._alone_until:
            try:
                return _counted(self._shared, item, who)
            except StorageError as error:
                self._alone_until = self._monotonic() + self._policy.rest
                _log.warning("the shared rate limits do not answer", error=str(error))
        return _counted(self._steady(), item, who)

    def _steady(self) -> MovingWindowRateLimiter:
        """Return what counts in memory; its windows are of the clock, which may be set.

        Set back by an hour, a window would not end for an hour.
        """
        ahead = self._ahead()
        if abs(ahead - self._was_ahead) > self._policy.drift:
            self._own = MovingWindowRateLimiter(Windows(self._policy.forgotten_every))
            _log.warning(
                "the clock was set; calls are counted anew", seconds=ahead - self._was_ahead
            )
        self._was_ahead = ahead
        return self._own


def site_of(address: str) -> str:
    """Return what counts as one address: all of a version 6 site, as one guest has all of it."""
    try:
        parsed = ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, IPv6Address):
        if parsed.ipv4_mapped is not None:
            return str(parsed.ipv4_mapped)
        return str(IPv6Network((int(parsed), _IPV6_SITE), strict=False))
    return str(parsed)


def _counted(limiter: MovingWindowRateLimiter, item: RateLimitItem, who: str) -> tuple[int, int]:
    passed = limiter.hit(item, who)
    stats = limiter.get_window_stats(item, who)
    reset = max(1, min(ceil(stats.reset_time - time.time()), item.get_expiry()))
    return (max(0, stats.remaining) if passed else -1), reset


def _shared(url: str, policy: RatePolicy) -> MovingWindowRateLimiter:
    try:
        storage = storage_from_string(
            url,
            wrap_exceptions=True,
            socket_timeout=policy.patience,
            socket_connect_timeout=policy.patience,
        )
    except (ConfigurationError, ValueError) as error:
        raise _bad_url(str(error)) from error
    if not isinstance(storage, Storage):
        raise _bad_url("an asynchronous store")
    return MovingWindowRateLimiter(storage)


def _bad_url(why: str) -> InputError:
    return InputError(
        f"The store of the rate limits cannot be used: {why}",
        where="SHUKE_RATE_LIMIT_URL",
        todo="Give redis://host:port/db with the `redis` extra installed, or leave it empty.",
    )


def _too_many(what: str, where: str, after: int) -> TooManyRequestsError:
    todo = f"Wait {after} seconds; many ids or events fit into one request."
    return TooManyRequestsError(what, where=where, todo=todo, after=after)
