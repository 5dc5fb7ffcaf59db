"""Feast's own reads and writes on the packed rows; the one module here that knows Feast.

Used by class path: `RepoConfig(online_store={"type": FEAST_TYPE, ...})`.
"""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from threading import Lock
from typing import Any, Final, Literal

import numpy as np
from feast.infra.online_stores.online_store import OnlineStore as FeastOnlineStore
from feast.protos.feast.types.Value_pb2 import DoubleList, StringList
from feast.protos.feast.types.Value_pb2 import Value as ValueProto
from feast.repo_config import FeastConfigBaseModel
from feast.types import Array, Float64, String

from features.errors import InputError
from features.online.backend import Backend
from features.online.open import open_backend
from features.online.packing import Arrays, Kind, Layout, layout_of, pack
from features.online.store import OnlineStore, Rows, microseconds, moment

FEAST_TYPE: Final = "features.online.feast_store.PackedOnlineStore"

_KINDS: Final[list[tuple[Any, Kind]]] = [
    (Float64, "number"),
    (Array(Float64), "numbers"),
    (Array(String), "texts"),
]
_FIELD: Final[dict[Kind, str]] = {"numbers": "double_list_val", "texts": "string_list_val"}
_NOTHING: Final = ValueProto()

FeastRow = tuple[datetime | None, dict[str, Any] | None]


class PackedOnlineStoreConfig(FeastConfigBaseModel):  # type: ignore[misc]
    """Where the packed rows lie; Feast finds this class by its name."""

    type: Literal["features.online.feast_store.PackedOnlineStore"] = FEAST_TYPE
    url: str = ""
    folder: str
    definitions: str


class PackedOnlineStore(FeastOnlineStore):  # type: ignore[misc]
    """Feast's online store over the rows that `features.online.store.OnlineStore` keeps.

    One row holds a whole feature view. The entity key is the customer's id. A number that is
    missing is NaN in the row and null in Feast. A late event never replaces a newer row.
    """

    _versioned_read_supported = False  # asked of every store, or Feast imports all it knows

    def __init__(self) -> None:
        self._backend: Backend | None = None
        self._opening = Lock()

    def online_write_batch(
        self,
        config: Any,
        table: Any,
        data: Sequence[tuple[Any, dict[str, Any], datetime, datetime | None]],
        progress: Callable[[int], Any] | None,
    ) -> None:
        """Store whole rows of a view: entity key, values, event time (naive is UTC), created."""
        layout = _layout(table)
        values = [row for _, row, _, _ in data]
        numbers = np.array([[_number(row[name]) for name in layout.numbers] for row in values])
        packed = pack(
            layout,
            numbers.reshape(len(values), len(layout.numbers)),
            {name: [_array(row[name], kind) for row in values] for name, kind in layout.arrays},
        )
        moments = (microseconds(happened) for _, _, happened, _ in data)
        ids = (_customer(key) for key, *_ in data)
        backend, space = self._open(config), self._space(config, table)
        backend.write(space, zip(ids, moments, packed, strict=True))
        if progress:
            progress(len(data))

    def online_read(
        self,
        config: Any,
        table: Any,
        entity_keys: Sequence[Any],
        requested_features: Sequence[str] | None = None,
    ) -> list[FeastRow]:
        """Return event time and values of each key in order; (None, None) where there is none."""
        store = OnlineStore(self._open(config), config.online_store.definitions)
        columns = _columns(table)
        rows = store.rows(table.name, columns, [_customer(key) for key in entity_keys])
        wanted = columns if requested_features is None else requested_features
        return _feast_rows(layout_of(tuple(columns.items())), rows, set(wanted))

    def update(
        self,
        config: Any,
        tables_to_delete: Sequence[Any],
        tables_to_keep: Sequence[Any],
        entities_to_delete: Sequence[Any],
        entities_to_keep: Sequence[Any],
        partial: bool,
    ) -> None:
        """Drop the rows of views that are no more, and refuse views that cannot be packed."""
        for table in tables_to_keep:
            _columns(table)
        self.teardown(config, tables_to_delete, [])

    def teardown(self, config: Any, tables: Sequence[Any], entities: Sequence[Any]) -> None:
        """Drop the rows of views."""
        for table in tables:
            self._open(config).drop(self._space(config, table))

    async def close(self) -> None:
        """Give files and connections back; Feast calls it from `FeatureStore.close`."""
        with self._opening:
            if self._backend is not None:
                self._backend.close()
            self._backend = None

    def _space(self, config: Any, table: Any) -> str:
        online = OnlineStore(self._open(config), config.online_store.definitions)
        return online.space(table.name)

    def _open(self, config: Any) -> Backend:
        with self._opening:
            if self._backend is None:
                said = config.online_store
                self._backend = open_backend(said.url, Path(said.folder))
            return self._backend


def _columns(table: Any) -> dict[str, Kind]:
    return {field.name: _kind(table.name, field) for field in table.features}


def _layout(table: Any) -> Layout:
    return layout_of(tuple(_columns(table).items()))


def _kind(view: str, field: Any) -> Kind:
    for dtype, kind in _KINDS:
        if field.dtype == dtype:
            return kind
    raise InputError(
        f"The online store cannot hold the type {field.dtype}",
        where=f"{view}.{field.name}",
        todo="Use Float64, Array(Float64) or Array(String).",
    )


def _customer(key: Any) -> str:
    if len(key.entity_values) != 1 or key.entity_values[0].WhichOneof("val") != "string_val":
        raise InputError(
            "The online store is keyed by one text, the customer's id",
            where=", ".join(key.join_keys),
        )
    return str(key.entity_values[0].string_val)


def _number(value: Any) -> float:
    return float(value.double_val) if value.WhichOneof("val") else float("nan")


def _array(value: Any, kind: Kind) -> list[Any] | None:
    return list(getattr(value, _FIELD[kind]).val) if value.WhichOneof("val") else None


def _feast_rows(layout: Layout, rows: Rows, wanted: set[str]) -> list[FeastRow]:
    names = [(name, place) for place, name in enumerate(layout.numbers) if name in wanted]
    numbers = rows.numbers.tolist()
    kinds = [each for each in layout.arrays if each[0] in wanted]
    gaps = np.isnat(rows.as_of).tolist()
    answer: list[FeastRow] = []
    for row, since in enumerate(rows.as_of.view("int64").tolist()):
        if gaps[row]:
            answer.append((None, None))
            continue
        values = {name: _number_value(numbers[row][place]) for name, place in names}
        values |= {name: _array_value(rows.arrays, name, kind, row) for name, kind in kinds}
        answer.append((moment(since), values))
    return answer


def _number_value(number: float) -> Any:
    return _NOTHING if number != number else ValueProto(double_val=number)


def _array_value(arrays: Arrays, name: str, kind: Kind, row: int) -> Any:
    array = arrays[name][row]
    if array is None:
        return _NOTHING
    if kind == "numbers":
        return ValueProto(double_list_val=DoubleList(val=array))
    return ValueProto(string_list_val=StringList(val=array))
