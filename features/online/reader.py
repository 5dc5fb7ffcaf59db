"""Reading features for a request: from the online store, or from a snapshot while that is away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial
from threading import Lock
from time import monotonic
from typing import TypeVar

import structlog

from features.feature_sets import FeatureSet
from features.online.backend import OnlineUnreachableError
from features.online.snapshot import Snapshot
from features.online.store import Materialized, OnlineStore, Rows

_T = TypeVar("_T")
_log = structlog.get_logger("shuke.online")


@dataclass(frozen=True, slots=True)
class Found:
    """Rows of some ids by set, in the order of the sets, and where they come from."""

    rows: Sequence[Rows]
    newest: Materialized


class OnlineReader:
    """Reads what is online; never waits twice for a store that does not answer.

    Parameters
    ----------
    snapshot
        What answers meanwhile.
    rest
        Seconds until a store that was away is tried again, by one request.
    """

    def __init__(
        self,
        store: OnlineStore,
        snapshot: Snapshot,
        rest: float,
        monotonic: Callable[[], float] = monotonic,
    ) -> None:
        self._store = store
        self._snapshot = snapshot
        self._rest = rest
        self._monotonic = monotonic
        self._lock = Lock()
        self._away = False
        self._try_at = 0.0

    def materialized(self) -> Materialized | None:
        """Return the newest materialization that can be read; None if there is none."""
        return self._ask(self._store.materialized, self._snapshot.ready)

    def find(self, sets: Sequence[FeatureSet], ids: Sequence[str]) -> Found | None:
        """Return the newest rows of ids; None if nothing was materialized yet.

        Raises
        ------
        OnlineUnreachableError
            The store is away and no rows of the present definitions lie on this machine.
        """
        return self._ask(
            partial(_found, self._store, self._store.materialized, sets, ids),
            partial(_found, self._snapshot.store, self._snapshot.ready, sets, ids),
        )

    def close(self) -> None:
        """Give files and connections back."""
        self._store.close()
        self._snapshot.store.close()

    def _ask(self, ask: Callable[[], _T | None], instead: Callable[[], _T | None]) -> _T | None:
        if not self._may_ask():
            return self._answered(instead, None)
        try:
            found = ask()
        except OnlineUnreachableError as error:
            self._note(away=True, why=str(error))
            return self._answered(instead, error)
        self._note(away=False)
        return found

    def _answered(
        self, instead: Callable[[], _T | None], error: OnlineUnreachableError | None
    ) -> _T | None:
        found = instead()
        if found is None:
            raise error or OnlineUnreachableError(
                "The online store cannot be reached, and no built features lie here",
                todo="See that it runs and that SHUKE_ONLINE_URL names it.",
            )
        return found

    def _may_ask(self) -> bool:
        with self._lock:
            now = self._monotonic()
            if self._away and now < self._try_at:
                return False
            self._try_at = now + self._rest  # while one tries, the others do not
            return True

    def _note(self, *, away: bool, why: str = "") -> None:
        with self._lock:
            changed, self._away = away != self._away, away
            self._try_at = self._monotonic() + self._rest
        if changed and away:
            _log.error("online store away, a snapshot answers", why=why)
        elif changed:
            _log.warning("online store is back")


def _found(
    store: OnlineStore,
    newest: Callable[[], Materialized | None],
    sets: Sequence[FeatureSet],
    ids: Sequence[str],
) -> Found | None:
    done = newest()
    if done is None:
        return None
    return Found([store.rows(each.name, each.columns, ids) for each in sets], done)
