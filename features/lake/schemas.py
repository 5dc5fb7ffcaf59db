"""The contracts as Pandera schemas: what every stored chunk is held against."""

from functools import lru_cache
from typing import TYPE_CHECKING

from features.lake.columns import DTYPES, Column, Rule
from features.lake.tables import TABLES

if (
    TYPE_CHECKING
):  # takes seconds where Spark is installed; a server holds no chunk before it serves
    import pandera.pandas as pa


@lru_cache
def schema(table: str) -> "pa.DataFrameSchema":
    """Return the schema of a table; its types are set where a source brought others."""
    import pandera.pandas as pa

    contract = TABLES[table]
    columns = {name: _column(column) for name, column in contract.columns.items()}
    return pa.DataFrameSchema(columns, checks=[_check(r) for r in contract.rules], name=table)


def _column(column: Column) -> "pa.Column":
    import pandera.pandas as pa

    return pa.Column(
        DTYPES[column.kind],
        checks=[_check(rule) for rule in column.rules],
        nullable=not column.required and column.default is None,
        default=column.default,
        coerce=True,
    )


def _check(rule: Rule) -> "pa.Check":
    import pandera.pandas as pa

    return pa.Check(rule.holds, error=rule.error, ignore_na=not rule.blamed)
