"""The one place that talks to Feast."""

import os
from collections.abc import Sequence
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import pandas as pd

from features.errors import FeaturesMissingError
from features.feature_sets import FeatureSet, sets_of
from features.offline_store import OfflineStore

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
    offline
        What joins history.
    online_url
        Backend of the online store, as `features.online.open.open_backend` takes it.
    online_folder
        Where the online store's file lies by default; `online` beside `folder` if None.
    """

    def __init__(
        self,
        folder: Path,
        fingerprint: str,
        offline: OfflineStore,
        online_url: str = "",
        online_folder: Path | None = None,
    ) -> None:
        self._folder = folder
        self._fingerprint = fingerprint
        self._offline = offline
        self._online_url = online_url
        self._online_folder = online_folder or folder.parent / "online"
        self._services: dict[str, Any] = {}

    def apply(self, patterns: dict[str, str]) -> None:
        """Register the definitions over the files that `patterns` name."""
        _imported()
        from features.definitions import definitions

        with self._offline.asking():
            sources = {
                name: self._offline.source(f"{name}_files", pattern)
                for name, pattern in patterns.items()
            }
            self._store.apply(definitions(sources, self._fingerprint))
        self._services.clear()

    def history(
        self, service: str, sets: Sequence[FeatureSet], pairs: pd.DataFrame
    ) -> pd.DataFrame:
        """Return some of a service's sets for distinct customers and moments, in any order."""
        store = self._store  # imports Feast, which undoes warning filters: before `asking`
        some = [f"{each.name}:{name}" for each in sets for name in each.columns]
        with self._offline.asking():
            registered = self._service(service)
            found = store.get_historical_features(
                entity_df=pairs.rename(columns={"as_of": "event_timestamp"}),
                features=registered if tuple(sets) == sets_of(service) else some,
            ).to_df()
        moments = pd.to_datetime(found.pop("event_timestamp"), utc=True).astype(MOMENT)
        joined: pd.DataFrame = found.assign(as_of=moments)
        return joined

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
        feast = _imported()
        folder = self._folder.absolute()
        folder.mkdir(parents=True, exist_ok=True)
        return feast.FeatureStore(
            config=feast.RepoConfig(
                project="shuke",
                provider="local",
                registry=str(folder / f"registry-{self._offline.config()['type']}.db"),
                offline_store=self._offline.config(),
                online_store={
                    "type": "features.online.feast_store.PackedOnlineStore",
                    "url": self._online_url,
                    "folder": str(self._online_folder.absolute()),
                    "definitions": self._fingerprint,
                },
                entity_key_serialization_version=3,
            )
        )


def _imported() -> Any:
    """Import Feast without the checks of arguments that it would compile into itself meanwhile.

    They take longer than all the rest of it, seconds of every command; `python -O` leaves them out
    as well.
    """
    import typeguard

    os.environ.setdefault("FEAST_USAGE", "False")
    checks = typeguard.typechecked
    typeguard.typechecked = _as_it_is  # type: ignore[assignment]  # it is overloaded
    try:
        import feast
    finally:
        typeguard.typechecked = checks
    return feast


def _as_it_is(target: Any) -> Any:
    return target
