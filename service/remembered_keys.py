"""Keys as last read: a look-up for each request would cost more than what most requests ask."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from threading import Lock

import structlog

from features.errors import ShukeError
from service.keys import POLICY, KeyPolicy, is_noted
from service.repository.records import Records
from service.repository.rows import ApiKey

_log = structlog.get_logger("shuke.keys")


@dataclass(frozen=True, slots=True)
class _Read:
    """A key, until when it counts, and the state of the keys it was read in."""

    key: ApiKey
    until: float
    state: object


class RememberedKeys:
    """Gives keys by id, each read anew after a short while.

    A change of keys made through the same `Records` is seen at once, one of another process after
    `KeyPolicy.remembered`. Only keys there are take room: an id nobody has is looked up each time,
    so that a new key holds at once.
    """

    def __init__(
        self,
        records: Records,
        policy: KeyPolicy = POLICY,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._records = records
        self._policy = policy
        self._monotonic = monotonic
        self._read: dict[str, _Read] = {}
        self._noted: dict[str, datetime] = {}
        self._noting = Lock()

    def recall(self, key_id: str) -> ApiKey | None:
        """Return a key that was read shortly before; None if it has to be read."""
        return self._recalled(key_id, self._records.state_of_keys, self._monotonic())

    def get(self, key_id: str) -> ApiKey | None:
        """Return a key, also an expired or revoked one; None if there is none."""
        # Both are taken before the read: a change or a pause during it makes it old.
        state, began = self._records.state_of_keys, self._monotonic()
        if (known := self._recalled(key_id, state, began)) is not None:
            return known
        with self._records.transaction(read_only=True) as work:
            key = work.keys.get(key_id)
        if key is None:
            self._read.pop(key_id, None)
        else:
            until = began + self._policy.remembered.total_seconds()
            self._read[key_id] = _Read(key, until, state)
        return key

    def is_noted(self, key: ApiKey, at: datetime) -> bool:
        """Say whether `note_use` has nothing to write."""
        last = self._noted.get(key.key_id)
        lately = last is not None and at - last < self._policy.noted_every
        return lately or is_noted(key, at, self._policy)

    def note_use(self, key: ApiKey, at: datetime) -> None:
        """Note that a key was used, unless a use was noted not long ago."""
        if is_noted(key, at, self._policy) or not self._is_first(key.key_id, at):
            return
        try:
            with self._records.transaction() as work:
                work.keys.note_use(key.key_id, at, at - self._policy.noted_every)
        except ShukeError as error:  # reading goes on while nobody can write
            _log.warning("use of a key not noted", error=str(error))

    def _recalled(self, key_id: str, state: object, now: float) -> ApiKey | None:
        known = self._read.get(key_id)
        fresh = known is not None and known.state is state and now < known.until
        return known.key if known is not None and fresh else None

    def _is_first(self, key_id: str, at: datetime) -> bool:
        """Say whether no other thread notes this use; the record tells it only later."""
        with self._noting:
            last = self._noted.get(key_id)
            first = last is None or at - last >= self._policy.noted_every
            if first:
                self._noted[key_id] = at
            return first
