"""From a URL to the backend it names."""

from pathlib import Path
from typing import Final
from urllib.parse import unquote, urlsplit

from features.errors import InputError
from features.online.backend import Backend, Patience, public

FILE: Final = "online.db"
_ADVICE = "Set SHUKE_ONLINE_URL to nothing, sqlite:///PATH, postgresql://... or redis://..."


class OnlineUrlError(InputError):
    """SHUKE_ONLINE_URL names no backend that can be opened."""

    code = "online-url"


def open_backend(url: str, folder: Path, patience: Patience | None = None) -> Backend:
    """Return the backend a URL names; nothing is connected before its first call.

    Parameters
    ----------
    url
        Empty for a SQLite file in `folder`; otherwise `sqlite:///relative`, `sqlite:////absolute`,
        `postgresql://`, `redis://`, `rediss://` or `unix://` (a Redis socket).
    folder
        Where the SQLite file lies by default.
    patience
        How long to wait for it.

    Raises
    ------
    OnlineUrlError
        If the URL cannot be read, or its client library is not installed.
    """
    if not url:
        return _sqlite(folder / FILE, patience)
    try:
        scheme, path = urlsplit(url).scheme, unquote(urlsplit(url).path)
    except ValueError as error:
        raise OnlineUrlError("SHUKE_ONLINE_URL is not a URL", todo=_ADVICE) from error
    match scheme:
        case "sqlite" if len(path) > 1:
            return _sqlite(Path(path[1:]), patience)
        case "postgresql" | "postgres" | "postgresql+psycopg":
            return _postgres(url, patience)
        case "redis" | "rediss" | "unix":
            return _redis(url, patience)
    raise OnlineUrlError(
        "SHUKE_ONLINE_URL names no known online store", where=public(url), todo=_ADVICE
    )


def _sqlite(path: Path, patience: Patience | None) -> Backend:
    from features.online.sqlite import SqliteBackend

    return SqliteBackend(path, patience)


def _postgres(url: str, patience: Patience | None) -> Backend:
    try:
        import psycopg

        from features.online.postgres import PostgresBackend
    except ImportError as error:
        raise _not_installed("psycopg", "postgres") from error
    try:
        return PostgresBackend(url, patience)
    except psycopg.ProgrammingError as error:
        raise _unreadable(url, error) from error


def _redis(url: str, patience: Patience | None) -> Backend:
    try:
        from features.online.redis import RedisBackend
    except ImportError as error:
        raise _not_installed("redis", "redis") from error
    try:
        return RedisBackend(url, patience)
    except (ValueError, TypeError) as error:
        raise _unreadable(url, error) from error


def _unreadable(url: str, why: Exception) -> OnlineUrlError:
    return OnlineUrlError(
        f"SHUKE_ONLINE_URL cannot be read: {why}", where=public(url), todo=_ADVICE
    )


def _not_installed(library: str, extra: str) -> OnlineUrlError:
    return OnlineUrlError(
        f"The online store needs the library {library}, which is not installed",
        todo=f"Run `pip install 'shuke[{extra}]'`.",
    )
