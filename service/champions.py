"""The models that answer: champions are loaded once, and exchanged when another is promoted."""

import time
from dataclasses import dataclass
from threading import Lock
from typing import Protocol

import structlog

from features.errors import ShukeError
from models_registry.bundle import Bundle
from models_registry.errors import NoChampionError, UnknownModelError

LEAD_MODEL = "lead_score"
CUSTOMER_MODELS = ("churn_28d", "churn_60d", "next_purchase", "clv_90d")
MODELS = (*CUSTOMER_MODELS, LEAD_MODEL)

_log = structlog.get_logger("shuke.champions")


class Source(Protocol):
    """Where bundles come from: `models_registry.registry.Registry`, or anything like it."""

    def champion_version(self, model: str) -> str:
        """Return the number of the promoted version."""
        ...

    def load(self, model: str, version: str) -> Bundle:
        """Return one version."""
        ...


@dataclass(frozen=True, slots=True)
class _Kept:
    bundle: Bundle
    checked: float


class Champions:
    """Champions by model name.

    Parameters
    ----------
    source
        The registry.
    recheck_seconds
        A kept champion is compared with the registry again after this long.
    """

    def __init__(self, source: Source, recheck_seconds: float = 30.0) -> None:
        self._source = source
        self._recheck = recheck_seconds
        self._lock = Lock()
        self._kept: dict[str, _Kept] = {}

    def get(self, model: str) -> Bundle:
        """Return the champion of a model.

        Raises
        ------
        UnknownModelError
            If there is no such model.
        NoChampionError
            If no version of it was promoted yet; asked again, it looks again.
        """
        if model not in MODELS:
            raise UnknownModelError(
                "No model has this name", where=model, todo=f"Choose one of {', '.join(MODELS)}."
            )
        kept = self._kept.get(model)
        if kept is None:
            with self._lock:
                return self._first(model)
        # One request looks whether another version was promoted; the others go on with the old.
        if time.monotonic() - kept.checked > self._recheck and self._lock.acquire(blocking=False):
            try:
                return self._newest(model, kept.bundle)
            finally:
                self._lock.release()
        return kept.bundle

    def load_all(self) -> dict[str, NoChampionError]:
        """Load every champion there is and return why the others are missing."""
        missing: dict[str, NoChampionError] = {}
        for model in MODELS:
            try:
                self.get(model)
            except NoChampionError as error:
                missing[model] = error
        return missing

    def _first(self, model: str) -> Bundle:
        kept = self._kept.get(model)
        return kept.bundle if kept else self._keep(model, self._read(model, None))

    def _newest(self, model: str, old: Bundle) -> Bundle:
        try:
            return self._keep(model, self._read(model, old))
        except (ShukeError, OSError) as error:
            # A registry that is down must not take the scores down with it.
            _log.warning("champion not rechecked", model=model, error=str(error))
            return self._keep(model, old)

    def _read(self, model: str, old: Bundle | None) -> Bundle:
        try:
            version = self._source.champion_version(model)
        except UnknownModelError:
            raise NoChampionError(
                f"{model} was never trained", where=model, todo=f"Run `shuke train {model}`."
            ) from None
        return old if old and old.meta.version == version else self._source.load(model, version)

    def _keep(self, model: str, bundle: Bundle) -> Bundle:
        self._kept[model] = _Kept(bundle, time.monotonic())
        return bundle
