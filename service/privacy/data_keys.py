"""The keys that seal contacts: from the environment, or from a file only its owner may read."""

import base64
import binascii
import hashlib
import hmac
import os
import secrets
from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from features.errors import InputError, StateError

FILE = "data.key"
_BYTES = 32
_NONCE = 12
_OWNER_ONLY = 0o600


class DataKeyMissingError(StateError):
    """Contacts were sealed with a key that is not there."""

    code = "data-key-missing"


@dataclass(frozen=True, slots=True)
class DataKey:
    """One key; for each use another key is derived from it."""

    secret: bytes = field(repr=False)

    @property
    def key_id(self) -> str:
        """Name of the key, which gives nothing of it away."""
        return self._derived(b"name").hex()[:16]

    def seal(self, value: str, place: str) -> bytes:
        """Return a value sealed for one place; moved to another place it cannot be opened."""
        nonce = secrets.token_bytes(_NONCE)
        return nonce + AESGCM(self._derived(b"seal")).encrypt(nonce, value.encode(), place.encode())

    def open(self, sealed: bytes, place: str) -> str:
        """Return what was sealed for a place.

        Raises
        ------
        DataKeyMissingError
            It was sealed with another key or for another place, or was changed.
        """
        try:
            cipher = AESGCM(self._derived(b"seal"))
            return cipher.decrypt(sealed[:_NONCE], sealed[_NONCE:], place.encode()).decode()
        except InvalidTag as error:
            raise missing(self.key_id) from error

    def lookup(self, kind: str, value: str) -> str:
        """Return the digest by which a value is found; without the key nobody can try values."""
        text = f"{kind}|{value}".encode()
        return hmac.new(self._derived(b"lookup"), text, hashlib.sha256).hexdigest()

    def written(self) -> str:
        """Return the key as text."""
        return base64.urlsafe_b64encode(self.secret).decode()

    def _derived(self, use: bytes) -> bytes:
        return hmac.new(self.secret, b"shuke/" + use, hashlib.sha256).digest()


@dataclass(frozen=True, slots=True)
class KeyRing:
    """All keys in use, the newest first: it seals, the others only open.

    They are read anew each time, so a running service knows a new key at once.

    Attributes
    ----------
    given
        Keys as text with commas between; empty takes those of `file`.
    """

    given: str = field(repr=False)
    file: Path

    @property
    def in_file(self) -> bool:
        """Whether the keys are ours to make and remove."""
        return not self.given

    def all(self) -> list[DataKey]:
        """Return every key, the newest first; the first is made if there is none."""
        if self.given:
            return [_read(text, "SHUKE_DATA_KEY") for text in self.given.split(",")]
        if not self.file.exists():
            self._write([_new()], replace=False)
        lines = self.file.read_text("utf-8").split()
        return [_read(text, str(self.file)) for text in lines]

    def add(self) -> None:
        """Put a new key before the others of the file."""
        self._write([_new(), *self.all()], replace=True)

    def keep(self, key_ids: Collection[str]) -> None:
        """Remove the keys of the file but the newest and these."""
        newest, *others = self.all()
        kept = [key for key in others if key.key_id in key_ids]
        if len(kept) < len(others):
            self._write([newest, *kept], replace=True)

    def _write(self, keys: Sequence[DataKey], *, replace: bool) -> None:
        self.file.parent.mkdir(parents=True, exist_ok=True)
        unfinished = self.file.with_name(f".{self.file.name}-{secrets.token_hex(4)}")
        handle = os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, _OWNER_ONLY)
        try:
            with os.fdopen(handle, "w", encoding="utf-8") as file:
                file.write("".join(f"{key.written()}\n" for key in keys))
                file.flush()
                os.fsync(file.fileno())
            if replace:
                unfinished.replace(self.file)
            else:
                _link(unfinished, self.file)
        finally:
            unfinished.unlink(missing_ok=True)


def missing(key_id: str) -> DataKeyMissingError:
    """Return the error for a contact whose key is not there."""
    return DataKeyMissingError(
        "A contact cannot be read: its key is missing, or it was changed",
        where=f"data key {key_id}",
        todo="Put the key back into SHUKE_DATA_KEY or data.key; without it nobody can read it.",
    )


def _link(made: Path, target: Path) -> None:
    """Give a file its name unless another process was first."""
    try:
        os.link(made, target)
    except FileExistsError:
        return


def _new() -> DataKey:
    return DataKey(secrets.token_bytes(_BYTES))


def _read(text: str, where: str) -> DataKey:
    try:
        secret = base64.urlsafe_b64decode(text.strip())
    except (binascii.Error, ValueError):
        secret = b""
    if len(secret) != _BYTES:
        raise InputError(
            "This is no data key",
            where=where,
            todo=f"Give {_BYTES} random bytes as URL-safe base64; several with commas between.",
        )
    return DataKey(secret)
