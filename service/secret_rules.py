"""What a secret has to be before a service may start with it; pure."""

import stat
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import unquote, urlsplit

from features.errors import InputError
from service.privacy.data_keys import KeyRing

DEMO_KEY = "demo"
_OTHERS = stat.S_IRWXG | stat.S_IRWXO
_WITH_PASSWORD = ("redis", "rediss")


@dataclass(frozen=True, slots=True)
class SecretPolicy:
    """When a secret is none.

    Attributes
    ----------
    password_at_least
        Characters of a password of a server.
    password_distinct
        Different characters of it, so that one key held down is none.
    key_distinct
        Different bytes of a data key: of 32 random ones 26 to 32 differ.
    samples
        Parts of what documentation and samples write in the place of a secret.
    """

    password_at_least: int = 12
    password_distinct: int = 6
    key_distinct: int = 20
    samples: tuple[str, ...] = (
        "changeme",
        "change-me",
        "change_me",
        "changeit",
        "password",
        "passwort",
        "secret",
        "example",
        "default",
        "letmein",
        "postgres",
        "shuke",
        "qwerty",
        "123456",
    )


POLICY = SecretPolicy()


class WeakSecretError(InputError):
    """A secret is missing, a sample, or easy to guess: a service does not start with it."""

    code = "weak-secret"


@dataclass(frozen=True, slots=True)
class Weakness:
    """What is wrong with one secret; never the secret itself."""

    where: str
    why: str


def weak_urls(urls: Mapping[str, str], policy: SecretPolicy = POLICY) -> Iterator[Weakness]:
    """Yield what is wrong with the passwords in the URLs of servers, by setting.

    PostgreSQL may know its clients by other means than the URL; Redis knows none, so that it needs
    a password unless it answers this machine alone.
    """
    for where, url in urls.items():
        try:
            parts = urlsplit(url)
        except ValueError:  # whatever opens it says what is wrong with it
            continue
        password = unquote(parts.password or "")
        if password:
            why = _weak_password(password, unquote(parts.username or ""), policy)
        elif parts.scheme in _WITH_PASSWORD and not _is_here(parts.hostname or ""):
            why = "it has no password, and the server is on another machine"
        else:
            why = ""
        if why:
            yield Weakness(where, why)


def weak_keys(ring: KeyRing, policy: SecretPolicy = POLICY) -> Iterator[Weakness]:
    """Yield what is wrong with the data keys given, or with their file where it is there."""
    if ring.in_file and not ring.file.exists():
        return  # made when first needed, of random bytes
    if ring.in_file and stat.S_IMODE(ring.file.stat().st_mode) & _OTHERS:
        yield Weakness(str(ring.file), "others than its owner may read it: `chmod 600` it")
    where = str(ring.file) if ring.in_file else "SHUKE_DATA_KEY"
    for key in ring.all():
        if len(set(key.secret)) < policy.key_distinct or key.secret.isascii():
            yield Weakness(where, "a key in it is not random")


def require_strong(found: Iterable[Weakness]) -> None:
    """Raise WeakSecretError that names everything found, if anything was."""
    weak = list(found)
    if weak:
        raise WeakSecretError(
            "; ".join(f"{each.where}: {each.why}" for each in weak),
            where="secrets",
            todo="Set others, such as `openssl rand -base64 24` gives, or see docs/security.md.",
        )


def _weak_password(password: str, user: str, policy: SecretPolicy) -> str:
    lower = password.casefold()
    if lower == user.casefold() or any(sample in lower for sample in policy.samples):
        return "its password is a sample or the name of the user"
    if len(password) < policy.password_at_least:
        return f"its password has fewer than {policy.password_at_least} characters"
    if len(set(password)) < policy.password_distinct:
        return "its password repeats a few characters"
    return ""


def _is_here(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host in ("", "localhost")
