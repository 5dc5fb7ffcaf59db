"""Small lakes of leads."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.lake.columns import IBIS_TYPES
from features.lake.tables import contract


@dataclass(frozen=True)
class Frames:
    """Lake tables made of rows; a table without rows is not there."""

    tables: Mapping[str, ir.Table]

    def table(self, name: str) -> ir.Table:
        return self.tables[name]

    def has(self, name: str) -> bool:
        return name in self.tables


def frames(**rows: Sequence[Mapping[str, Any]]) -> Frames:
    return Frames({name: _table(name, some) for name, some in rows.items() if some})


def _table(name: str, rows: Sequence[Mapping[str, Any]]) -> ir.Table:
    schema = {column: IBIS_TYPES[kind] for column, kind in contract(name).kinds.items()}
    frame = pd.DataFrame(rows, columns=list(schema), dtype="object")
    moments = [column for column, kind in schema.items() if kind.startswith("timestamp")]
    frame = frame.assign(**{m: pd.to_datetime(frame[m]).astype("datetime64[us]") for m in moments})
    return ibis.memtable(frame.where(frame.notna(), None), schema=schema)
