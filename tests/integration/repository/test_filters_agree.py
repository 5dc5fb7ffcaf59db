"""One filter keeps the same rows in DuckDB, SQLite, PostgreSQL and plain Python."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any

import ibis
import pyarrow as pa
import pytest
from hypothesis import example, given, settings
from sqlalchemy import (
    Boolean,
    Column,
    Double,
    Engine,
    Integer,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    insert,
    select,
)

from features.clock import naive
from features.engine import connect
from service.predicates import tables
from service.predicates.evaluation import holds
from service.predicates.parsing import parse
from service.predicates.tree import Kind, Predicate
from service.repository import predicates
from service.repository.schema import UtcTime
from tests import filter_examples
from tests.filter_examples import COLUMNS, KINDS, Row

_SQL = {Kind.NUMBER: Double, Kind.TEXT: String, Kind.MOMENT: UtcTime, Kind.BOOLEAN: Boolean}
# The order of a country, as most databases are set up: A before b, and a beside A.
_POSTGRES = {**_SQL, Kind.TEXT: lambda: String(collation="en-x-icu")}
_ARROW = {
    Kind.NUMBER: pa.float64(),
    Kind.TEXT: pa.string(),
    Kind.MOMENT: pa.timestamp("us"),
    Kind.BOOLEAN: pa.bool_(),
}
EMPTY: Row = dict.fromkeys(KINDS)
CASES: list[Row] = [
    EMPTY,
    {**EMPTY, "s": "a_b", "x": 1.0, "yes": True},
    {**EMPTY, "s": "A*B", "x": -1.0, "yes": False},
    {**EMPTY, "s": "É中", "x": 0.30000000000000004},
    {**EMPTY, "s": "a\nb\\", "x": 1e300},
]


@pytest.fixture
def databases(postgres_url: str) -> Iterator[list[tuple[Engine, Table]]]:
    opened = []
    for url, types in (("sqlite://", _SQL), (postgres_url, _POSTGRES)):
        engine = create_engine(url)
        named = [Column(name, types[kind]()) for name, kind in KINDS.items()]
        table = Table("drawn", MetaData(), Column("id", Integer, primary_key=True), *named)
        table.create(engine)
        opened.append((engine, table))
    yield opened
    for engine, _ in opened:
        engine.dispose()


def kept_by_database(engine: Engine, table: Table, rows: list[Row], met: Predicate) -> list[int]:
    with engine.begin() as connection:
        connection.execute(delete(table))
        connection.execute(insert(table), [{"id": i, **row} for i, row in enumerate(rows)])
        condition = predicates.condition(met, dict(table.c), engine.dialect.name)
        return list(connection.scalars(select(table.c.id).where(condition).order_by(table.c.id)))


def kept_by_duckdb(con: Any, rows: list[Row], met: Predicate) -> list[int]:
    table = ibis.memtable(
        pa.table(
            {
                "id": range(len(rows)),
                **{
                    name: pa.array([_naive(row[name]) for row in rows], _ARROW[kind])
                    for name, kind in KINDS.items()
                },
            }
        )
    )
    kept = con.execute(table.filter(tables.condition(met, table)))
    return sorted(kept["id"].tolist())


def _naive(value: object) -> object:
    return naive(value) if isinstance(value, datetime) else value


def test_every_engine_keeps_the_rows_that_plain_python_keeps(
    databases: list[tuple[Engine, Table]],
) -> None:
    con = connect(1)

    @given(rows=filter_examples.rows(), met=filter_examples.predicates())
    @example(rows=CASES, met=parse("not (x > 0 and s = 'a_b')", COLUMNS))
    @example(rows=CASES, met=parse("x > 0 or not yes", COLUMNS))
    @example(rows=CASES, met=parse("x not in (1, 2) or s in ('A*B')", COLUMNS))
    @example(rows=CASES, met=parse("s like 'a_b%'", COLUMNS))
    @example(rows=CASES, met=parse("s like '%*%' or lower(s) = 'É中'", COLUMNS))
    @example(rows=CASES, met=parse("x = 0.30000000000000004 or s > 'Z'", COLUMNS))
    @example(rows=CASES, met=parse(" or ".join(["x=1"] * 500), COLUMNS))
    @settings(max_examples=150, deadline=None, database=None, derandomize=True)
    def agree(rows: list[Row], met: Predicate) -> None:
        expected = [i for i, row in enumerate(rows) if holds(met, row)]
        for engine, table in databases:
            assert kept_by_database(engine, table, rows, met) == expected, engine.dialect.name
        assert kept_by_duckdb(con, rows, met) == expected

    agree()
