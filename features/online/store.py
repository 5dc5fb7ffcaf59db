"""The online store: frames of features to packed rows and back."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

from features.clock import utc
from features.errors import InputError
from features.online.backend import BATCH_ROWS, Backend, Incoming, Note, Row, keep
from features.online.packing import Arrays, Kind, Layout, Matrix, layout_of, pack, unpack

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Materialized:
    """The newest rows online: the moment they describe and when they were put there (UTC).

    Attributes
    ----------
    snapshot
        They lie in the snapshot of this machine, as the online store is away.
    """

    as_of: datetime
    at: datetime
    snapshot: bool = False


@dataclass(frozen=True, slots=True)
class Rows:
    """What is online of some ids, in their order, without the cost of a frame.

    Attributes
    ----------
    as_of
        Shape (ids,), datetime64[us] in UTC; NaT for an unknown id.
    numbers
        Shape (ids, number columns), float64, columns in the order asked; NaN for an unknown id.
    arrays
        Column to one list or None per id.
    """

    as_of: npt.NDArray[np.datetime64]
    numbers: Matrix
    arrays: Arrays


class OnlineStore:
    """Features of customers, the newest row each, under certain definitions.

    Parameters
    ----------
    backend
        Where packed rows lie.
    definitions
        Fingerprint of the feature definitions; rows of other definitions are never read.
    """

    def __init__(self, backend: Backend, definitions: str) -> None:
        self._backend = backend
        self._definitions = definitions

    def put(self, set_name: str, columns: Mapping[str, Kind], frame: pd.DataFrame) -> int:
        """Store rows and return how many were stored; a newer row online stays.

        Parameters
        ----------
        columns
            All columns of the set with what they hold, in any order.
        frame
            `customer_id`, `as_of` (aware, or naive UTC) and `columns`, on any index.

        Raises
        ------
        InputError
            If a row lacks its customer or its moment.
        """
        if frame["customer_id"].isna().any() or frame["as_of"].isna().any():
            raise InputError("A row to put online lacks customer_id or as_of", where=set_name)
        return self._backend.write(self.space(set_name), _packed(_layout(columns), frame))

    def rows(self, set_name: str, columns: Mapping[str, Kind], ids: Sequence[str]) -> Rows:
        """Return what is online of `ids`, in their order; an id may come twice."""
        return arranged(_layout(columns), self._backend.read(self.space(set_name), ids))

    def read(self, set_name: str, columns: Mapping[str, Kind], ids: Sequence[str]) -> pd.DataFrame:
        """Return what is online of `ids` as a frame, one row per id in their order.

        Returns
        -------
        pandas.DataFrame
            On a RangeIndex: `as_of` (datetime64[us, UTC], NaT for an unknown id) and `columns` in
            the order given: float64, NaN where missing, and lists (None where missing) for arrays.
        """
        return framed(columns, self.rows(set_name, columns, ids))

    def remove(self, customer_id: str) -> int:
        """Remove a customer from every space, also of other definitions; return how many rows."""
        spaces = self._backend.spaces()
        return sum(self._backend.remove(space, [customer_id]) for space in spaces)

    def keep(self, set_names: Collection[str]) -> list[str]:
        """Drop all spaces but those of these sets under the present definitions.

        Processes that still run on earlier definitions lose their rows and their note with it.
        """
        needed = {self._definitions, *(self.space(each) for each in set_names)}
        return keep(self._backend, needed)

    def space(self, set_name: str) -> str:
        """Return the name of the space that holds a set."""
        return f"{self._definitions}/{set_name}"

    def materialized(self) -> Materialized | None:
        """Return the newest materialization of the definitions; None before the first."""
        note = self._backend.note(self._definitions)
        return None if note is None else Materialized(moment(note.as_of), moment(note.at))

    def set_materialized(self, done: Materialized) -> None:
        """Note a materialization unless a newer moment is noted already."""
        note = Note(as_of=microseconds(done.as_of), at=microseconds(done.at))
        self._backend.set_note(self._definitions, note)

    def close(self) -> None:
        """Give files and connections back."""
        self._backend.close()


def microseconds(when: datetime) -> int:
    """Return the microseconds since 1970 of a moment; a naive one is taken to be UTC."""
    return (utc(when) - _EPOCH) // _MICROSECOND


def moment(since: int) -> datetime:
    """Return the moment, aware UTC, that lies so many microseconds after 1970."""
    return _EPOCH + since * _MICROSECOND


def arranged(layout: Layout, found: Sequence[Row | None]) -> Rows:
    """Return rows as read, unpacked, with gaps where there is none."""
    there = [each for each in found if each is not None]
    numbers, arrays = unpack(layout, [packed for _, packed in there])
    known = np.array([as_of for as_of, _ in there], dtype="int64").view("datetime64[us]")
    if len(there) == len(found):
        return Rows(known, numbers, arrays)
    places = [place for place, each in enumerate(found) if each is not None]
    as_of = np.full(len(found), np.datetime64("NaT", "us"))
    as_of[places] = known
    spread = np.full((len(found), len(layout.numbers)), np.nan)
    spread[places] = numbers
    return Rows(as_of, spread, {name: _spread(arrays[name], found) for name in arrays})


def framed(columns: Mapping[str, Kind], rows: Rows) -> pd.DataFrame:
    """Return rows as a frame: `as_of`, then `columns` in their order."""
    frame = pd.DataFrame(rows.numbers, copy=False)
    for place, name in enumerate(columns):
        if name in rows.arrays:
            frame.insert(place, name, pd.Series(rows.arrays[name], dtype="object"))
    frame.insert(0, -1, pd.DatetimeIndex(rows.as_of).tz_localize("UTC"))
    # Naming columns last is half the cost: pandas inspects an index of names at every insert.
    frame.columns = _names(tuple(columns)).view()
    return frame


@cache
def _names(columns: tuple[str, ...]) -> "pd.Index[str]":
    return pd.Index(["as_of", *columns], dtype="object")


def _layout(columns: Mapping[str, Kind]) -> Layout:
    return layout_of(tuple(columns.items()))


def _packed(layout: Layout, frame: pd.DataFrame) -> Iterator[Incoming]:
    """Yield the rows of a frame packed, some thousands at a time."""
    for start in range(0, len(frame), BATCH_ROWS):
        some = frame.iloc[start : start + BATCH_ROWS]
        arrays = {name: some[name].tolist() for name, _ in layout.arrays}
        rows = pack(layout, _numbers(some[list(layout.numbers)]), arrays)
        yield from zip(some["customer_id"].tolist(), _as_of(some["as_of"]), rows, strict=True)


def _numbers(frame: pd.DataFrame) -> Matrix:
    """Return float64 values; those that are float64 already keep the bits of their NaNs."""
    if (frame.dtypes == np.float64).all():
        return frame.to_numpy()
    return frame.to_numpy(dtype=np.float64, na_value=np.nan)


def _as_of(moments: "pd.Series[Any]") -> list[int]:
    aware = pd.to_datetime(moments, utc=True)
    return aware.dt.tz_localize(None).to_numpy().astype("datetime64[us]").astype("int64").tolist()


def _spread(column: list[Any], found: Sequence[Row | None]) -> list[Any]:
    known = iter(column)
    return [None if each is None else next(known) for each in found]
