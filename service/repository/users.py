"""Users, their sessions, and the logins that failed."""

from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import delete, func, insert, or_, select, update
from sqlalchemy.orm import Session

from service.repository.rerunnable import as_record, as_row, insert_new
from service.repository.schema_people import LoginAttemptRow, SessionRow, UserRow


@dataclass(frozen=True, slots=True)
class User:
    """Somebody who logs in; see `service.crm.permissions` for what the role means."""

    user_id: str
    login: str
    name: str
    role: str
    store_ids: frozenset[str]
    staff_id: str | None
    hash: str
    created_at: datetime
    disabled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class UserSession:
    """A session of a user; it ends at `expires_at`, whatever happens in it."""

    token_hash: str
    user_id: str
    created_at: datetime
    seen_at: datetime
    expires_at: datetime


class Users:
    """The users."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, user: User) -> bool:
        """Add a user; False if somebody has this login already."""
        row = as_row(user) | {"store_ids": sorted(user.store_ids)}
        return insert_new(self._session, UserRow, [row]) == 1

    def get(self, user_id: str) -> User | None:
        """Return a user, also a disabled one."""
        row = self._session.get(UserRow, user_id)
        return None if row is None else _user(row)

    def by_login(self, login: str) -> User | None:
        """Return who logs in under a name, also somebody disabled."""
        row = self._session.scalars(select(UserRow).where(UserRow.login == login)).first()
        return None if row is None else _user(row)

    def all(self) -> list[User]:
        """Return every user, by login."""
        return [
            _user(row) for row in self._session.scalars(select(UserRow).order_by(UserRow.login))
        ]

    def disable(self, user_id: str, at: datetime) -> None:
        """Let a user log in no more."""
        self._change(user_id, disabled_at=at)

    def set_hash(self, user_id: str, hash_: str) -> None:
        """Replace the hash of a user's password."""
        self._change(user_id, hash=hash_)

    def _change(self, user_id: str, **values: object) -> None:
        self._session.execute(update(UserRow).where(UserRow.user_id == user_id).values(**values))


class UserSessions:
    """The sessions that were opened and not closed."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, opened: UserSession) -> None:
        """Keep a new session."""
        self._session.execute(insert(SessionRow), [as_row(opened)])

    def get(self, token_hash: str) -> UserSession | None:
        """Return a session, also one that has run out."""
        row = self._session.get(SessionRow, token_hash)
        return None if row is None else as_record(row, UserSession)

    def note_seen(self, token_hash: str, at: datetime) -> None:
        """Note that a session was used."""
        seen = update(SessionRow).where(SessionRow.token_hash == token_hash)
        self._session.execute(seen.values(seen_at=at))

    def close(self, token_hash: str) -> None:
        """Remove a session."""
        self._session.execute(delete(SessionRow).where(SessionRow.token_hash == token_hash))

    def close_of(self, user_id: str) -> None:
        """Remove every session of a user."""
        self._session.execute(delete(SessionRow).where(SessionRow.user_id == user_id))

    def forget(self, before: datetime) -> None:
        """Remove sessions that ran out before a moment."""
        self._session.execute(delete(SessionRow).where(SessionRow.expires_at < before))


class LoginAttempts:
    """Logins that failed lately, by a digest of the name that was given."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, login_digest: str, at: datetime) -> None:
        """Note an attempt."""
        self._session.execute(insert(LoginAttemptRow), [{"login_digest": login_digest, "at": at}])

    def count(self, login_digest: str) -> int:
        """Return how many attempts are remembered."""
        mine = select(func.count()).where(LoginAttemptRow.login_digest == login_digest)
        return self._session.scalar(mine) or 0

    def clear(self, login_digest: str) -> None:
        """Forget the attempts under a name."""
        mine = delete(LoginAttemptRow).where(LoginAttemptRow.login_digest == login_digest)
        self._session.execute(mine)

    def forget(self, before: datetime, after: datetime | None = None) -> None:
        """Forget every attempt made before a moment, or after one: by a clock gone back since."""
        at = LoginAttemptRow.at
        old = at < before if after is None else or_(at < before, at > after)
        self._session.execute(delete(LoginAttemptRow).where(old))


def _user(row: UserRow) -> User:
    return replace(as_record(row, User), store_ids=frozenset(row.store_ids))
