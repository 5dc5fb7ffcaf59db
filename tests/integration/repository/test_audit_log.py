"""The audit log on both databases: added to by many at once, changed by nobody unnoticed."""

import sqlite3
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest
from sqlalchemy import create_engine, event, text
from sqlalchemy.exc import DBAPIError

from service.audit import Action, AuditTrail, Occasion
from service.audit_chain import Entry, named
from service.repository.records import Records

NOON = datetime(2018, 1, 1, 12, 0, 0, 123457, tzinfo=UTC)
GUIDE = Occasion("user_1", "guide", "GET /v1/tasks", "request-1")
CHANGES = [
    "UPDATE audit_log SET who = 'nobody' WHERE seq = 3",
    "UPDATE audit_log SET details = '{\"count\":0}' WHERE seq = 3",
    "UPDATE audit_log SET hash = previous WHERE seq = 3",
    "DELETE FROM audit_log WHERE seq = 3",
]


@pytest.fixture
def trail(records: Records) -> AuditTrail:
    return AuditTrail(records, lambda: NOON)


def filled(trail: AuditTrail, lines: int = 5) -> None:
    for number in range(lines):
        trail.people(GUIDE, Action.READ, "customer", [f"C{number}", "Zoë 熟客"])


def test_lines_come_back_as_they_were_written(trail: AuditTrail, records: Records) -> None:
    assert trail.verify().lines == 0
    filled(trail)
    trail.people(GUIDE, Action.READ, "customer", ["C7"])
    verdict = trail.verify()
    assert (verdict.lines, verdict.broken) == (6, None)
    with records.transaction(read_only=True) as work:
        [line] = work.audit.newest(1)
        assert work.audit.newest(9, subject=named("customer", "C7")) == [line]
        assert work.audit.newest(9, action="export") == []
    assert (line.seq, line.hash, line.at, line.request_id) == (6, verdict.head, NOON, "request-1")
    assert "C7" not in line.details


def test_many_who_write_at_once_make_one_chain(trail: AuditTrail) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: filled(trail, 5), range(8)))
    verdict = trail.verify()
    assert (verdict.lines, verdict.broken) == (40, None)


def test_what_is_broken_off_leaves_no_line(trail: AuditTrail, records: Records) -> None:
    with pytest.raises(RuntimeError), records.transaction() as work:
        trail.within(work, GUIDE, Action.EXPORT)
        raise RuntimeError("broke off")
    filled(trail, 1)
    assert trail.verify().lines == 1


@pytest.mark.parametrize("change", CHANGES)
def test_the_database_refuses_to_change_a_line(trail: AuditTrail, url: str, change: str) -> None:
    filled(trail)
    engine = create_engine(url)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.exec_driver_sql(change)
    engine.dispose()
    assert trail.verify().lines == 5


def test_postgresql_refuses_to_empty_the_log(postgres_url: str) -> None:
    records = Records(postgres_url)
    records.migrate()
    engine = create_engine(postgres_url)
    with pytest.raises(DBAPIError, match="append-only"), engine.begin() as connection:
        connection.execute(text("TRUNCATE audit_log"))
    engine.dispose()
    records.close()


def without_triggers(url: str) -> Callable[[str], None]:
    """Return what changes the log of a database whose owner means ill."""
    engine = create_engine(url)
    postgres = engine.dialect.name == "postgresql"
    triggers = ["no_change"] if postgres else ["no_update", "no_delete"]

    def change(statement: str) -> None:
        with engine.begin() as connection:
            for each in triggers:
                of = " ON audit_log" if postgres else ""
                connection.execute(text(f"DROP TRIGGER audit_log_{each}{of}"))
            connection.exec_driver_sql(statement)
        engine.dispose()

    return change


@pytest.mark.parametrize("change", CHANGES)
def test_a_line_changed_by_the_owner_of_the_database_is_found(
    trail: AuditTrail, url: str, change: str
) -> None:
    filled(trail)
    without_triggers(url)(change)
    verdict = trail.verify()
    assert verdict.broken == (4 if change.startswith("DELETE") else 3)
    assert verdict.lines == 2


def test_lines_cut_off_at_the_end_are_found_with_a_head_noted_before(
    trail: AuditTrail, url: str
) -> None:
    filled(trail)
    head = trail.verify().head
    filled(trail, 2)
    assert trail.verify(head).broken is None
    without_triggers(url)("DELETE FROM audit_log WHERE seq > 4")
    assert trail.verify().broken is None
    assert trail.verify(head).broken == 5


def test_bytes_changed_in_the_file_are_found(sqlite_url: str, tmp_path: Path) -> None:
    records = Records(sqlite_url)
    records.migrate()
    trail = AuditTrail(records, lambda: NOON)
    filled(trail)
    records.scrub()
    records.close()
    [file] = tmp_path.rglob("records.db")
    content = file.read_bytes()
    assert content.count(b"user_1guide") == 5
    file.write_bytes(content.replace(b"user_1guide", b"user_2guide", 1))
    with sqlite3.connect(file) as connection:
        assert connection.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
    connection.close()
    assert trail.verify().broken is not None
    records.close()


def test_reads_that_wait_at_once_share_a_commit_and_each_has_its_line(
    trail: AuditTrail, records: Records
) -> None:
    commits: list[object] = []
    noted = commits.append
    event.listen(records._engine, "commit", noted)
    with ThreadPoolExecutor(12) as pool:
        with records.transaction() as work:
            work.audit.append([Entry("another", "service", "read", "r")], NOON)
            told = [pool.submit(trail.add, GUIDE, Action.READ, subject=f"s{n}") for n in range(12)]
            while len(trail._together._waiting) < len(told):
                time.sleep(0.001)
            assert not any(each.done() for each in told)  # nobody is told before the line is stored
        lines = [each.result(30) for each in told]
    event.remove(records._engine, "commit", noted)
    assert sorted(line.subject or "" for line in lines) == sorted(f"s{n}" for n in range(12))
    assert sorted(line.seq for line in lines) == list(range(2, 14))
    verdict = trail.verify()
    assert (verdict.lines, verdict.broken) == (13, None)
    assert len(commits) <= 3
