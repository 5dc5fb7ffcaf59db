"""Which staged rows are new to a table, and which of the others contradict what stands."""

from collections.abc import Collection
from functools import reduce
from pathlib import Path
from typing import Any

import ibis
import pyarrow.parquet as pq

from features.lake.inspection import ROW
from features.lake.tables import Table

WAS = "_was_"


def fresh(staged: Any, table: Table, standing: Any | None) -> Any:
    """Keep the first row of every key that does not stand yet, in the order of the source."""
    first = ibis.row_number().over(ibis.window(group_by=list(table.key), order_by=staged[ROW]))
    rows = staged.mutate(_copy=first).filter(lambda t: t["_copy"] == 0).drop("_copy")
    if standing is not None:
        rows = rows.anti_join(standing, _same(rows, standing, table))
    return rows.order_by(ROW).drop(ROW)


def write_conflicts(
    con: Any,
    staged: Any,
    stands: list[Any],
    table: Table,
    brought: Collection[str],
    folder: Path,
) -> tuple[int, Path]:
    """Write every difference between a staged row and the row of its key that stands.

    A value the source leaves empty contradicts nothing.

    Parameters
    ----------
    stands
        Tables that the row of a key may stand in; it stands in one of them.
    brought
        Columns the source has; the others were filled by the contract.

    Returns
    -------
    tuple
        Number of rows with a difference, and the CSV: row, key columns, column, stands, came.
    """
    told = [name for name in table.told if name in brought]
    differing, file = folder / "differing.parquet", folder / "conflicts.csv"
    if not told:
        return 0, file
    pairs = [_differing(staged, each, table, told) for each in stands]
    _union(pairs).to_parquet(str(differing))
    count = pq.read_metadata(differing).num_rows
    if count:
        rows = con.read_parquet(str(differing), table_name="lake_differing")
        lines = _union([_lines(rows, name, table) for name in told])
        lines.order_by(ROW, "column").rename(row=ROW).to_csv(str(file))
    return count, file


def _same(left: Any, right: Any, table: Table, prefix: str = "") -> list[Any]:
    """Match rows of one key, gaps in it being equal; `prefix` stands before names of `right`."""
    pairs = [(name, left[name], right[prefix + name]) for name in table.key]
    return [a == b if table.columns[n].required else a.identical_to(b) for n, a, b in pairs]


def _differing(staged: Any, standing: Any, table: Table, told: list[str]) -> Any:
    ours = standing.select(**{WAS + name: standing[name] for name in (*table.key, *told)})
    pairs = staged.inner_join(ours, _same(staged, ours, table, WAS))
    return pairs.filter(reduce(lambda a, b: a | b, (_differs(pairs, name) for name in told)))


def _differs(pairs: Any, name: str) -> Any:
    return pairs[name].notnull() & ~pairs[name].identical_to(pairs[WAS + name])


def _lines(rows: Any, name: str, table: Table) -> Any:
    return rows.filter(_differs(rows, name)).select(
        ROW,
        *table.key,
        column=ibis.literal(name),
        stands=rows[WAS + name].cast("string"),
        came=rows[name].cast("string"),
    )


def _union(tables: list[Any]) -> Any:
    return tables[0] if len(tables) == 1 else ibis.union(*tables)
