"""Who may do what, whose rows they see, and which fields of those rows they see in clear."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from service.crm.masking import MASKS

_NOBODY = ""  # no id is empty, so this is held by no one


class Scope(StrEnum):
    """What a caller may do; `admin` may do everything."""

    SCORES_READ = "scores:read"
    LEADS_READ = "leads:read"
    LEADS_WRITE = "leads:write"
    EVENTS_WRITE = "events:write"
    TASKS_READ = "tasks:read"
    CONTACTS_READ = "contacts:read"
    CONTACTS_WRITE = "contacts:write"
    ADMIN = "admin"


class Role(StrEnum):
    """What somebody is in the company; a till or a CRM system is a `service`."""

    HEAD_OFFICE = "head_office"
    STORE_MANAGER = "store_manager"
    GUIDE = "guide"
    MARKETER = "marketer"
    DATA_SCIENTIST = "data_scientist"
    SERVICE = "service"


class Reach(StrEnum):
    """Whose rows a role sees: everybody's, those of its stores, or of those assigned to it."""

    EVERYBODY = "everybody"
    STORES = "stores"
    ASSIGNED = "assigned"


@dataclass(frozen=True, slots=True)
class RoleRule:
    """What one role may do and see.

    Attributes
    ----------
    clear
        Whether phone numbers and e-mail addresses of the rows seen are shown in clear, to one
        who may read contacts at all.
    """

    scopes: frozenset[Scope]
    reach: Reach
    clear: bool = False


_STORE_WORK = frozenset(
    {
        Scope.SCORES_READ,
        Scope.LEADS_READ,
        Scope.LEADS_WRITE,
        Scope.TASKS_READ,
        Scope.CONTACTS_READ,
        Scope.CONTACTS_WRITE,
    }
)
_RULES: Mapping[Role, RoleRule] = {
    Role.HEAD_OFFICE: RoleRule(frozenset(Scope), Reach.EVERYBODY, clear=True),
    Role.STORE_MANAGER: RoleRule(_STORE_WORK, Reach.STORES, clear=True),
    Role.GUIDE: RoleRule(_STORE_WORK, Reach.ASSIGNED, clear=True),
    Role.MARKETER: RoleRule(
        frozenset({Scope.SCORES_READ, Scope.LEADS_READ, Scope.TASKS_READ, Scope.CONTACTS_READ}),
        Reach.EVERYBODY,
    ),
    Role.DATA_SCIENTIST: RoleRule(frozenset({Scope.SCORES_READ}), Reach.EVERYBODY),
    Role.SERVICE: RoleRule(frozenset(Scope), Reach.EVERYBODY, clear=True),
}


@dataclass(frozen=True, slots=True)
class AccessPolicy:
    """The rules of every role.

    Attributes
    ----------
    assigned_days
        A customer stays assigned to a person this long after the task or lead was given, and
        beyond it while it is open.
    """

    version: str = "access-1"
    roles: Mapping[Role, RoleRule] = field(default_factory=lambda: _RULES)
    assigned_days: int = 90


@dataclass(frozen=True, slots=True)
class Viewer:
    """Somebody who asks.

    Attributes
    ----------
    who
        Id of the user or the key.
    scopes
        What was granted; never more than the role has.
    store_ids
        Stores of the person; a role that sees everybody sees these stores only, if there are any.
    staff_id
        The person in the list of staff to whom tasks and leads are given.
    """

    who: str
    name: str
    role: Role
    scopes: frozenset[Scope]
    store_ids: frozenset[str] = frozenset()
    staff_id: str | None = None


@dataclass(frozen=True, slots=True)
class Subject:
    """A customer, lead or task, as the row rule sees it: its stores and the people who hold it."""

    store_ids: frozenset[str] = frozenset()
    staff_ids: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True)
class Bounds:
    """Which rows a viewer sees, in a shape a query can apply; None does not limit."""

    store_ids: frozenset[str] | None = None
    staff_id: str | None = None

    @property
    def unlimited(self) -> bool:
        """Whether every row is seen, also one of nobody."""
        return self.store_ids is None and self.staff_id is None

    def hold(self, subject: Subject) -> bool:
        """Say whether a row lies within."""
        in_store = self.store_ids is None or not self.store_ids.isdisjoint(subject.store_ids)
        return in_store and (self.staff_id is None or self.staff_id in subject.staff_ids)


EVERY_ROW = Bounds()


def granted(role: Role, asked: Collection[Scope] | None, policy: AccessPolicy) -> frozenset[Scope]:
    """Return the scopes of one in a role who was given `asked`; None gives all of the role."""
    scopes = policy.roles[role].scopes
    return scopes if asked is None else scopes & frozenset(asked)


def misfit(role: Role, store_ids: Collection[str], staff_id: str | None) -> str | None:
    """Say why nobody can be `role` with these stores and this place in the staff; None if fine."""
    if role is Role.STORE_MANAGER and not store_ids:
        return "A store manager needs a store"
    if role is Role.GUIDE and not (staff_id and store_ids):
        return "A guide needs a store, and the staff id that tasks are given to"
    if role is Role.HEAD_OFFICE and store_ids:
        return "Head office sees every store and takes none"
    return None


def may(viewer: Viewer, scope: Scope) -> bool:
    """Say whether a viewer may do what `scope` names."""
    return not viewer.scopes.isdisjoint({scope, Scope.ADMIN})


def bounds(viewer: Viewer, policy: AccessPolicy) -> Bounds:
    """Return which rows a viewer sees; one who lacks what the role goes by sees none."""
    match policy.roles[viewer.role].reach:
        case Reach.ASSIGNED:
            return Bounds(staff_id=viewer.staff_id or _NOBODY)
        case Reach.STORES:
            return Bounds(store_ids=viewer.store_ids)
        case Reach.EVERYBODY:
            return Bounds(store_ids=viewer.store_ids or None)


def visible(viewer: Viewer, subject: Subject, policy: AccessPolicy) -> bool:
    """Say whether a viewer sees a row: the row rule."""
    return bounds(viewer, policy).hold(subject)


def clear(viewer: Viewer, policy: AccessPolicy) -> bool:
    """Say whether a viewer reads phone numbers and addresses of the rows seen unmasked."""
    return policy.roles[viewer.role].clear and may(viewer, Scope.CONTACTS_READ)


def masked(viewer: Viewer, record: Mapping[str, object], policy: AccessPolicy) -> dict[str, object]:
    """Return a record as a viewer may read it: the field rule."""
    if clear(viewer, policy):
        return dict(record)
    return {
        name: MASKS[name](value) if name in MASKS and isinstance(value, str) else value
        for name, value in record.items()
    }
