"""Tells the audit log when decisions begin to be taken under other policies than before."""

import hashlib
import json
from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from datetime import timedelta

from service.audit import Action, AuditTrail, Occasion
from service.audit_chain import Line
from service.policies import Policies

_LENGTH = 12  # of a digest: enough to tell two settings of one tenant apart


def fingerprints(policies: Policies) -> dict[str, str]:
    """Return, by rule, the version of its policy and a digest of every number in it.

    The digest also tells of a number that was changed without another version.
    """
    return {field.name: _fingerprint(getattr(policies, field.name)) for field in fields(Policies)}


def note_policies(trail: AuditTrail, policies: Policies, occasion: Occasion) -> Line | None:
    """Write a line if the policies are others than those of the last such line, and return it.

    It names what changed as it was and as it is, and the digest of all policies before and now.
    """
    now = fingerprints(policies)
    with trail.records.transaction() as work:
        work.audit.take_turn()  # of two processes that start together one writes
        last = work.audit.newest(1, action=Action.POLICY_CHANGE.value)
        before: dict[str, str] = json.loads(last[0].details)["policies"] if last else {}
        if before == now:
            return None
        changed = sorted(name for name in {**before, **now} if before.get(name) != now.get(name))
        details = {
            "before": _digest(before) if before else None,
            "now": _digest(now),
            "changed": {name: [before.get(name), now.get(name)] for name in changed},
            "policies": now,
        }
        return trail.within(work, occasion, Action.POLICY_CHANGE, details=details)


def _fingerprint(policy: object) -> str:
    version = getattr(policy, "version", None)
    digest = _digest(_plain(policy))
    return f"{version} {digest}" if version else digest


def _digest(plain: object) -> str:
    text = json.dumps(plain, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode()).hexdigest()[:_LENGTH]


def _plain(value: object) -> object:
    """Return a policy as JSON has it, the same in every process."""
    if is_dataclass(value) and not isinstance(value, type):
        return {field.name: _plain(getattr(value, field.name)) for field in fields(value)}
    if isinstance(value, Mapping):
        return {str(name): _plain(part) for name, part in value.items()}
    if isinstance(value, timedelta):
        return value.total_seconds()
    if isinstance(value, str | int | float | bool) or value is None:
        return value
    if isinstance(value, frozenset | set):
        return sorted(json.dumps(_plain(part), sort_keys=True) for part in value)
    if isinstance(value, Collection):
        return [_plain(part) for part in value]
    return str(value)
