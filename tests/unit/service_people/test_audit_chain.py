"""The chain of the audit log: whatever is changed, left out or put in is found."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

from hypothesis import assume, given
from hypothesis import strategies as st

from service.audit_chain import GENESIS, Entry, Line, digest, named, sealed, verified

NOON = datetime(2018, 1, 1, 12, tzinfo=UTC)
FIELDS = ["who", "role", "action", "subject", "route", "request_id", "details", "hash", "previous"]


def chain(length: int) -> list[Line]:
    lines: list[Line] = []
    for number in range(1, length + 1):
        entry = Entry("u1", "guide", "read", "GET /v1/tasks", details={"count": number})
        previous = lines[-1].hash if lines else GENESIS
        lines.append(sealed(entry, number, NOON + timedelta(seconds=number), previous))
    return lines


@given(st.integers(0, 9))
def test_a_chain_nobody_touched_is_sound(length: int) -> None:
    lines = chain(length)
    verdict = verified(lines)
    assert (verdict.lines, verdict.broken) == (length, None)
    assert verdict.head == (lines[-1].hash if lines else GENESIS)


@given(st.integers(0, 5), st.sampled_from(FIELDS), st.text(min_size=1, max_size=4))
def test_a_line_that_was_changed_is_the_first_named(place: int, field: str, value: str) -> None:
    lines = chain(6)
    assume(getattr(lines[place], field) != value)
    lines[place] = replace(lines[place], **{field: value})
    verdict = verified(lines)
    assert verdict.broken == place + 1
    assert verdict.lines == place


@given(st.integers(0, 4))
def test_a_line_that_was_taken_out_is_missed(place: int) -> None:
    lines = chain(6)
    del lines[place]
    assert verified(lines).broken == place + 2
    assert f"line {place + 1} is missing" in verified(lines).why


@given(st.integers(0, 5))
def test_a_line_written_anew_with_a_right_hash_does_not_fit_the_next(place: int) -> None:
    lines = chain(6)
    old = lines[place]
    forged = Entry("somebody else", old.role, old.action, old.route)
    lines[place] = sealed(forged, old.seq, old.at, old.previous)
    verdict = verified(lines)
    assert verdict.broken == (place + 2 if place < 5 else None)
    assert verdict.head != chain(6)[-1].hash


def test_the_zone_a_moment_is_told_in_does_not_matter() -> None:
    [line] = chain(1)
    there = line.at.astimezone(timezone(timedelta(hours=8)))
    assert verified([replace(line, at=there)]).broken is None


@given(st.text(max_size=8), st.text(max_size=8))
def test_names_tell_subjects_apart_and_do_not_hold_them(one: str, other: str) -> None:
    assert (named("customer", one) == named("customer", other)) == (one == other)
    assert named("customer", one) != named("lead", one)


@given(st.lists(st.text(max_size=4, alphabet="abc")))
def test_a_digest_is_of_a_set(ids: list[str]) -> None:
    assert digest(ids) == digest([*reversed(ids), *ids])
