"""Sessions of users: opened with a password, held by a random token, ended by time or by hand."""

import hashlib
import hmac
import secrets
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from features.errors import InputError
from service.crm.permissions import AccessPolicy, Viewer
from service.errors import TryLaterError
from service.keys import KeyRejectedError
from service.passwords import matches
from service.repository.records import Records
from service.repository.users import User, UserSession
from service.viewers import of_user

_TOKEN_BYTES = 32


@dataclass(frozen=True, slots=True)
class SessionPolicy:
    """How long a session lasts, and how often a password may be tried.

    Attributes
    ----------
    idle, longest
        A session ends after this long without a request, and this long after it was opened.
    seen_every
        How often the last request is noted; the idle time is that much less exact.
    attempts, within
        Failed logins under one name within this time that make it wait.
    """

    idle: timedelta = timedelta(hours=2)
    longest: timedelta = timedelta(hours=12)
    seen_every: timedelta = timedelta(minutes=1)
    attempts: int = 5
    within: timedelta = timedelta(minutes=15)


class LoginRejectedError(KeyRejectedError):
    """Name and password do not belong together; which of them is wrong is not said."""

    code = "login-rejected"


class SessionEndedError(KeyRejectedError):
    """The session has ended, or never was."""

    code = "session-ended"


class CsrfError(InputError):
    """A change was asked for in a session without the session's own token."""

    code = "csrf"


class TooManyAttemptsError(TryLaterError):
    """Too many logins failed under one name."""

    code = "too-many-attempts"


@dataclass(frozen=True, slots=True)
class Opened:
    """A session just opened; `token` is stored nowhere."""

    token: str = field(repr=False)
    user: User
    viewer: Viewer
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class Sessions:
    """Opens, recognises and closes sessions."""

    records: Records
    clock: Callable[[], datetime]
    access: AccessPolicy
    policy: SessionPolicy = SessionPolicy()

    def open(self, login: str, password: str) -> Opened:
        """Open a session for whoever knows the password.

        Raises
        ------
        LoginRejectedError
            Nobody logs in like this.
        TooManyAttemptsError
            Too many tries failed under this name; the password was not looked at.
        """
        at, name = self.clock(), login.strip().casefold()
        mark = hashlib.sha256(name.encode()).hexdigest()
        user = self._attempted(name, mark, at)
        # Argon2 takes its time outside of any transaction.
        if not matches(password, user.hash if user else None) or user is None:
            raise LoginRejectedError(
                "Name and password do not belong together",
                todo="Try again, or let head office set a new password: `shuke users passwd`.",
            )
        token = secrets.token_urlsafe(_TOKEN_BYTES)
        opened = UserSession(_hash(token), user.user_id, at, at, at + self.policy.longest)
        with self.records.transaction() as work:
            work.login_attempts.clear(mark)
            work.sessions.forget(before=at)
            work.sessions.add(opened)
        return Opened(token, user, of_user(user, self.access), opened.expires_at)

    def viewer(self, token: str) -> Viewer:
        """Return who is in a session.

        Raises
        ------
        SessionEndedError
            It was idle for too long, is too old, was closed, or its user was disabled.
        """
        at, token_hash = self.clock(), _hash(token)
        with self.records.transaction(read_only=True) as work:
            found = work.sessions.get(token_hash)
            user = work.users.get(found.user_id) if found else None
        if found is None or user is None or user.disabled_at or self._is_over(found, at):
            raise SessionEndedError("The session has ended", todo="Log in again.")
        if at - found.seen_at >= self.policy.seen_every:
            with self.records.transaction() as work:
                work.sessions.note_seen(token_hash, at)
        return of_user(user, self.access)

    def close(self, token: str) -> None:
        """End a session; one that has ended is no error."""
        with self.records.transaction() as work:
            work.sessions.close(_hash(token))

    def _attempted(self, name: str, mark: str, at: datetime) -> User | None:
        """Count the attempt before it is made, so that many at once do not slip through."""
        with self.records.transaction() as work:
            work.login_attempts.forget(at - self.policy.within, at + self.policy.within)
            if work.login_attempts.count(mark) >= self.policy.attempts:
                raise TooManyAttemptsError(
                    "Too many logins failed under this name",
                    after=int(self.policy.within.total_seconds()),
                    todo=f"Wait {self.policy.within // timedelta(minutes=1)} minutes.",
                )
            work.login_attempts.add(mark, at)
            user = work.users.by_login(name)
        return None if user is None or user.disabled_at else user

    def _is_over(self, session: UserSession, at: datetime) -> bool:
        return session.expires_at <= at or session.seen_at + self.policy.idle <= at


def csrf_of(token: str) -> str:
    """Return what a page must send beside the cookie to change anything.

    Another site can make a browser send the cookie, but can read neither it nor this.
    """
    return hmac.new(token.encode(), b"csrf", hashlib.sha256).hexdigest()


def require_csrf(token: str, given: str) -> None:
    """Raise CsrfError unless `given` belongs to the session."""
    if not hmac.compare_digest(csrf_of(token).encode(), given.encode()):
        raise CsrfError(
            "The request does not carry the session's csrf_token",
            where="X-CSRF-Token",
            todo="Send csrf_token of `POST /v1/session` or `GET /v1/me` in X-CSRF-Token.",
        )


def _hash(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()
