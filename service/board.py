"""The board: every customer of one night, with what each model says in columns side by side."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial, reduce
from operator import or_
from typing import Any

import ibis
import pyarrow as pa

from models_registry.errors import ScoresMissingError
from models_registry.score_log import Batch, ScoreLog
from models_registry.score_rows import INPUT
from service.champions import CUSTOMER_MODELS
from service.customer_row import CUSTOMER_COLUMNS
from service.errors import NotFoundError
from service.kept_night import KeptNight
from service.lake_reader import LakeReader
from service.predicates.tree import Kind

_INPUTS = frozenset({"recency_days"})
_STORE = "store_id"
_LOSS, _LOSS_OF = "expected_loss", ("churn_60d", "value_90d")


def _churn(model: str) -> dict[str, str]:
    said = ("percentile", "band", "status", "reasons")
    return {model: "value"} | {f"{model}_{column}": column for column in said}


# Model -> column of the board -> column of the score log.
LOGGED: Mapping[str, Mapping[str, str]] = {
    "churn_28d": _churn("churn_28d"),
    "churn_60d": _churn("churn_60d"),
    "next_purchase": {
        "next_purchase_days": "value",
        "next_purchase_low_days": "low",
        "next_purchase_high_days": "high",
        "next_purchase_percentile": "percentile",
        "next_purchase_status": "status",
    },
    "clv_90d": {
        "value_90d": "value",
        "value_90d_percentile": "percentile",
        "value_90d_status": "status",
    },
}
CHANGING = tuple(
    name
    for columns in LOGGED.values()
    for name, column in columns.items()
    if column in ("value", "band", "status")
)


@dataclass(frozen=True, slots=True)
class Night:
    """One nightly batch: its moment and the version of each model that scored then."""

    as_of: datetime
    versions: Mapping[str, str]

    @property
    def batches(self) -> list[Batch]:
        """Model, moment and version of each batch."""
        return [(model, self.as_of, version) for model, version in self.versions.items()]

    @property
    def name(self) -> str:
        """The versions as one word, from which `named` makes the night again."""
        return ",".join(self.versions.get(model, "") for model in CUSTOMER_MODELS)

    @classmethod
    def named(cls, as_of: datetime, name: str) -> "Night":
        """Return the night of a moment and a name.

        Raises
        ------
        NotFoundError
            The name names no version; whether one was logged is found out on reading.
        """
        pairs = zip(CUSTOMER_MODELS, name.split(","), strict=False)
        versions = {model: version for model, version in pairs if version}
        if not versions:
            raise NotFoundError("No night has this name", where=name[:100])
        return cls(as_of, versions)


@dataclass(frozen=True)
class Board:
    """Reads nights from the score log as wide tables, the newest one out of memory."""

    score_log: ScoreLog
    lake: LakeReader
    kept: KeptNight = field(default_factory=KeptNight, repr=False, compare=False)

    def nights(self) -> list[Night]:
        """Return every night, the oldest first, with the newest version of each model."""
        found: dict[datetime, dict[str, str]] = {}
        for model in CUSTOMER_MODELS:
            for as_of, version in self.score_log.batches(model):
                found.setdefault(as_of, {})[model] = version
        return [Night(as_of, found[as_of]) for as_of in sorted(found)]

    def night(self, as_of: datetime | None = None) -> Night:
        """Return the night of a moment; None takes the newest.

        A newest night that lacks a model the one before it had is still being written and is
        passed over until all is there.

        Raises
        ------
        ScoresMissingError
            No night has run yet.
        NotFoundError
            None was of `as_of`.
        """
        nights = self.nights()
        if not nights:
            raise ScoresMissingError("No customer was scored yet", todo="Run `shuke nightly`.")
        if as_of is not None:
            return _of(nights, as_of)
        *_, before, last = [nights[0], *nights]
        return last if before.versions.keys() <= last.versions.keys() else before

    def night_before(self, moment: datetime) -> Night | None:
        """Return the newest night at or before a moment; None if there was none."""
        return next((night for night in reversed(self.nights()) if night.as_of <= moment), None)

    def table(
        self,
        night: Night,
        names: Collection[str],
        then: Night | None = None,
        seen: Collection[str] | None = None,
    ) -> Any:
        """Return a night's customers under `customer_id` and the columns of some names.

        Parameters
        ----------
        names
            Columns of `CustomerRow`, and `<churn model>_reasons` as logged.
        then
            Keep only customers of whom this night said another value, band or status, or nothing.
        seen
            Keep only these customers; None keeps all.
        """
        if then is None:
            kept = self._kept(night, names)
            return _within(self._joined(night, names) if kept is None else kept, seen)
        found = self.score_log.tables([*night.batches, *then.batches])
        now, past = found[: len(night.batches)], found[len(night.batches) :]
        logged = dict(zip(night.versions, now, strict=True))
        whole = self._side_by_side(logged, night.as_of, {*names, *CHANGING})
        before = dict(zip(then.versions, past, strict=True))
        changed = _changed(whole, self._side_by_side(before, then.as_of, CHANGING))
        return _within(changed.select("customer_id", *_without_id(names)), seen)

    def _kept(self, night: Night, names: Collection[str]) -> Any | None:
        """Return columns of the newest night out of memory; None where they are not kept."""
        if not CUSTOMER_COLUMNS.keys() >= set(names) or night != self.night():
            return None
        # A night's files change where a person is erased, and stores with what the lake takes in.
        key = (night, self.score_log.state(night.batches), self.lake.home_stores(night.as_of))
        whole = self.kept.table(key, partial(self._joined, night, CUSTOMER_COLUMNS))
        return None if whole is None else whole.select("customer_id", *_without_id(names))

    def _joined(self, night: Night, names: Collection[str]) -> Any:
        logged = dict(zip(night.versions, self.score_log.tables(night.batches), strict=True))
        return self._side_by_side(logged, night.as_of, names)

    def _side_by_side(
        self, logged: Mapping[str, Any], as_of: datetime, names: Collection[str]
    ) -> Any:
        wanted = {*names, *(_LOSS_OF if _LOSS in names else ())}
        said = _said(logged, wanted)
        ids = [table.select("customer_id") for table in logged.values()]
        board = (ibis.union(*ids) if len(ids) > 1 else ids[0]).distinct()
        for model, columns in said.items():
            board = _beside(board, logged[model].select("customer_id", **columns))
        if _STORE in wanted:
            board = _beside(board, self._stores(board.get_backend(), as_of))
        silent = wanted - {"customer_id", _LOSS, *board.columns}
        board = board.mutate(**{name: _nothing(name) for name in silent})
        if _LOSS in wanted:
            board = board.mutate(**{_LOSS: board[_LOSS_OF[0]] * board[_LOSS_OF[1]]})
        return board.select("customer_id", *_without_id(names))

    def _stores(self, con: Any, as_of: datetime) -> Any:
        homes = self.lake.home_stores(as_of)
        ids, stores = pa.array(homes.keys(), pa.string()), pa.array(homes.values(), pa.string())
        return _laid_down(con, pa.table({"customer_id": ids, _STORE: stores}))


def _within(board: Any, seen: Collection[str] | None) -> Any:
    if seen is None:
        return board
    ids = pa.table({"customer_id": pa.array(sorted(seen), pa.string())})
    return board.semi_join(_laid_down(board.get_backend(), ids), "customer_id")


def _laid_down(con: Any, rows: pa.Table) -> Any:
    # As a table and not as a frame, of which the engine does not know how long it is.
    return con.create_table(ibis.util.gen_name("rows"), ibis.memtable(rows), temp=True)


def _said(logged: Mapping[str, Any], wanted: set[str]) -> dict[str, dict[str, str]]:
    """Return model -> column of the board -> column of its batch, for what is wanted and there."""
    said = {
        model: {name: column for name, column in LOGGED[model].items() if name in wanted}
        for model in logged
    }
    for name in wanted & _INPUTS:
        model = next((m for m, table in logged.items() if INPUT + name in table.columns), None)
        if model is not None:
            said[model][name] = INPUT + name
    return {model: columns for model, columns in said.items() if columns}


def _beside(board: Any, other: Any) -> Any:
    return board.left_join(other, "customer_id").drop("customer_id_right")


def _nothing(name: str) -> Any:
    number = name in CUSTOMER_COLUMNS and CUSTOMER_COLUMNS[name].kind is Kind.NUMBER
    return ibis.null("float64" if number else "string")


def _changed(now: Any, then: Any) -> Any:
    there = then.rename({f"then_{name}": name for name in CHANGING}).mutate(was=True)
    both = now.left_join(there, "customer_id")
    other = (~both[name].identical_to(both[f"then_{name}"]) for name in CHANGING)
    return both.filter(reduce(or_, other, both.was.isnull()))


def _of(nights: Sequence[Night], as_of: datetime) -> Night:
    found = next((night for night in nights if night.as_of == as_of), None)
    if found is None:
        raise NotFoundError(
            "No batch was scored as of that moment",
            where=f"as_of {as_of:%Y-%m-%dT%H:%M:%SZ}",
            todo=f"The newest is of {nights[-1].as_of:%Y-%m-%dT%H:%M:%SZ}.",
        )
    return found


def _without_id(names: Iterable[str]) -> list[str]:
    return [name for name in dict.fromkeys(names) if name != "customer_id"]
