"""The feature store: features of customers at a moment, for training and for serving."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import cached_property
from pathlib import Path
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd

from features import erasure
from features.building import Builder, BuildReport, Progress, check_cutoffs, silent
from features.checkpoints import Checkpoints
from features.clock import naive, now, utc
from features.engine import DuckDBEngine, engine
from features.errors import FeaturesMissingError
from features.feast_client import MOMENT, PAIR, FeastClient
from features.feature_files import FeatureFiles
from features.feature_sets import (
    CUSTOMER,
    MAX_AGE,
    SETS,
    FeatureSet,
    columns,
    columns_of,
    definitions_fingerprint,
    sets_of,
    typed,
)
from features.lake.lake import Lake
from features.offline_store import offline_store
from features.online.backend import Patience, public
from features.online.open import open_backend
from features.online.reader import OnlineReader
from features.online.snapshot import FILE, Snapshot
from features.online.store import Materialized, OnlineStore
from features.rows import FeatureRows
from features.settings import Settings
from features.sources import Source

__all__ = ["BuildReport", "Materialized", "Store"]

_CHUNK = 5_000


class Store:
    """Features of customers at a moment: built, kept, and handed out.

    Moments are whole seconds; a finer cutoff is cut down to its second.

    Parameters
    ----------
    settings
        Where files lie, what engine builds, and where features are online.
    lake
        Where events come from.
    """

    def __init__(self, settings: Settings, lake: Lake) -> None:
        self._settings = settings
        self._lake = lake
        self._definitions = definitions_fingerprint()
        self._feast = FeastClient(
            settings.feast_dir,
            self._definitions,
            offline_store(settings),
            settings.online_url,
            settings.online_dir,
        )

    def apply(self) -> None:
        """Register the definitions; running it again changes nothing."""
        self._feast.apply({each.name: self._files(each).pattern for each in SETS})

    def build(
        self,
        cutoffs: Sequence[datetime],
        progress: Progress | None = None,
        service: str | None = None,
        services: Mapping[str, Sequence[datetime]] | None = None,
    ) -> BuildReport:
        """Build the feature rows of `cutoffs`, reusing files whose data and definitions stand.

        Parameters
        ----------
        progress
            Called with the number of files done since the last call; in all there is one file
            per cutoff and feature set.
        service
            Build only the sets this service needs; None builds all.
        services
            Further cutoffs, each list for the sets that one service needs.

        Raises
        ------
        CutoffError
            If a cutoff lies outside the data.
        TableMissingError
            If there are no orders yet.
        """
        start = perf_counter()
        asked = [(service, cutoffs), *(services or {}).items()]
        wanted = {
            each: sorted({_whole(c) for name, some in asked if each in sets_of(name) for c in some})
            for each in SETS
        }
        every = set().union(*wanted.values())
        check_cutoffs(self._lake, every, MAX_AGE)
        done = {
            each: self._builder.build(each, self._files(each), some, progress or silent)
            for each, some in wanted.items()
            if some
        }
        self.apply()
        built = set().union(*(each.built for each in done.values()))
        return BuildReport(
            built=len(built),
            reused=len(every - built),
            rows=done[CUSTOMER].rows if CUSTOMER in done else 0,
            seconds=perf_counter() - start,
        )

    def materialize(self, as_of: datetime, progress: Progress | None = None) -> int:
        """Put the rows built for `as_of` online and return how many customers were written.

        A customer whose row online is newer keeps it, so a late run does no harm.

        Parameters
        ----------
        progress
            Called with the number of rows done since the last call; in all there is one row per
            customer and feature set.

        Raises
        ------
        FeaturesMissingError
            If `as_of` was not built.
        """
        moment = _whole(as_of)
        rows = {each: self._files(each).frame(moment) for each in SETS}
        written = dict.fromkeys(SETS, 0)
        for each, frame in rows.items():
            for start in range(0, len(frame), _CHUNK):
                chunk = frame.iloc[start : start + _CHUNK]
                written[each] += self.put(each, chunk)
                (progress or silent)(len(chunk))
        self._online.set_materialized(Materialized(as_of=moment, at=now()))
        self._online.keep([each.name for each in SETS])
        return written[CUSTOMER]

    def put(self, each: FeatureSet, rows: pd.DataFrame) -> int:
        """Put rows of a set online and return how many; a newer row that is there stays.

        Parameters
        ----------
        rows
            `customer_id`, `as_of` (naive UTC) and the columns of the set.
        """
        return self._online.put(each.name, each.columns, rows)

    def materialized(self) -> Materialized | None:
        """Return the newest materialization of the present definitions; None before the first.

        While the online store is away, that of the snapshot which answers instead.
        """
        return self._reader.materialized()

    def history(
        self, service: str, entities: pd.DataFrame, sets: Sequence[FeatureSet] | None = None
    ) -> pd.DataFrame:
        """Return features as they were known at the moments asked for.

        Parameters
        ----------
        service
            Name of a feature service.
        entities
            `customer_id` (None for a stranger), `as_of` (aware UTC) and any other columns, in
            any order and with any index. Each row gets the newest features built at or before
            its `as_of`, at most `MAX_AGE` old.
        sets
            Those of the service's sets that are wanted; None takes all.

        Returns
        -------
        pandas.DataFrame
            `entities` with the columns of the sets added, in the order of `feature_names(service)`:
            float64, NaN where missing or where the customer was unknown, and lists (None where
            missing) for arrays.

        Raises
        ------
        FeaturesMissingError
            If nothing was built for a moment asked for.
        """
        asked = pd.DataFrame(
            {
                "customer_id": entities["customer_id"].astype("object"),
                "as_of": pd.to_datetime(entities["as_of"], utc=True).astype(MOMENT),
            }
        )
        pairs = asked.dropna().drop_duplicates()
        wanted = sets_of(service) if sets is None else sets
        self._require_built(wanted, pairs["as_of"])
        empty = pairs.reindex(columns=[*PAIR, *columns_of(wanted)])
        known = empty if pairs.empty else self._feast.history(service, wanted, pairs)
        found = asked.merge(known, how="left", on=PAIR, validate="m:1")
        return pd.concat([entities, typed(wanted, found, entities.index)], axis="columns")

    def online(self, service: str, ids: Sequence[str]) -> pd.DataFrame:
        """Return the newest features online, one row per id in the order given.

        Returns
        -------
        pandas.DataFrame
            `customer_id`, `as_of` (aware UTC; NaT for an unknown customer) and the columns of
            `feature_names(service)` as in `history`.

        Raises
        ------
        FeaturesMissingError
            If nothing of the present definitions was materialized yet.
        """
        rows = self.online_rows(service, ids)
        names = ["customer_id", "as_of", *self.feature_names(service)]
        return rows.frame()[names]

    def online_rows(self, service: str, ids: Sequence[str]) -> FeatureRows:
        """Return what `online` does without the cost of a frame.

        Raises
        ------
        FeaturesMissingError
            As `online`.
        """
        sets = sets_of(service)
        found = self._reader.find(sets, ids)
        if found is None:
            raise FeaturesMissingError(
                "No features are online",
                where=public(self._settings.online_url) or str(self._settings.online_dir),
                todo="Run `shuke features materialize`.",
            )
        first, *others = found.rows
        return FeatureRows(
            ids,
            first.as_of,
            tuple(name for each in sets for name, kind in each.columns.items() if kind == "number"),
            np.hstack([each.numbers for each in found.rows]) if others else first.numbers,
            {name: column for each in found.rows for name, column in each.arrays.items()},
            found.newest,
        )

    def held(self, customer_id: str) -> dict[str, list[dict[str, Any]]]:
        """Return every feature row of a customer, of files and of the newest online."""
        online = [
            {"set": each.name, **self._online.read(each.name, each.columns, [customer_id]).iloc[0]}
            for each in SETS
        ]
        return {
            "built": erasure.feature_rows(self._settings.feature_dir, customer_id),
            "online": [row for row in online if not pd.isna(row["as_of"])],
        }

    def forget(self, customer_id: str) -> dict[str, int]:
        """Remove a customer's rows from files, checkpoints and the online store; say how many."""
        snapshot = self._snapshot.store.remove(customer_id) if self._snapshot.exists() else 0
        return {
            "features": erasure.erase(self._settings.feature_dir, customer_id),
            "online": self._online.remove(customer_id) + snapshot,
        }

    def close(self) -> None:
        """Give files and connections of the online store back; the next use opens new ones."""
        for name in {"_online", "_reader"} & vars(self).keys():
            vars(self).pop(name).close()

    def feature_names(self, service: str) -> list[str]:
        """Return the columns of a service in their order."""
        return list(columns(service))

    def customers(self, as_of: datetime) -> list[str]:
        """Return the ids that have a row at `as_of`, sorted."""
        return sorted(self._files(CUSTOMER).frame(_whole(as_of), ["customer_id"])["customer_id"])

    @cached_property
    def _online(self) -> OnlineStore:
        backend = open_backend(self._settings.online_url, self._settings.online_dir)
        return OnlineStore(backend, self._definitions)

    @cached_property
    def _reader(self) -> OnlineReader:
        settings = self._settings
        patience = Patience(settings.online_connect_seconds, settings.online_read_seconds)
        backend = open_backend(settings.online_url, settings.online_dir, patience)
        store = OnlineStore(backend, self._definitions)
        return OnlineReader(store, self._snapshot, settings.online_rest_seconds)

    @cached_property
    def _snapshot(self) -> Snapshot:
        files = {each: self._files(each) for each in SETS}
        return Snapshot(self._settings.online_dir / FILE, files, self._definitions)

    @cached_property
    def _builder(self) -> Builder:
        is_embedded = self._settings.engine == "duckdb"
        runs = DuckDBEngine(self._lake.con) if is_embedded else engine(self._settings)
        past = Checkpoints(self._settings.feature_dir / "past", self._definitions)
        return Builder(Source(self._lake, runs), past)

    def files(self, service: str, as_of: datetime) -> dict[str, list[Path]]:
        """Return, by feature set of a service, the Parquet files with the rows at `as_of`."""
        moment = _whole(as_of)
        return {each.name: [self._files(each).standing(moment)] for each in sets_of(service)}

    def _files(self, each: FeatureSet) -> FeatureFiles:
        return FeatureFiles(self._settings.feature_dir / each.name, self._definitions)

    def _require_built(self, sets: Sequence[FeatureSet], asked: "pd.Series[pd.Timestamp]") -> None:
        """Raise unless every moment has features; before the first order nobody has any."""
        later = asked[asked > self._lake.first_moment()].unique()
        for each in sets:
            built = self._files(each).cutoffs()
            for moment in later:
                if not any(cutoff <= moment <= cutoff + MAX_AGE for cutoff in built):
                    raise FeaturesMissingError(
                        f"No features are built for {naive(moment)}",
                        where=each.name,
                        todo="Run `shuke features build` for that moment.",
                    )


def _whole(moment: datetime) -> datetime:
    return utc(moment).replace(microsecond=0)
