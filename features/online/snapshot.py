"""A copy of the newest built features on this machine, for while the online store is away."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from threading import Lock
from time import monotonic
from typing import Final

from features.feature_files import FeatureFiles
from features.feature_sets import FeatureSet
from features.online.sqlite import SqliteBackend
from features.online.store import Materialized, OnlineStore

FILE: Final = "snapshot.db"
LOOK_SECONDS: Final = 2.0  # how often it is looked whether something newer was built


class Snapshot:
    """Packed rows of the newest moment that every set was built for; filled when first needed.

    Parameters
    ----------
    path
        Its file; made with the first filling. Several processes of a machine share it.
    files
        What was built, by set.
    definitions
        Fingerprint of the feature definitions.
    """

    def __init__(
        self, path: Path, files: Mapping[FeatureSet, FeatureFiles], definitions: str
    ) -> None:
        self.store = OnlineStore(SqliteBackend(path), definitions)
        self._path = path
        self._files = files
        self._filling = Lock()
        self._look_at = 0.0
        self._held: Materialized | None = None

    def ready(self) -> Materialized | None:
        """Bring it up to date and return what it holds; None if nothing is built here."""
        with self._filling:
            if monotonic() >= self._look_at:
                self._held = self._refreshed()
                self._look_at = monotonic() + LOOK_SECONDS
            return self._held

    def exists(self) -> bool:
        """Say whether it was ever filled: otherwise there is nothing to forget."""
        return self._path.exists()

    def _refreshed(self) -> Materialized | None:
        each = [files.newest() for files in self._files.values()]
        found = [moment for moment in each if moment is not None]
        if len(found) < len(each):
            return None
        moment = min(found)
        written = max(files.standing(moment).stat().st_mtime for files in self._files.values())
        built = Materialized(as_of=moment, at=datetime.fromtimestamp(written, UTC))
        if self.store.materialized() != built:
            self._fill(built)
        return replace(built, snapshot=True)

    def _fill(self, built: Materialized) -> None:
        for each, files in self._files.items():
            self.store.put(each.name, each.columns, files.frame(built.as_of))
        self.store.set_materialized(built)
        self.store.keep([each.name for each in self._files])
