"""One row of one feature set, to bytes and back.

A row is its layout's mark (8 bytes), then all numbers as float64, then the arrays one after
another: a length, or -1 for an array that is missing, and what is in it. All little endian. Columns
lie sorted by name, so that the order in which a caller names them does not matter.
"""

import hashlib
import struct
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
import orjson

from features.errors import StateError

Kind = Literal["number", "numbers", "texts"]
Matrix = npt.NDArray[np.float64]
Arrays = dict[str, list[list[Any] | None]]

_FORMAT = "shuke-packed-1"
_LENGTH = struct.Struct("<i")
_MISSING = -1
_WORD = 8


class PackedRowError(StateError):
    """A stored row is not of the layout it is read with."""

    code = "packed-row-broken"


@dataclass(frozen=True, slots=True)
class Layout:
    """How the columns of a feature set lie in a packed row.

    Attributes
    ----------
    numbers
        Number columns in the caller's order.
    arrays
        Array columns in the caller's order, with what they hold.
    mark
        Opens every row; equal iff two layouts hold the same columns of the same kinds.
    """

    numbers: tuple[str, ...]
    arrays: tuple[tuple[str, Kind], ...]
    mark: bytes

    @property
    def width(self) -> int:
        """Return the bytes of mark and numbers."""
        return _WORD * (1 + len(self.numbers))


@cache
def layout_of(columns: tuple[tuple[str, Kind], ...]) -> Layout:
    """Return the layout of columns, given as pairs of name and kind."""
    described = orjson.dumps([_FORMAT, sorted(columns)])
    return Layout(
        numbers=tuple(name for name, kind in columns if kind == "number"),
        arrays=tuple(each for each in columns if each[1] != "number"),
        mark=hashlib.sha256(described).digest()[:_WORD],
    )


def pack(layout: Layout, numbers: Matrix, arrays: Mapping[str, Sequence[Any]]) -> list[bytes]:
    """Return one packed row per row of `numbers`.

    Parameters
    ----------
    numbers
        Shape (rows, number columns), float64, columns in the order of `layout.numbers`. The bits
        of a NaN are kept.
    arrays
        Column to one array (list, tuple or numpy array) or None per row.
    """
    block = np.empty((len(numbers), 1 + len(layout.numbers)), dtype="<f8")
    block[:, 0] = np.frombuffer(layout.mark, "<f8")
    block[:, _places(layout)] = numbers
    raw, width = block.tobytes(), layout.width
    heads = [raw[at : at + width] for at in range(0, len(raw), width)]
    if not layout.arrays:
        return heads
    packers = [(arrays[name], _PACKERS[kind]) for name, kind in sorted(layout.arrays)]
    return [
        head + b"".join(_packed(column[row], packer) for column, packer in packers)
        for row, head in enumerate(heads)
    ]


def unpack(layout: Layout, rows: Sequence[bytes]) -> tuple[Matrix, Arrays]:
    """Return the inverse of `pack`: a writable (rows, number columns) matrix, and the arrays.

    Raises
    ------
    PackedRowError
        If a row was packed by another layout.
    """
    width = layout.width
    heads = [row[:width] for row in rows] if layout.arrays else rows
    raw = b"".join(heads)
    if len(raw) != width * len(rows):
        raise _other_layout()
    block = np.frombuffer(raw, "<f8").reshape(len(rows), -1 if rows else width // _WORD)
    marks = block[:, 0].copy().view("<u8")
    if (marks != int.from_bytes(layout.mark, "little")).any():
        raise _other_layout()
    numbers = block.take(_places(layout), axis=1)
    return numbers, _unpacked(layout, rows) if layout.arrays else {}


@cache
def _places(layout: Layout) -> npt.NDArray[np.intp]:
    """Return the column of the packed block at which each of `layout.numbers` lies."""
    ordered = {name: place for place, name in enumerate(sorted(layout.numbers), start=1)}
    return np.array([ordered[name] for name in layout.numbers], dtype=np.intp)


def _unpacked(layout: Layout, rows: Sequence[bytes]) -> Arrays:
    found: Arrays = {name: [] for name, _ in layout.arrays}
    steps = [(found[name], _UNPACKERS[kind]) for name, kind in sorted(layout.arrays)]
    for row in rows:
        at = layout.width
        for column, unpacker in steps:
            (length,) = _LENGTH.unpack_from(row, at)
            at += _LENGTH.size
            end = at + max(length, 0)
            column.append(None if length == _MISSING else unpacker(row[at:end]))
            at = end
    return found


def _packed(array: Any, packer: Callable[[Any], bytes]) -> bytes:
    if not isinstance(array, list | tuple | np.ndarray):  # None, or the NaN pandas makes of it
        return _LENGTH.pack(_MISSING)
    raw = packer(array)
    return _LENGTH.pack(len(raw)) + raw


def _pack_numbers(array: Any) -> bytes:
    return np.asarray(array, dtype="<f8").tobytes()


def _unpack_numbers(raw: bytes) -> list[Any]:
    return list(np.frombuffer(raw, "<f8").tolist())


def _pack_texts(array: Any) -> bytes:
    return orjson.dumps(list(array))


def _other_layout() -> PackedRowError:
    return PackedRowError(
        "A row online does not hold the columns it is read with",
        todo="Run `shuke features materialize`.",
    )


_PACKERS: Mapping[Kind, Callable[[Any], bytes]] = {"numbers": _pack_numbers, "texts": _pack_texts}
_UNPACKERS: Mapping[Kind, Callable[[bytes], list[Any]]] = {
    "numbers": _unpack_numbers,
    "texts": orjson.loads,
}
