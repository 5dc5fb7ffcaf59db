"""A filter keeps the same rows in Spark as in plain Python."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
from hypothesis import given, settings

from features.clock import naive
from features.spark.engine import SparkEngine
from service.predicates import tables
from service.predicates.evaluation import holds
from service.predicates.parsing import parse
from service.predicates.tree import Kind, Predicate
from tests import filter_examples
from tests.filter_examples import COLUMNS, KINDS, Row

TEXTS = [
    "not (x > 0 and s = 'a_b')",
    "x > 0 or not yes",
    "x not in (1, 2) or s in ('A*B', 'it''s', '%')",
    "s like 'a_b%' or s like '%*%'",
    "lower(s) = 'aÉ中' or s > 'Z'",
    "x = 0.30000000000000004 or abs(y) > 1e300",
    "at between '2018-01-01' and '2018-06-01T08:00:00+08:00' or at = told",
    "coalesce(s, u, '') = '' and coalesce(x, y) is not null",
    "s = '\\' or s = '''' or s = '\"'",
]
DRAWN = 25


def test_spark_keeps_the_rows_that_plain_python_keeps(spark: SparkEngine, tmp_path: Path) -> None:
    drawn: list[tuple[list[Row], Predicate]] = []

    @given(rows=filter_examples.rows(), met=filter_examples.predicates())
    @settings(max_examples=DRAWN, deadline=None, database=None, derandomize=True)
    def draw(rows: list[Row], met: Predicate) -> None:
        drawn.append((rows, met))

    draw()
    # Starting a query is what costs: all rows in one table, all filters as columns of one query.
    rows = [row for some, _ in drawn for row in some]
    rows += [dict.fromkeys(KINDS), {**dict.fromkeys(KINDS), "s": "AÉ中", "x": 0.30000000000000004}]
    filters = [met for _, met in drawn] + [parse(text, COLUMNS) for text in TEXTS]
    pq.write_table(_table(rows), tmp_path / "drawn.parquet")
    table = spark.read_parquet([tmp_path / "drawn.parquet"], "drawn_rows")
    columns = {f"f{i}": tables.condition(met, table) for i, met in enumerate(filters)}
    found = spark.execute(table.select("id", **columns)).sort_values("id")
    for i, met in enumerate(filters):
        kept = found.loc[found[f"f{i}"].eq(True).fillna(False).astype(bool), "id"].tolist()
        assert kept == [n for n, row in enumerate(rows) if holds(met, row)], met


def _table(rows: list[Row]) -> pa.Table:
    arrow = {
        Kind.NUMBER: pa.float64(),
        Kind.TEXT: pa.string(),
        Kind.MOMENT: pa.timestamp("us"),
        Kind.BOOLEAN: pa.bool_(),
    }

    def values(name: str) -> list[object]:
        found = [row[name] for row in rows]
        return [naive(v) if KINDS[name] is Kind.MOMENT and v else v for v in found]  # type: ignore[arg-type]

    columns = {name: pa.array(values(name), arrow[kind]) for name, kind in KINDS.items()}
    return pa.table({"id": list(range(len(rows))), **columns})
