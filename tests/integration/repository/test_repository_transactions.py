import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from sqlalchemy import Table
from sqlalchemy.dialects import postgresql
from sqlalchemy.schema import CreateTable

from service.repository.records import Records
from service.repository.schema import Base
from tests.integration.repository.examples import TEAM, seed, task


@pytest.fixture(autouse=True)
def _seeded(records: Records) -> None:
    with records.transaction() as work:
        seed(work)


def test_an_error_leaves_nothing_behind(records: Records) -> None:
    with pytest.raises(RuntimeError, match="broke off"), records.transaction() as work:
        work.tasks.add_new([task("a")])
        work.leads.mark_in_lake(["L1"])
        raise RuntimeError("broke off")
    with records.transaction(read_only=True) as work:
        assert work.tasks.page(limit=9) == []
        assert len(work.leads.not_in_lake()) == 2


def test_of_two_threads_adding_the_same_task_one_adds_it(records: Records) -> None:
    together = threading.Barrier(2)

    def add(customer_id: str) -> int:
        together.wait()
        with records.transaction() as work:
            # Reading first is what makes a late lock fail instead of wait.
            work.tasks.page(limit=1)
            return work.tasks.add_new([task(customer_id)])

    with ThreadPoolExecutor(2) as pool:
        for number in range(20):
            assert sorted(pool.map(add, [str(number)] * 2)) == [0, 1]
    with records.transaction(read_only=True) as work:
        assert len(work.tasks.page(limit=99)) == 20


def test_a_reader_never_waits_for_a_writer_nor_sees_its_unfinished_work(records: Records) -> None:
    with records.transaction() as writer:
        writer.tasks.add_new([task("a")])
        began = time.monotonic()
        with records.transaction(read_only=True) as reader:
            assert reader.tasks.page(limit=9) == []
            assert reader.staff.all() == sorted(TEAM, key=lambda person: person.staff_id)
        assert time.monotonic() - began < 5


def test_a_reader_sees_one_moment_from_begin_to_end(records: Records) -> None:
    with records.transaction(read_only=True) as reader:
        assert reader.tasks.page(limit=9) == []
        with records.transaction() as writer:
            writer.tasks.add_new([task("a")])
        assert reader.tasks.page(limit=9) == []


@pytest.mark.parametrize("table", Base.metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_can_be_written_in_postgresqls_words(table: Table) -> None:
    words = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert "TIMESTAMP WITH TIME ZONE" in words or "_at" not in words
