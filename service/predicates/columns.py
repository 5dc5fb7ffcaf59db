"""Which columns a list has: derived from the record that one of its rows is."""

import types
import typing
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from difflib import get_close_matches

from pydantic.fields import FieldInfo

from service.predicates.tree import Column, Kind

Columns = Mapping[str, "ListColumn"]
_KINDS: Mapping[object, Kind] = {
    float: Kind.NUMBER,
    int: Kind.NUMBER,
    str: Kind.TEXT,
    datetime: Kind.MOMENT,
    bool: Kind.BOOLEAN,
}


@dataclass(frozen=True, slots=True)
class ListColumn:
    """One column of a list, as its page documents it."""

    name: str
    kind: Kind
    description: str

    @property
    def column(self) -> Column:
        """The column as a filter names it."""
        return Column(self.name, self.kind)


def columns_of(record: type) -> Columns:
    """Return the columns of a list whose rows are records of a data class.

    Parameters
    ----------
    record
        Its fields are `Annotated[<type or None>, Field(description=...)]`; a field that no filter
        could compare (a collection) is left out.
    """
    hints = typing.get_type_hints(record, include_extras=True)
    found = [_column(name, hint) for name, hint in hints.items()]
    return {column.name: column for column in found if column is not None}


def nearest(name: str, known: typing.Iterable[str]) -> str:
    """Return what to try in place of an unknown name, as a sentence."""
    names = list(known)
    close = get_close_matches(name.lower(), names, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    return f"Choose one of {', '.join(names)}."


def _column(name: str, hint: object) -> ListColumn | None:
    bare, told = hint, ""
    if typing.get_origin(hint) is typing.Annotated:
        bare, *notes = typing.get_args(hint)
        told = next((note.description or "" for note in notes if isinstance(note, FieldInfo)), "")
    if typing.get_origin(bare) in (types.UnionType, typing.Union):
        bare = next(kind for kind in typing.get_args(bare) if kind is not type(None))
    kind = _KINDS.get(bare)
    return None if kind is None else ListColumn(name, kind, told)
