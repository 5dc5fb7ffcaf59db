"""Features as events come in: of the customers they touch, by the expressions of the batch."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import ibis
import pandas as pd

from features.clock import naive
from features.engine import connect
from features.errors import InputError
from features.feature_sets import SETS, FeatureSet
from features.lake.lake import Lake
from features.live_tables import LiveTables
from features.transforms.knowledge import midnights

_MOMENT = "moment"
_AT = ibis.schema({"as_of": "timestamp(6)"})


@dataclass(frozen=True, slots=True)
class _Compiled:
    """The statements of one set: features of some, and what they are compared with."""

    features: str
    population: str


class LiveFeatures:
    """The customers' events in memory, and the features of those touched.

    What compares a customer with others compares with everybody's last midnight (UTC), computed
    once a day, as in the batch. Not for use from several threads.

    The first row ever of a table turns what was missing of everybody into nothing, such as no
    tickets; customers not touched by an event learn that in the next night.

    Parameters
    ----------
    lake
        Loaded by the first `catch_up`, which has to come first.
    sets
        What to compute.
    threads
        Threads the engine may use. With one, sums come out as those of a batch with one.
    """

    def __init__(self, lake: Lake, sets: Sequence[FeatureSet] = SETS, threads: int = 1) -> None:
        self._con = connect(threads)
        self._sets = sets
        self._tables = LiveTables(self._con, lake)
        self._con.create_table(_MOMENT, schema=_AT)
        self._compiled: dict[str, _Compiled] = {}
        self._compiled_for: frozenset[str] | None = None
        self._midnight: datetime | None = None
        self._last: datetime | None = None

    def catch_up(self) -> int:
        """Take in what came into the lake by another way and return how many rows it was.

        The first time that is the whole lake. Features of the customers of these rows are not
        computed: a night or an import puts them online.
        """
        added = self._tables.catch_up()
        if added:
            self._midnight = None  # the population may have been another one
        return added

    def fold(self, new: Mapping[str, pd.DataFrame], as_of: datetime) -> dict[str, pd.DataFrame]:
        """Take rows in and return the features, by set, of exactly the customers they touch.

        All or nothing: if it raises, no row was taken in. The same rows again add nothing and
        give the features anew.

        Parameters
        ----------
        new
            Rows by lake table, with `ingested_at`.
        as_of
            The cutoff: later than any before it and than the moments of `new`.

        Returns
        -------
        dict
            A frame per set: customer_id, as_of (naive UTC) and the set's columns. A customer
            without a purchase has no row.

        Raises
        ------
        ContractError
            A row breaks the contract of its table.
        InputError
            `as_of` is not later than the one before.
        """
        moment = naive(as_of)
        if self._last is not None and moment <= self._last:
            raise InputError(
                "Events are folded at a moment that is not later than the one before",
                where=f"{moment} after {self._last}",
                todo="Give a later one.",
            )
        with self._tables.transaction():
            touched = self._tables.take(new)
            self._compare_with(midnights([moment])[0])
            self._tables.choose(touched)
            self._set_moment(moment)
            found = {each.name: self._frame(each.name) for each in self._sets}
        self._last = moment
        return found

    def prepare(self, as_of: datetime) -> None:
        """Do ahead of the first fold what it would otherwise wait for."""
        with self._tables.transaction():
            self._compare_with(midnights([as_of])[0])

    def refresh_population(self, midnight: datetime) -> None:
        """Compute what customers are compared with: the statistics of everybody at `midnight`."""
        self._compile()
        self._set_moment(naive(midnight))
        for each in self._sets:
            table = _population(each.name)
            self._run(f"DELETE FROM {table}")  # noqa: S608 - names are ours
            self._run(f"INSERT INTO {table} {self._compiled[each.name].population}")
        self._midnight = naive(midnight)

    def _compare_with(self, midnight: datetime) -> None:
        self._compile()
        if self._midnight != midnight:
            self.refresh_population(midnight)

    def _compile(self) -> None:
        """Write the statements: once, and again when a table gets its first row."""
        if self._compiled_for == self._tables.filled:
            return
        self._compiled = {each.name: self._statements(each) for each in self._sets}
        self._compiled_for, self._midnight = self._tables.filled, None

    def _statements(self, each: FeatureSet) -> _Compiled:
        at, transform = self._con.table(_MOMENT), each.transform
        everybody = transform.population(transform.own(self._tables.every, at, None))
        name = _population(each.name)
        self._run(f"DROP TABLE IF EXISTS {name}")
        self._con.create_table(name, schema=everybody.schema())
        own = transform.own(self._tables.some, at, None)
        features = transform.finish(own, self._con.table(name))
        return _Compiled(self._con.compile(features), self._con.compile(everybody))

    def _set_moment(self, moment: datetime) -> None:
        self._run(f"DELETE FROM {_MOMENT}")  # noqa: S608 - names are ours
        self._con.con.execute(f"INSERT INTO {_MOMENT} VALUES (?)", [moment])  # noqa: S608

    def _frame(self, name: str) -> pd.DataFrame:
        rows: pd.DataFrame = self._run(self._compiled[name].features).df()
        return rows

    def _run(self, statement: str) -> Any:
        return self._con.con.execute(statement)


def _population(name: str) -> str:
    return f"population_{name}"
