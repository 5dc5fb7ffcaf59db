"""Keys as last read: cheap for a moment, and never longer than is said."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import event

from service.keys import POLICY, Scope, create
from service.remembered_keys import RememberedKeys
from service.repository.records import Records
from service.repository.rows import ApiKey

NOW = datetime(2026, 1, 1, tzinfo=UTC)
KEY = replace(create("till", [Scope.ADMIN], NOW).record, key_id="k1", hash="h")
REMEMBERED = POLICY.remembered.total_seconds()


class Stopwatch:
    def __init__(self) -> None:
        self.at = 1_000.0

    def __call__(self) -> float:
        return self.at


@pytest.fixture
def watch() -> Stopwatch:
    return Stopwatch()


@pytest.fixture
def keys(records: Records, watch: Stopwatch) -> RememberedKeys:
    with records.transaction() as work:
        work.keys.add(KEY)
    return RememberedKeys(records, monotonic=watch)


@contextmanager
def counted(records: Records) -> Iterator[list[str]]:
    """Give the statements the database is sent that name the table of keys."""
    sent: list[str] = []

    def note(_connection: object, _cursor: object, statement: str, *_: object) -> None:
        if "api_keys" in statement:
            sent.append(statement.split()[0])

    event.listen(records._engine, "before_cursor_execute", note)
    yield sent
    event.remove(records._engine, "before_cursor_execute", note)


def stored(records: Records) -> ApiKey | None:
    with records.transaction(read_only=True) as work:
        return work.keys.get("k1")


def test_a_key_is_read_once_within_its_time(
    records: Records, keys: RememberedKeys, watch: Stopwatch
) -> None:
    with counted(records) as sent:
        for _ in range(50):
            assert keys.get("k1") == KEY
        assert sent == ["SELECT"]
        watch.at += REMEMBERED
        assert keys.get("k1") == KEY
    assert sent == ["SELECT", "SELECT"]


@pytest.mark.parametrize(
    "change",
    [
        lambda work: work.keys.revoke("k1", NOW),
        lambda work: work.keys.end("k1", NOW),
    ],
    ids=["revoke", "end"],
)
def test_a_key_that_ends_in_this_process_ends_at_once(
    records: Records, keys: RememberedKeys, change: Callable[[object], None]
) -> None:
    before = keys.get("k1")
    assert before is not None
    assert before.holds(NOW)
    with records.transaction() as work:
        change(work)
    after = keys.get("k1")
    assert after is not None
    assert not after.holds(NOW)


def test_a_key_revoked_by_another_process_ends_within_the_time_that_is_said(
    records: Records, keys: RememberedKeys, watch: Stopwatch, url: str
) -> None:
    assert keys.get("k1") == KEY
    other = Records(url)
    with other.transaction() as work:
        work.keys.revoke("k1", NOW)
    other.close()
    watch.at += REMEMBERED
    found = keys.get("k1")
    assert found is not None
    assert found.revoked_at == NOW


def test_what_was_read_while_a_key_ended_is_not_remembered(
    records: Records, keys: RememberedKeys, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The change falls between the read and the remembering, the worst of moments."""
    reads, before = records.transaction, KEY

    @contextmanager
    def slow(**options: bool) -> Iterator[object]:
        with reads(**options) as work:
            yield work
        monkeypatch.setattr(records, "transaction", reads)
        with reads() as ending:
            ending.keys.revoke("k1", NOW)

    monkeypatch.setattr(records, "transaction", slow)
    assert keys.get("k1") == before
    found = keys.get("k1")
    assert found is not None
    assert found.revoked_at == NOW


def test_a_change_that_is_rolled_back_changes_nothing(
    records: Records, keys: RememberedKeys
) -> None:
    with pytest.raises(RuntimeError), records.transaction() as work:
        work.keys.revoke("k1", NOW)
        raise RuntimeError("broke off")
    assert keys.get("k1") == KEY


def test_an_id_nobody_has_is_looked_up_each_time_and_takes_no_room(
    records: Records, keys: RememberedKeys
) -> None:
    for n in range(5):
        assert keys.get(f"guess-{n}") is None
    assert keys._read == {}
    with records.transaction() as work:
        work.keys.add(replace(KEY, key_id="k2"))
    assert keys.get("k2") is not None


def test_a_use_is_written_once_a_minute_by_all_processes_together(
    records: Records, keys: RememberedKeys
) -> None:
    other, minute = RememberedKeys(records), timedelta(minutes=1)
    with counted(records) as sent:
        for second in range(59):
            at = NOW + timedelta(seconds=second)
            keys.note_use(KEY, at)
            other.note_use(KEY, at)
        assert sent == ["UPDATE", "UPDATE"]
    noted = stored(records)
    assert noted is not None
    assert noted.last_used_at == NOW
    keys.note_use(noted, NOW + minute)
    other.note_use(noted, NOW + minute + timedelta(seconds=1))
    again = stored(records)
    assert again is not None
    assert again.last_used_at == NOW + minute
