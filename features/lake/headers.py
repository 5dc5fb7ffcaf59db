"""The header of a foreign file against a contract: which column feeds which, or why none can."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass

from features.errors import ContractError
from features.lake.columns import Kind
from features.lake.csv_text import CsvText
from features.lake.names import hint
from features.lake.tables import TABLES, Table


@dataclass(frozen=True)
class ColumnPlan:
    """Which file column feeds which lake column.

    Attributes
    ----------
    picked
        Lake column to file column.
    extras
        File columns that go, as one JSON object, into the lake column `into`.
    ignored
        File columns the table has no place for.
    """

    picked: dict[str, str]
    extras: tuple[str, ...]
    into: str
    ignored: tuple[str, ...]


def resolve(
    text: CsvText, table: Table, columns: Mapping[str, str], drop: Sequence[str]
) -> ColumnPlan:
    """Decide what becomes of every column of a file.

    Parameters
    ----------
    columns, drop
        As in `import_csv`.

    Raises
    ------
    ContractError
        A column is missing or named wrongly, or the file is one of another table.
    """
    for name in columns:
        if name not in table.kinds:
            raise ContractError(
                f"Table {table.name} has no column {name!r}",
                where=str(text.path),
                todo=f"Its columns are {', '.join(table.kinds)}.",
            )
    for name in (*columns.values(), *drop):
        if name not in text.header:
            raise _not_found(text, name, text.header)
    mapped = (*columns, *columns.values(), *drop)
    own = {name: name for name in table.kinds if name in text.header and name not in mapped}
    if not columns:
        _refuse_other_table(text, table)
    picked = {**own, **columns}
    rest = tuple(n for n in text.header if n not in drop and n not in picked.values())
    for name in table.required:
        if name not in picked:
            raise _not_found(text, name, rest, f" Map a file column onto {name!r}: it is required.")
    into = next((n for n, kind in table.kinds.items() if kind is Kind.JSON and n not in picked), "")
    return ColumnPlan(picked, rest if into else (), into, () if into else rest)


def _refuse_other_table(text: CsvText, table: Table) -> None:
    """Refuse a file that another contract describes better; a mapping says that it is meant."""
    fits = {
        name: len(set(other.kinds) & set(text.header))
        for name, other in TABLES.items()
        if set(other.required) <= set(text.header)
    }
    best = max(fits, key=lambda name: fits[name], default=table.name)
    if fits.get(best, 0) > fits.get(table.name, len(set(table.kinds) & set(text.header))):
        own = next((n for n in table.required if n in text.header), table.required[0])
        raise ContractError(
            f"The file looks like {best}, not like {table.name}",
            where=str(text.path),
            todo=f"Import it as {best}; if {table.name} is meant, map a column: {own}={own}.",
        )


def _not_found(
    text: CsvText, name: str, candidates: Collection[str], advice: str = ""
) -> ContractError:
    return ContractError(
        f"The file has no column {name!r}",
        where=str(text.path),
        todo=f"It has {', '.join(map(repr, text.header))}.{hint(name, candidates)}{advice}",
    )
