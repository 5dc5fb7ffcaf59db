"""From a key or a user to the viewer that the rules of access know."""

from collections.abc import Collection

from features.errors import InputError
from service.crm.permissions import AccessPolicy, Role, Scope, Viewer, granted, may, misfit
from service.keys import ScopeMissingError
from service.repository.rows import ApiKey
from service.repository.users import User


def of_key(key: ApiKey, policy: AccessPolicy) -> Viewer:
    """Return who asks with a key; scopes its role no longer has are gone."""
    role = Role(key.role)
    scopes = granted(role, [Scope(scope) for scope in key.scopes], policy)
    return Viewer(key.key_id, key.name, role, scopes, key.store_ids, key.staff_id)


def of_user(user: User, policy: AccessPolicy) -> Viewer:
    """Return who asks in a session of a user: all that the role may do."""
    role = Role(user.role)
    scopes = granted(role, None, policy)
    return Viewer(user.user_id, user.name, role, scopes, user.store_ids, user.staff_id)


def require(viewer: Viewer, scope: Scope) -> None:
    """Raise ScopeMissingError unless the viewer may do what `scope` names."""
    if not may(viewer, scope):
        raise ScopeMissingError(
            f"You may not do this; you lack the scope {scope}",
            where=f"{viewer.role} {viewer.who}",
            todo=f"Use a key or a role that has {scope}.",
        )


def role_named(name: str, store_ids: Collection[str], staff_id: str | None) -> Role:
    """Return a role by name, for somebody with these stores and this place in the staff.

    Raises
    ------
    InputError
        There is no such role, or it needs something else.
    """
    known = [role.value for role in Role]
    if name not in known:
        raise InputError(f"No role is called {name}", todo=f"Choose of {', '.join(known)}.")
    if why := misfit(Role(name), store_ids, staff_id):
        raise InputError(why, where=name, todo="See --store and --staff.")
    return Role(name)
