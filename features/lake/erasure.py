"""Taking one person out of the lake: the only change of rows that stand."""

import csv
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from features.lake import manifest
from features.lake.files import digest, publish
from features.lake.locks import exclusive, staging
from features.lake.manifest import Part
from features.lake.tables import TABLES, Table
from features.parquet_rows import matching, written_without

REFERRER = "referrer_id"
_NAMED_BY = {
    "customers": "customer_id",
    "order_lines": "order_id",
    "interactions": "event_id",
    "campaign_contacts": "customer_id",
    "leads": "lead_id",
    "lead_outcomes": "lead_id",
    "tickets": "ticket_id",
}
"""The column by which a file of conflicts tells whose row it speaks of."""


@dataclass(frozen=True, slots=True)
class Person:
    """A customer and the leads that became of them."""

    customer_id: str
    lead_ids: frozenset[str] = frozenset()

    @property
    def doomed(self) -> dict[str, Collection[str]]:
        """The rows of this person, in any table."""
        return {"customer_id": {self.customer_id}, "lead_id": self.lead_ids}


def leads_of(root: Path, customer_id: str) -> frozenset[str]:
    """Return the leads of a customer."""
    found = _rows(root, TABLES["leads"], {"customer_id": {customer_id}})
    return frozenset(str(row["lead_id"]) for row in found)


def rows_of(root: Path, person: Person) -> dict[str, list[dict[str, Any]]]:
    """Return all that the lake holds of a person, by table."""
    found = {name: _rows(root, table, person.doomed) for name, table in TABLES.items()}
    return {name: rows for name, rows in found.items() if rows}


def erase(root: Path, person: Person) -> dict[str, int]:
    """Remove a person's rows from every table and return how many went, by table.

    Parts that held any are written anew without them and the old files are deleted at once, as
    are all parts that compaction kept for readers. Whoever the person referred loses that mark.
    A part written anew has another name, so features made from it count as made from other data.
    """
    gone: dict[str, int] = {}
    with staging(root) as unfinished, exclusive(root):
        for name, table in TABLES.items():
            rows = _rows(root, table, person.doomed)
            # What names the rows goes first: after a crash in between they are still there to ask.
            _forget_conflicts(root, table, rows, person)
            _rewrite(root / name, table, person, unfinished)
            gone[name] = len(rows)
        for file in sorted((root / "quarantine").glob("*.csv")):
            _drop_lines(file, "value", {person.customer_id, *person.lead_ids})
    return {name: rows for name, rows in gone.items() if rows}


def _rows(root: Path, table: Table, doomed: Mapping[str, Collection[str]]) -> list[dict[str, Any]]:
    state = manifest.read(root / table.name)
    found = (matching(root / table.name / part.name, doomed) for part in state.parts)
    return [row for rows in found if rows is not None for row in rows.to_pylist()]


def _rewrite(folder: Path, table: Table, person: Person, unfinished: Path) -> None:
    state = manifest.read(folder)
    changes = {
        part.name: _part_without(folder / part.name, table, person, unfinished)
        for part in state.parts
        if _tells_of(folder / part.name, table, person)
    }
    if changes:
        state = state.rewritten(changes)
        manifest.write(folder, state, unfinished)
    standing = {part.name for part in state.parts}
    # Parts that were merged, or left behind by a crash, hold the same rows.
    for file in folder.glob("part-*.parquet"):
        if file.name not in standing and (changes or _tells_of(file, table, person)):
            file.unlink()


def _part_without(file: Path, table: Table, person: Person, unfinished: Path) -> Part | None:
    target = unfinished / "without.parquet"
    written_without(file, target, person.doomed)
    if table.name == "customers":
        _forget_referrer(target, person)
    rows = pq.read_metadata(target).num_rows
    if not rows:
        return None
    made = file.parent / f"part-{digest(target)}.parquet"
    publish(target, made)
    return Part(made.name, rows)


def _tells_of(file: Path, table: Table, person: Person) -> bool:
    doomed = dict(person.doomed)
    if table.name == "customers":
        doomed[REFERRER] = {person.customer_id}
    return matching(file, doomed) is not None


def _forget_referrer(file: Path, person: Person) -> None:
    rows = pq.read_table(file)
    if REFERRER not in rows.column_names:
        return
    column = rows.column(REFERRER)
    is_theirs = pc.fill_null(pc.equal(column, person.customer_id), False)
    kept = pc.if_else(is_theirs, pa.scalar(None, column.type), column)
    place = rows.column_names.index(REFERRER)
    pq.write_table(rows.set_column(place, rows.schema.field(place), kept), file, compression="zstd")


def _forget_conflicts(root: Path, table: Table, rows: list[dict[str, Any]], person: Person) -> None:
    """Drop what files of differences say of the person's rows and of who the person is."""
    if table.name not in _NAMED_BY:
        return
    name = _NAMED_BY[table.name]
    theirs = {str(row[name]) for row in rows}
    for file in sorted((root / "conflicts").glob(f"{table.name}-*.csv")):
        _drop_lines(file, name, theirs)
        for column in ("stands", "came"):
            _drop_lines(file, column, {person.customer_id, *person.lead_ids})


def _drop_lines(file: Path, column: str, values: Collection[str]) -> None:
    with file.open(newline="", encoding="utf-8") as text:
        read = csv.DictReader(text)
        header, lines = read.fieldnames or [], list(read)
    kept = [line for line in lines if line.get(column) not in values]
    if len(kept) == len(lines):
        return
    unfinished = file.with_suffix(".unfinished")
    with unfinished.open("w", newline="", encoding="utf-8") as text:
        writer = csv.DictWriter(text, header)
        writer.writeheader()
        writer.writerows(kept)
    publish(unfinished, file)
