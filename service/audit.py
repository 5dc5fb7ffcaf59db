"""What is written into the audit log: who read, exported, erased or changed what."""

import getpass
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from service.audit_chain import Entry, Line, Verdict, digest, named, verified
from service.crm.permissions import Viewer
from service.repository.records import Records, Work
from service.together import Together

OPERATOR = "operator"


class Action(StrEnum):
    """What the log tells of."""

    READ = "read"
    EXPORT = "export"
    ERASE = "erase"
    CONTACT_SET = "contact-set"
    CONTACT_SEARCH = "contact-search"
    REKEY = "rekey"
    LOGIN = "login"
    LOGOUT = "logout"
    USER_CHANGE = "user-change"
    KEY_CHANGE = "key-change"
    WEBHOOK_CHANGE = "webhook-change"
    MODEL_CHANGE = "model-change"
    POLICY_CHANGE = "policy-change"


@dataclass(frozen=True, slots=True)
class Occasion:
    """Who does something, and through which door."""

    who: str
    role: str
    route: str
    request_id: str | None = None


@dataclass(frozen=True, slots=True)
class AuditTrail:
    """Writes and checks the log."""

    records: Records
    clock: Callable[[], datetime]
    _together: Together[Entry, Line] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "_together", Together(self._stored))

    def add(
        self,
        occasion: Occasion,
        action: Action,
        *,
        subject: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> Line:
        """Write one line; it is stored when this returns.

        Lines asked for at the same moment share one transaction. Not for within another one: that
        would wait for itself.
        """
        return self._together(_entry(occasion, action, subject, details))

    def within(
        self,
        work: Work,
        occasion: Occasion,
        action: Action,
        *,
        subject: str | None = None,
        details: Mapping[str, object] | None = None,
    ) -> Line:
        """Write one line together with what it tells of, or neither.

        It should be the last thing of a transaction: from here on other writers wait.
        """
        [line] = work.audit.append([_entry(occasion, action, subject, details)], self.clock())
        return line

    def people(
        self, occasion: Occasion, action: Action, kind: str, ids: list[str], **more: object
    ) -> None:
        """Write that people were read: one by name, several by their number and a digest."""
        subject = named(kind, ids[0]) if len(ids) == 1 else None
        details = {"kind": kind, "count": len(ids), "ids": digest(ids), **more}
        self.add(occasion, action, subject=subject, details=details)

    def verify(self, head: str | None = None) -> Verdict:
        """Read the whole log and say where its chain breaks first.

        Parameters
        ----------
        head
            The hash of a line that was noted earlier, which the log must still hold: lines cut
            off at its end leave no other trace.
        """
        with self.records.transaction(read_only=True) as work:
            return verified(work.audit.lines(), head)

    def _stored(self, entries: Sequence[Entry]) -> list[Line]:
        return self.records.add_lines(entries, self.clock())


def _entry(
    occasion: Occasion, action: Action, subject: str | None, details: Mapping[str, object] | None
) -> Entry:
    return Entry(
        who=occasion.who,
        role=occasion.role,
        action=action.value,
        route=occasion.route,
        subject=subject,
        request_id=occasion.request_id,
        details=details or {},
    )


def seen_by(viewer: Viewer, route: str, request_id: str | None) -> Occasion:
    """Return the occasion of a request."""
    return Occasion(viewer.who, viewer.role.value, route, request_id)


def at_the_machine(command: str) -> Occasion:
    """Return the occasion of a command: whoever may run it here may read every file anyway."""
    return Occasion(f"cli:{_account()}", OPERATOR, f"shuke {command}")


def _account() -> str:
    try:
        return getpass.getuser()
    except (KeyError, OSError):  # an account without a name, as in a container
        return "unknown"
