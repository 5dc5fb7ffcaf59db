"""One chunk of foreign rows against one contract: the rows that keep it, and why the others not."""

from collections.abc import Sequence
from dataclasses import dataclass

import pandas as pd

from features.errors import ContractError
from features.lake.names import hint
from features.lake.schemas import schema
from features.lake.tables import Table
from features.lake.values import UNREADABLE, read_values

ROW = "_row"  # row number in the source, from 1
FAULT = "_fault"  # why an importer could not read the row at all; empty where it could
QUARANTINE_COLUMNS = ["row", "column", "reason", "value"]


@dataclass(frozen=True)
class Inspected:
    """A chunk divided.

    Attributes
    ----------
    good
        Rows that keep the contract: its columns in its order, then `ROW`.
    bad
        One row per broken row: row, column, reason, value; several joined by "; ".
    """

    good: pd.DataFrame
    bad: pd.DataFrame


def inspect(chunk: pd.DataFrame, table: Table, *, first_row: int, zone: str = "UTC") -> Inspected:
    """Divide `chunk` into rows that keep the table's contract and rows that break it.

    Parameters
    ----------
    chunk
        Foreign rows under the contract's column names. It may carry `ROW` (otherwise rows are
        numbered from `first_row`) and `FAULT`.
    zone
        Time zone of moments that carry none.

    Raises
    ------
    ContractError
        A required column is missing, or a column is none of the contract's.
    """
    _check_columns(chunk, table)
    chunk = chunk.reset_index(drop=True)
    rows = chunk[ROW] if ROW in chunk else pd.Series(range(first_row, first_row + len(chunk)))
    faults = [_importer_faults(chunk)]
    columns = {}
    for name, kind in table.kinds.items():
        raw = chunk[name] if name in chunk else pd.Series(None, index=chunk.index, dtype=object)
        columns[name], unreadable = read_values(raw, kind, zone)
        faults.append(_faults(name, UNREADABLE[kind], raw[unreadable]))
    frame = pd.DataFrame(columns, index=chunk.index)
    bad = _one_per_row([*faults, *_contract_faults(frame, table)])
    good = schema(table.name).validate(frame.drop(index=bad.index))
    good[ROW] = rows[good.index].astype("int64")
    return Inspected(good, bad.assign(row=rows[bad.index])[QUARANTINE_COLUMNS])


def _check_columns(chunk: pd.DataFrame, table: Table) -> None:
    known: Sequence[str] = [*table.kinds, ROW, FAULT]
    strange = [str(name) for name in chunk if name not in known]
    missing = [name for name in table.required if name not in chunk]
    if missing:
        raise ContractError(
            f"Table {table.name} needs the column {', '.join(missing)}",
            where=f"found {', '.join(map(str, chunk.columns)) or 'no column'}",
            todo=f"Map a column of the source onto it.{hint(missing[0], strange)}",
        )
    if strange:
        raise ContractError(
            f"Table {table.name} has no column {', '.join(strange)}",
            where=f"its columns are {', '.join(table.kinds)}",
            todo=f"Rename or drop it.{hint(strange[0], [n for n in known if n not in chunk])}",
        )


def _faults(column: str, reason: str, values: pd.Series) -> pd.DataFrame:
    return pd.DataFrame(
        {"column": column, "reason": reason, "value": values.astype(object)}, index=values.index
    )


def _importer_faults(chunk: pd.DataFrame) -> pd.DataFrame:
    broken = chunk[FAULT].dropna() if FAULT in chunk else pd.Series(dtype=object)
    return pd.DataFrame({"column": "", "reason": broken, "value": ""}, index=broken.index)


def _contract_faults(frame: pd.DataFrame, table: Table) -> list[pd.DataFrame]:
    """Hold every rule; each tells its broken rows apart, which the schema's report would not."""
    faults = []
    for name, column in table.columns.items():
        values = frame[name]
        present = values.dropna()
        if column.required:
            faults.append(_faults(name, "is missing", values[values.isna()]))
        for rule in column.rules:
            faults.append(_faults(name, rule.error, present[~rule.holds(present).astype(bool)]))
    for rule in table.rules:
        values = frame[rule.blamed]
        faults.append(_faults(rule.blamed, rule.error, values[~rule.holds(frame).astype(bool)]))
    return faults


def _one_per_row(parts: Sequence[pd.DataFrame]) -> pd.DataFrame:
    """Join what is wrong with a row; the first thing said of a column stands for it."""
    found = [part for part in parts if len(part)]
    if not found:
        return pd.DataFrame(columns=QUARANTINE_COLUMNS, index=pd.RangeIndex(0))
    faults = pd.concat(found).rename_axis("at").reset_index()
    # A row the importer could not read has nothing true to say about its columns.
    unread = faults.loc[faults["column"] == "", "at"]
    faults = faults[~faults["at"].isin(unread) | (faults["column"] == "")]
    faults = faults.drop_duplicates(["at", "column"])
    text = faults.assign(value=faults["value"].map(lambda v: "" if pd.isna(v) else str(v)))
    # Joining is slow by nature; a file mapped wrongly has one fault in each of its million rows.
    several = text["at"].duplicated(keep=False)
    told = ["column", "reason", "value"]
    joined = text[several].groupby("at")[told].agg("; ".join)
    return pd.concat([text[~several].set_index("at")[told], joined]).sort_index()
