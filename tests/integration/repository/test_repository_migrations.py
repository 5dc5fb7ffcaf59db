import subprocess
import sys
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from sqlalchemy import create_engine, inspect

from features.errors import InputError, StateError
from service.repository.records import Records
from service.repository.schema import Base
from tests.integration.repository.examples import task

ROOT = Path(__file__).parents[3]


MIGRATE_WHEN_TOLD = """
import sys
from service.repository.records import Records
records = Records(sys.argv[1])
print("ready", flush=True)
sys.stdin.readline()
records.migrate()
records.close()
"""


def _migrator(url: str) -> subprocess.Popen[str]:
    command = [sys.executable, "-W", "error", "-c", MIGRATE_WHEN_TOLD, url]
    pipe = subprocess.PIPE
    return subprocess.Popen(command, cwd=ROOT, stdin=pipe, stdout=pipe, stderr=pipe, text=True)


def test_nothing_is_made_before_the_first_use(tmp_path: Path) -> None:
    Records(f"sqlite:///{tmp_path / 'state' / 'records.db'}")
    assert list(tmp_path.iterdir()) == []


def test_the_schema_equals_the_models(records: Records, url: str) -> None:
    engine = create_engine(url)
    with engine.connect() as connection:
        differences = compare_metadata(MigrationContext.configure(connection), Base.metadata)
        checks = {
            check["name"]
            for table in Base.metadata.tables
            for check in inspect(connection).get_check_constraints(table)
        }
    engine.dispose()
    assert differences == []
    assert checks == {
        "ck_staff_role",
        "ck_staff_capacity",
        "ck_tasks_status",
        "ck_tasks_one_subject",
        "ck_contacts_subject_kind",
        "ck_contacts_kind",
        "ck_webhook_deliveries_state",
        "ck_jobs_state",
    }


def test_migrating_again_keeps_what_is_there(records: Records) -> None:
    with records.transaction() as work:
        work.tasks.add_new([task("a", staff_id=None)])
    records.migrate()
    with records.transaction(read_only=True) as work:
        assert [found.customer_id for found in work.tasks.page(limit=9)] == ["a"]


def test_it_works_from_any_folder(
    sqlite_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    records = Records(sqlite_url)
    records.migrate()
    records.close()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["state"]


def test_sqlite_is_in_write_ahead_mode(sqlite_url: str) -> None:
    records = Records(sqlite_url)
    records.migrate()
    records.close()
    engine = create_engine(sqlite_url)
    with engine.connect() as connection:
        assert connection.exec_driver_sql("PRAGMA journal_mode").scalar() == "wal"
    engine.dispose()


def test_two_processes_may_migrate_at_the_same_moment(url: str) -> None:
    both = [_migrator(url), _migrator(url)]
    for process in both:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
    for process in both:
        assert process.stdin is not None
        process.stdin.write("go\n")
        process.stdin.flush()
    errors = [process.communicate(timeout=60)[1] for process in both]
    assert errors == ["", ""]
    records = Records(url)
    with records.transaction() as work:
        assert work.tasks.add_new([task("a", staff_id=None)]) == 1
    records.close()


def test_a_database_that_cannot_be_opened_says_what_to_do(tmp_path: Path) -> None:
    (tmp_path / "records.db").mkdir()
    with pytest.raises(StateError, match="SHUKE_DATABASE_URL"):
        Records(f"sqlite:///{tmp_path / 'records.db'}").migrate()


@pytest.mark.parametrize(
    "bad", ["", "records.db", "mysql://localhost/x", "postgresql+nodriver://x"]
)
def test_an_address_that_cannot_be_used_is_refused_by_name(bad: str) -> None:
    with pytest.raises(InputError, match="SHUKE_DATABASE_URL"):
        Records(bad)
