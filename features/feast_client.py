"""The one place that talks to Feast."""

import os
import sqlite3
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import ibis
import numpy as np
import pandas as pd

from features.clock import utc
from features.engine import connect
from features.errors import FeaturesMissingError

PAIR: Final = ["customer_id", "as_of"]
MOMENT: Final = "datetime64[us, UTC]"


class FeastClient:
    """Registry, point-in-time join and online store of one tenant.

    Nothing is imported, opened or made before the first call.

    Parameters
    ----------
    folder
        Holds registry and online store.
    fingerprint
        Of the feature definitions; a registry of other definitions does not count.
    threads
        Threads the join may use; 0 takes every core.
    """

    def __init__(self, folder: Path, fingerprint: str, threads: int) -> None:
        self._folder = folder
        self._fingerprint = fingerprint
        self._threads = threads
        self._services: dict[str, Any] = {}

    def apply(self, patterns: dict[str, str]) -> None:
        """Register the definitions over the files that `patterns` name."""
        from features.definitions import definitions

        self._store.apply(definitions(patterns, self._fingerprint))
        self._services.clear()

    def history(self, service: str, pairs: pd.DataFrame) -> pd.DataFrame:
        """Return the features of distinct customers and moments, in any order."""
        found = self._store.get_historical_features(
            entity_df=pairs.rename(columns={"as_of": "event_timestamp"}),
            features=self._service(service),
        ).to_df()
        moments = found.pop("event_timestamp").astype(MOMENT)
        joined: pd.DataFrame = found.assign(as_of=moments)
        return joined

    def online(self, service: str, ids: Sequence[str]) -> dict[str, list[Any]]:
        """Return the columns of a service online, with the moment of each value in `<name>__ts`."""
        return self._online(self._service(service), ids)

    def put_online(self, view: str, rows: pd.DataFrame) -> int:
        """Write rows online but those of customers whose row there is newer; return how many."""
        names = [name for name in rows.columns if name not in PAIR]
        found = self._online([f"{view}:{names[0]}"], list(rows["customer_id"]))
        there = moments(found[f"{names[0]}__ts"]).dt.tz_localize(None)
        due = rows[~(there.to_numpy() > rows["as_of"].to_numpy())]
        if len(due):
            self._store.write_to_online_store(view, df=due)
        return len(due)

    def _online(self, features: Any, ids: Sequence[str]) -> dict[str, list[Any]]:
        answer = self._store.get_online_features(
            features=features, entity_rows={"customer_id": list(ids)}
        )
        columns: dict[str, list[Any]] = answer.to_dict(include_event_timestamps=True)
        return columns

    def _service(self, name: str) -> Any:
        if name not in self._services:
            self._services[name] = self._registered(name)
        return self._services[name]

    def _registered(self, name: str) -> Any:
        from feast.errors import FeatureServiceNotFoundException

        try:
            service = self._store.get_feature_service(name)
        except FeatureServiceNotFoundException:
            service = None
        if service is None or service.tags.get("definitions") != self._fingerprint:
            raise FeaturesMissingError(
                "The present feature definitions are not registered",
                where=name,
                todo="Run `shuke features build`.",
            )
        return service

    @cached_property
    def _store(self) -> Any:
        os.environ.setdefault("FEAST_USAGE", "False")
        from feast import FeatureStore, RepoConfig

        # Feast joins on Ibis's default connection, which would spill into the current folder.
        ibis.set_backend(connect(self._threads))
        _keep_moments_in_utc()
        folder = self._folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        return FeatureStore(
            config=RepoConfig(
                project="shuke",
                provider="local",
                registry=str(folder / "registry.db"),
                offline_store={"type": "duckdb"},
                online_store={"type": "sqlite", "path": str(folder / "online.db")},
                entity_key_serialization_version=3,
            )
        )


def moments(seconds: Sequence[int]) -> "pd.Series[pd.Timestamp]":
    """Return Feast's event seconds as aware UTC; it writes 0 where there is no row."""
    known = np.array(seconds, dtype="float64")
    known[known == 0] = np.nan
    return pd.Series(pd.to_datetime(known, unit="s", utc=True)).astype(MOMENT)


def _keep_moments_in_utc() -> None:
    """Replace Feast's SQLite adapters, which pass naive UTC off as local time.

    With them a store filled in one time zone and read in another would shift by hours.
    """
    sqlite3.register_adapter(datetime, lambda moment: int(utc(moment).timestamp()))
    sqlite3.register_converter("timestamp", lambda raw: datetime.fromtimestamp(int(raw), UTC))
