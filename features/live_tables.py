"""Lake tables held in memory that grow row by row; a row is known by its key, as in the lake."""

from collections.abc import Collection, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd
import pyarrow as pa

from features.errors import ContractError
from features.lake.columns import IBIS_TYPES
from features.lake.inspection import ROW, inspect
from features.lake.lake import Lake
from features.lake.tables import Table, contract

OF_CUSTOMERS = ("customers", "order_lines", "interactions", "campaign_contacts", "tickets")
NAMES = (*OF_CUSTOMERS, "products")
"""Tables that features are made of; those of customers are read for some of them alone."""

_EVERY, _SOME, _TOUCHED = "every_", "some_", "touched"
_INCOMING, _FILES, _ARRIVED = "incoming", "files", "arrived"


@dataclass(frozen=True, slots=True)
class Held:
    """Tables of a connection, as transforms take them.

    Attributes
    ----------
    filled
        Names of those that hold any row.
    """

    con: Any
    prefix: str
    filled: frozenset[str]

    def table(self, name: str) -> ir.Table:
        """Return a table."""
        prefix = self.prefix if _held(name) in OF_CUSTOMERS else _EVERY
        found: ir.Table = self.con.table(prefix + name)
        return found

    def has(self, name: str) -> bool:
        """Return whether it holds any row, of anybody."""
        return _held(name) in self.filled


class LiveTables:
    """All rows of `NAMES`, and beside them those of the customers chosen last.

    Parameters
    ----------
    con
        Ibis DuckDB connection of this object's owner alone.
    lake
        Where rows come from; read by `catch_up` only.
    """

    def __init__(self, con: Any, lake: Lake) -> None:
        self._con = con
        self._lake = lake
        self._seen: set[Path] = set()
        self.filled: frozenset[str] = frozenset()
        for name in NAMES:
            con.create_table(_EVERY + name, schema=_schema(contract(name)))
        for name in OF_CUSTOMERS:
            con.create_table(_SOME + name, schema=_schema(contract(name)))
        con.create_table(_TOUCHED, schema=ibis.schema({"customer_id": "string"}))

    @property
    def every(self) -> Held:
        """Return the tables with all rows."""
        return Held(self._con, _EVERY, self.filled)

    @property
    def some(self) -> Held:
        """Return the tables with the rows of the customers chosen; of others, all."""
        return Held(self._con, _SOME, self.filled)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """Keep all that is done inside, or nothing of it if it raises."""
        filled = self.filled
        self._run("BEGIN")
        try:
            yield
        except BaseException:
            self._run("ROLLBACK")
            self.filled = filled
            raise
        self._run("COMMIT")

    def catch_up(self) -> int:
        """Take in rows of lake files not read yet, and return how many were not known by key.

        The first time that is the whole lake; later, what others brought into it.
        """
        return sum(self._catch_up(contract(name)) for name in NAMES)

    def take(self, rows: Mapping[str, pd.DataFrame]) -> frozenset[str]:
        """Take in rows and return the customers they are of, those known by key included.

        Parameters
        ----------
        rows
            By table, as `Lake.append` takes them; they come to stand here as they would there.

        Raises
        ------
        ContractError
            A row breaks the contract of its table, which the lake would not take.
        """
        touched: set[str] = set()
        for name, frame in rows.items():
            table = contract(_held(name))
            good = _good(frame, table)
            touched.update(good["customer_id"].dropna())
            self._insert(table, good.drop_duplicates(list(table.key)))
        return frozenset(touched)

    def choose(self, customers: Collection[str]) -> None:
        """Fill the tables of `some` with the rows of these customers."""
        self._lend(pa.table({"customer_id": sorted(customers)}))
        self._run(f"CREATE OR REPLACE TABLE {_TOUCHED} AS FROM {_INCOMING}")
        for name in self.filled.intersection(OF_CUSTOMERS):
            self._run(
                f"CREATE OR REPLACE TABLE {_SOME}{name} AS "
                f"FROM {_EVERY}{name} SEMI JOIN {_TOUCHED} USING (customer_id)"
            )

    def _catch_up(self, table: Table) -> int:
        parts = [part for part in self._lake.parts(table.name) if part not in self._seen]
        if not parts:
            return 0
        files = [str(part) for part in parts]
        found = self._con.read_parquet(files, table_name=_FILES, union_by_name=True)
        kinds = table.kinds.items()
        gained = {n: ibis.null(IBIS_TYPES[kind]) for n, kind in kinds if n not in found.columns}
        # Side by side in memory, one customer's rows are found without reading all others.
        order = "customer_id" if table.name in OF_CUSTOMERS else table.key
        rows = found.mutate(**gained).select(*table.kinds).order_by(order)
        self._con.create_view(_ARRIVED, rows, overwrite=True)
        added = self._insert_from(table, _ARRIVED)
        self._seen.update(parts)
        return added

    def _insert(self, table: Table, good: pd.DataFrame) -> int:
        if good.empty:
            return 0
        schema = _schema(table).to_pyarrow()
        self._lend(pa.Table.from_pandas(good[schema.names], schema=schema, preserve_index=False))
        return self._insert_from(table, _INCOMING)

    def _insert_from(self, table: Table, source: str) -> int:
        every = _EVERY + table.name
        new = source
        if table.name in self.filled:
            same = " AND ".join(f"n.{key} IS NOT DISTINCT FROM e.{key}" for key in table.key)
            new = f"{source} AS n ANTI JOIN {every} AS e ON {same}"
        [(added,)] = self._run(f"INSERT INTO {every} FROM {new}").fetchall()
        if added:
            self.filled |= {table.name}
        return int(added)

    def _lend(self, rows: pa.Table) -> None:
        self._con.con.register(_INCOMING, rows)

    def _run(self, statement: str) -> Any:
        return self._con.con.execute(statement)


def _good(frame: pd.DataFrame, table: Table) -> pd.DataFrame:
    inspected = inspect(frame, table, first_row=1)
    if len(inspected.bad):
        bad = inspected.bad.iloc[0]
        raise ContractError(
            f"{bad['column']} {bad['reason']}",
            where=f"{table.name}, row {bad['row']}",
            todo="Send it again as the contract of the table asks.",
        )
    return inspected.good.drop(columns=ROW)


def _held(name: str) -> str:
    if name not in NAMES:
        raise ContractError(
            f"The table {name} is not held in memory", todo=f"Choose of {', '.join(NAMES)}."
        )
    return name


def _schema(table: Table) -> Any:
    return ibis.schema({name: IBIS_TYPES[kind] for name, kind in table.kinds.items()})
