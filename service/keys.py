"""API keys: made once, stored as a hash, checked on every request."""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from features.errors import InputError, ShukeError
from service.crm.permissions import Role, Scope
from service.repository.rows import ApiKey

__all__ = ["Scope"]

_PREFIX = "shuke"
_ID_BYTES = 8
_SECRET_BYTES = 32


@dataclass(frozen=True, slots=True)
class KeyPolicy:
    """How keys are stored, and what of them is kept in memory.

    Attributes
    ----------
    hash_rounds, hash_kib
        Cost of Argon2. A password needs more; 32 random bytes cannot be guessed however quickly,
        and whoever tries keys in vain must not cost the service a tenth of a second and 64 MiB.
    remembered
        How long a key counts as last read: in other processes a revoked one holds at most so long.
    noted_every
        How often a use is noted, for the list of keys.
    """

    hash_rounds: int = 1
    hash_kib: int = 1_024
    remembered: timedelta = timedelta(seconds=2)
    noted_every: timedelta = timedelta(minutes=1)


POLICY = KeyPolicy()


class KeyRejectedError(InputError):
    """No key was given, or it does not hold."""

    code = "unauthorized"


class ScopeMissingError(ShukeError):
    """The key holds but may not do this."""

    code = "forbidden"


@dataclass(frozen=True, slots=True)
class NewKey:
    """A key just made; `clear` is shown once and stored nowhere."""

    clear: str = field(repr=False)
    record: ApiKey


def create(
    name: str,
    scopes: Iterable[Scope],
    now: datetime,
    expires_at: datetime | None = None,
    *,
    role: Role = Role.SERVICE,
    store_ids: Iterable[str] = (),
    staff_id: str | None = None,
) -> NewKey:
    """Return a new key ``shuke_<key_id>_<secret>`` and the record to store.

    Parameters
    ----------
    name
        Who uses the key, for people who read the list of keys.
    role, store_ids, staff_id
        Whose rows the key sees; see `service.crm.permissions.Viewer`.
    """
    record = ApiKey(
        key_id="",
        hash="",
        scopes=frozenset(scope.value for scope in scopes),
        name=name,
        created_at=now,
        expires_at=expires_at,
        role=role.value,
        store_ids=frozenset(store_ids),
        staff_id=staff_id,
    )
    return _with_secret(record)


def successor(key: ApiKey, now: datetime) -> NewKey:
    """Return a new key that may do and see what `key` does, and expires when it would have."""
    return _with_secret(replace(key, created_at=now, last_used_at=None))


def is_noted(key: ApiKey, now: datetime, policy: KeyPolicy = POLICY) -> bool:
    """Say whether a use at `now` is close enough to the last one noted."""
    return key.last_used_at is not None and now - key.last_used_at < policy.noted_every


def _with_secret(record: ApiKey) -> NewKey:
    key_id, secret = secrets.token_hex(_ID_BYTES), secrets.token_urlsafe(_SECRET_BYTES)
    record = replace(record, key_id=key_id, hash=_hasher().hash(secret))
    return NewKey(f"{_PREFIX}_{key_id}_{secret}", record)


class Verifier:
    """Checks keys; remembers which secrets were right, so Argon2 is paid once for each key.

    Only the digest of a secret is remembered, bound to the stored hash it matched. Expiry and
    revocation are read from the record on every call.
    """

    def __init__(self) -> None:
        self._right: dict[str, bytes] = {}

    def verify(self, key: str, lookup: Callable[[str], ApiKey | None], now: datetime) -> ApiKey:
        """Return the record of a key that holds at `now`.

        Parameters
        ----------
        lookup
            Gives the record of a key id, None if there is none.

        Raises
        ------
        KeyRejectedError
            If the key is malformed, unknown, wrong, expired or revoked.
        """
        key_id, secret = _split(key)
        record = lookup(key_id)
        # Unknown and wrong are told apart for nobody.
        if record is None or not self._is_right(record, secret):
            raise _rejected("The key is not known", key_id)
        require_holding(record, now)
        return record

    def known(self, key: str, lookup: Callable[[str], ApiKey | None]) -> ApiKey | None:
        """Return the record of a key that was found right before, which costs no Argon2; or None.

        Whether it still holds is for `require_holding` to say.
        """
        parts = key.split("_", 2)
        record = lookup(parts[1]) if len(parts) == 3 else None
        if record is None or not self._remembers(record, _digest(record, parts[2])):
            return None
        return record

    def _remembers(self, record: ApiKey, digest: bytes) -> bool:
        return hmac.compare_digest(self._right.get(record.key_id, b""), digest)

    def _is_right(self, record: ApiKey, secret: str) -> bool:
        digest = _digest(record, secret)
        if self._remembers(record, digest):
            return True
        right = _hasher().verify(secret, record.hash)
        if right:
            self._right[record.key_id] = digest
        return right


def require_holding(record: ApiKey, now: datetime) -> None:
    """Raise KeyRejectedError if a right key is revoked or expired."""
    if record.revoked_at is not None and record.revoked_at <= now:
        raise _rejected("The key was revoked", record.key_id)
    if record.expires_at is not None and record.expires_at <= now:
        raise _rejected("The key has expired", record.key_id)


def _digest(record: ApiKey, secret: str) -> bytes:
    return hashlib.sha256(f"{record.hash}|{secret}".encode()).digest()


def _split(key: str) -> tuple[str, str]:
    parts = key.split("_", 2)
    if len(parts) != 3 or parts[0] != _PREFIX or not all(parts):
        raise _rejected("The key is missing or malformed", "")
    return parts[1], parts[2]


def _rejected(what: str, where: str) -> KeyRejectedError:
    return KeyRejectedError(what, where=where, todo="Make one with `shuke keys create`.")


def _hasher() -> PasswordHash:
    cost = Argon2Hasher(POLICY.hash_rounds, POLICY.hash_kib, parallelism=1)
    return PasswordHash((cost,))
