"""Passwords: hashed with Argon2, never kept."""

from dataclasses import dataclass
from functools import cache

from pwdlib import PasswordHash
from pwdlib.hashers.argon2 import Argon2Hasher

from features.errors import InputError


@dataclass(frozen=True, slots=True)
class PasswordPolicy:
    """What a password has to be; length is what makes it hard to guess."""

    at_least: int = 12
    at_most: int = 256


POLICY = PasswordPolicy()


def hashed(password: str, policy: PasswordPolicy = POLICY) -> str:
    """Return the hash of a new password.

    Raises
    ------
    InputError
        It is too short or too long.
    """
    if not policy.at_least <= len(password) <= policy.at_most:
        raise InputError(
            "The password is too short or too long",
            todo=f"Choose one of {policy.at_least} to {policy.at_most} characters.",
        )
    return _hasher().hash(password)


def matches(password: str, hash_: str | None) -> bool:
    """Say whether a password is the one hashed; for nobody's (None) it takes as long to say no."""
    right = _hasher().verify(password, hash_ or _nobodys())
    return right and hash_ is not None


@cache
def _nobodys() -> str:
    return _hasher().hash("the password of nobody")


def _hasher() -> PasswordHash:
    return PasswordHash((Argon2Hasher(),))
