"""Policies in the audit log, on both databases: a line when they change, none when not."""

import json
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from service.audit import Action, AuditTrail, Occasion
from service.crm.permissions import Role, RoleRule
from service.crm.retention import RetentionPolicy
from service.policies import Policies
from service.policy_audit import fingerprints, note_policies
from service.repository.records import Records
from service.sessions import SessionPolicy

NIGHT = Occasion("cli:root", "operator", "shuke nightly")
USUAL = Policies()


@pytest.fixture
def trail(records: Records) -> AuditTrail:
    return AuditTrail(records, lambda: datetime(2018, 1, 1, tzinfo=UTC))


def test_a_line_names_both_versions_and_only_what_changed(trail: AuditTrail) -> None:
    first = note_policies(trail, USUAL, NIGHT)
    assert first is not None
    begun = json.loads(first.details)
    assert (begun["before"], begun["changed"].keys()) == (None, fingerprints(USUAL).keys())
    assert note_policies(trail, Policies(), NIGHT) is None

    larger = replace(USUAL, retention=RetentionPolicy(version="retention-2", capacity=7))
    line = note_policies(trail, larger, NIGHT)
    assert line is not None
    assert (line.action, line.who, line.route) == ("policy-change", "cli:root", "shuke nightly")
    told = json.loads(line.details)
    assert told["before"] == begun["now"] != told["now"]
    [(name, (before, now))] = told["changed"].items()
    assert (name, before.split()[0], now.split()[0]) == ("retention", "retention-1", "retention-2")

    back = note_policies(trail, USUAL, NIGHT)
    assert back is not None
    assert json.loads(back.details)["now"] == begun["now"]
    assert (trail.verify().lines, trail.verify().broken) == (3, None)


@pytest.mark.parametrize(
    "other",
    [
        replace(USUAL, retention=replace(USUAL.retention, capacity=USUAL.retention.capacity + 1)),
        replace(USUAL, sessions=replace(SessionPolicy(), longest=timedelta(hours=13))),
        replace(USUAL, store_regions={"1": "north"}),
        replace(
            USUAL,
            access=replace(
                USUAL.access,
                roles={
                    **USUAL.access.roles,
                    Role.MARKETER: RoleRule(
                        USUAL.access.roles[Role.MARKETER].scopes,
                        USUAL.access.roles[Role.MARKETER].reach,
                        clear=True,
                    ),
                },
            ),
        ),
    ],
    ids=["number", "time", "mapping", "role"],
)
def test_a_number_changed_under_the_same_version_is_told(other: Policies) -> None:
    changed = {
        name for name, one in fingerprints(other).items() if one != fingerprints(USUAL)[name]
    }
    assert len(changed) == 1


def test_of_many_that_start_at_once_one_writes(trail: AuditTrail, records: Records) -> None:
    with ThreadPoolExecutor(6) as pool:
        lines = list(pool.map(lambda _: note_policies(trail, USUAL, NIGHT), range(6)))
    assert len([line for line in lines if line is not None]) == 1
    with records.transaction(read_only=True) as work:
        assert len(work.audit.newest(9, action=Action.POLICY_CHANGE.value)) == 1
