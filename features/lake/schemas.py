"""The contracts as Pandera schemas: what every stored chunk is held against."""

from functools import lru_cache

import pandera.pandas as pa

from features.lake.columns import DTYPES, Column, Rule
from features.lake.tables import TABLES


@lru_cache
def schema(table: str) -> pa.DataFrameSchema:
    """Return the schema of a table; its types are set where a source brought others."""
    contract = TABLES[table]
    columns = {name: _column(column) for name, column in contract.columns.items()}
    return pa.DataFrameSchema(columns, checks=[_check(r) for r in contract.rules], name=table)


def _column(column: Column) -> pa.Column:
    return pa.Column(
        DTYPES[column.kind],
        checks=[_check(rule) for rule in column.rules],
        nullable=not column.required and column.default is None,
        default=column.default,
        coerce=True,
    )


def _check(rule: Rule) -> pa.Check:
    return pa.Check(rule.holds, error=rule.error, ignore_na=not rule.blamed)
