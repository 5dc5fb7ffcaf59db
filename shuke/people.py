"""What the commands of keys and users do, each told to the audit log with what it changes."""

import secrets
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from features.errors import InputError

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.repository.records import Work
    from service.repository.rows import ApiKey
    from service.repository.users import User

_ID_BYTES = 8


@dataclass(frozen=True, slots=True)
class Place:
    """Where somebody stands in the company: role, stores, and place in the staff."""

    role: str
    store_ids: tuple[str, ...] = ()
    staff_id: str | None = None


SERVICE = Place("service")


def rotate_key(app: "App", key_id: str, overlap: timedelta) -> str:
    """Return a new key that may do what one may, which holds until `overlap` is over.

    Raises
    ------
    InputError
        There is no such key, or it no longer holds.
    """
    from service import keys

    at = app.clock()
    with app.records.transaction() as work:
        old = _key(work, key_id)
        if old.revoked_at is not None or not old.holds(at):
            raise InputError(
                "The key no longer holds", where=key_id, todo="Make one: `shuke keys create`."
            )
        new = keys.successor(old, at)
        work.keys.add(new.record)
        work.keys.end(key_id, at + overlap)
        audited(app, work, "keys rotate", "key", key_id)
    return new.clear


def revoke_key(app: "App", key_id: str) -> None:
    """End a key at once; raise InputError if there is no such key."""
    with app.records.transaction() as work:
        _key(work, key_id)
        work.keys.revoke(key_id, app.clock())
        audited(app, work, "keys revoke", "key", key_id)


def add_user(app: "App", login: str, name: str, place: Place, password: str) -> "User":
    """Add somebody who may log in.

    Raises
    ------
    InputError
        The role, the password or the login will not do.
    """
    from service.passwords import hashed
    from service.repository.users import User
    from service.viewers import role_named

    role = role_named(place.role, place.store_ids, place.staff_id)
    user = User(
        user_id=f"user_{secrets.token_hex(_ID_BYTES)}",
        login=login.strip().casefold(),
        name=name,
        role=role.value,
        store_ids=frozenset(place.store_ids),
        staff_id=place.staff_id,
        hash=hashed(password),
        created_at=app.clock(),
    )
    with app.records.transaction() as work:
        if not work.users.add(user):
            raise InputError("Somebody has this login", where=login, todo="Choose another.")
        audited(app, work, "users add", "user", user.user_id)
    return user


def disable_user(app: "App", login: str) -> None:
    """Let somebody log in no more, and end their sessions."""
    with app.records.transaction() as work:
        user = _user(work, login)
        work.users.disable(user.user_id, app.clock())
        work.sessions.close_of(user.user_id)
        audited(app, work, "users disable", "user", user.user_id)


def set_password(app: "App", login: str, password: str) -> None:
    """Give somebody a new password, and end their sessions."""
    from service.passwords import hashed

    new = hashed(password)
    with app.records.transaction() as work:
        user = _user(work, login)
        work.users.set_hash(user.user_id, new)
        work.sessions.close_of(user.user_id)
        audited(app, work, "users passwd", "user", user.user_id)


def audited(app: "App", work: "Work", command: str, kind: str, subject_id: str) -> None:
    """Tell the audit log of a change to a key or user, in the transaction of the change.

    Keys and users are named by their ids: these are ours, and say nothing of a person.
    """
    from service.audit import Action, at_the_machine

    action = Action.KEY_CHANGE if kind == "key" else Action.USER_CHANGE
    subject = f"{kind}:{subject_id}"
    app.audit.within(work, at_the_machine(command), action, subject=subject)


def _key(work: "Work", key_id: str) -> "ApiKey":
    found = work.keys.get(key_id)
    if found is None:
        raise InputError("No key has this id", where=key_id, todo="See `shuke keys list`.")
    return found


def _user(work: "Work", login: str) -> "User":
    found = work.users.by_login(login.strip().casefold())
    if found is None:
        raise InputError("Nobody logs in like this", where=login, todo="See `shuke users list`.")
    return found
