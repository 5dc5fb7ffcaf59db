"""The models that answer: champions are loaded once, and exchanged when others are promoted."""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from threading import Event, Lock, Thread
from time import monotonic
from typing import Protocol

import structlog

from features.errors import ShukeError
from models_registry.bundle import Bundle
from models_registry.errors import (
    BundleError,
    NoChampionError,
    RegistryAwayError,
    UnknownModelError,
)
from models_registry.families import Champions as Names
from models_registry.families import Standing, exchanged

LEAD_MODEL = "lead_score"
CUSTOMER_MODELS = ("churn_28d", "churn_60d", "next_purchase", "clv_90d")
MODELS = (*CUSTOMER_MODELS, LEAD_MODEL)

_log = structlog.get_logger("shuke.champions")


class Source(Protocol):
    """Where bundles come from: `models_registry.registry.Registry`, or anything like it."""

    def standing(self) -> Standing:
        """Return who is champion and who challenger."""
        ...

    def stamp(self) -> Hashable:
        """Return what is another whenever `standing` may be, at next to no cost; None if unsure."""
        ...

    def load(self, model: str, version: str) -> Bundle:
        """Return one version."""
        ...


@dataclass(frozen=True, slots=True)
class Refused:
    """A promoted version that could not be loaded, why, and when it is tried again (monotonic)."""

    version: str
    error: ShukeError
    again_at: float


@dataclass(frozen=True, slots=True)
class ChampionPolicy:
    """How long to wait, in seconds.

    Attributes
    ----------
    retry
        Until a version that could not be loaded is tried again.
    turn
        For another thread that asks the registry, when a request needs a model never loaded;
        and until one asks again after a failure.
    leave
        At the end, for a look at the registry under way.
    """

    retry: float = 0.0
    turn: float = 5.0
    leave: float = 2.0


POLICY = ChampionPolicy(retry=30.0)


class Champions:
    """Champions by model name, from one moment of the registry to the next.

    Reading is a look into memory. `refresh` is what compares with the registry; a service calls
    it from a thread of its own (`following`), so that no request waits for a registry or for a
    model to load.

    Attributes
    ----------
    away
        Why the registry could not be asked when it was last tried; empty if it could.
    refused
        By model, the promoted version that could not be loaded; the one before it answers, if
        there was one.
    """

    def __init__(self, source: Source, policy: ChampionPolicy | None = None) -> None:
        self.away = ""
        self.refused: Mapping[str, Refused] = {}
        self._source = source
        self._policy = policy or ChampionPolicy()
        self._ask_at = 0.0
        self._lock = Lock()
        self._stamp: Hashable = None
        self._names: Names = {}
        self._challengers: Names = {}
        self._kept: Mapping[str, Bundle] = {}  # replaced as a whole, never changed

    def get(self, model: str) -> Bundle:
        """Return the champion of a model.

        Raises
        ------
        UnknownModelError
            If there is no such model.
        NoChampionError
            If no version of it was promoted yet; asked again, it looks again.
        RegistryAwayError, BundleError
            If it was never loaded, and cannot be now.
        """
        if model not in MODELS:
            raise UnknownModelError(
                "No model has this name", where=model, todo=f"Choose one of {', '.join(MODELS)}."
            )
        bundle = self._kept.get(model)
        return bundle if bundle is not None else self._first(model)

    def of_customers(self) -> dict[str, Bundle]:
        """Return the champion of each customer model that has one, all of the same moment."""
        self.load_all()
        kept = self._kept
        return {model: kept[model] for model in CUSTOMER_MODELS if model in kept}

    def load_all(self) -> dict[str, ShukeError]:
        """Load every champion there is and return why the others are missing."""
        missing: dict[str, ShukeError] = {}
        for model in MODELS:
            try:
                self.get(model)
            except ShukeError as error:
                missing[model] = error
        return missing

    def challenger(self, model: str) -> str | None:
        """Return the version scored beside the champion, if there is one."""
        named, champion = self._challengers.get(model), self._names.get(model)
        return named.version if named and named != champion else None

    def load(self, model: str, version: str) -> Bundle:
        """Return any version: the one that answers from memory, nothing is kept of another."""
        kept = self._kept.get(model)
        if kept is not None and kept.meta.version == version:
            return kept
        return self._source.load(model, version)

    def refresh(self) -> None:
        """Exchange what was promoted or rolled back since; what fails is tried again next time.

        Never raises: a registry that is down must not take the scores down with it.
        """
        try:
            with self._lock:
                self._look()
        except Exception:  # whatever a registry's server does
            if not self.away:  # else it is told already
                _log.exception("champions not refreshed")

    def _first(self, model: str) -> Bundle:
        with self._turn():
            if model not in self._names:
                if self.away and monotonic() < self._ask_at:
                    raise _no_registry()
                self._look()
            if model not in self._names:
                raise NoChampionError(
                    f"No version of {model} is the champion",
                    where=model,
                    todo=f"Run `shuke train {model}`. If its gate refused it, it says why; "
                    "`shuke models promote` takes a version all the same.",
                )
            if model not in self._kept:
                bundle = self._loaded(model, self._names[model].version)
                self._kept = {**self._kept, model: bundle}
            return self._kept[model]

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """Ask the registry alone; a request does not wait for long where that hangs."""
        if not self._lock.acquire(timeout=self._policy.turn):
            raise _no_registry()
        try:
            yield
        finally:
            self._lock.release()

    def _loaded(self, model: str, version: str) -> Bundle:
        """Load a version; one that was refused is not tried again at once."""
        refused = self.refused.get(model)
        if refused and refused.version == version and monotonic() < refused.again_at:
            raise refused.error.again()
        try:
            bundle = self._read(model, version)
        except ShukeError as error:
            if refused is None or (refused.version, str(refused.error)) != (version, str(error)):
                _log.error("champion not loaded", model=model, version=version, error=str(error))
            again = Refused(version, error, monotonic() + self._policy.retry)
            self.refused = {**self.refused, model: again}
            raise
        self.refused = {name: each for name, each in self.refused.items() if name != model}
        return bundle

    def _read(self, model: str, version: str) -> Bundle:
        try:
            return self._source.load(model, version)
        except OSError as error:  # a full disk, a folder that may not be read
            raise BundleError(
                f"The files cannot be read or copied: {error}", where=model
            ) from error

    def _look(self) -> None:
        # Taken before reading: what is written in between is another stamp next time.
        stamp = self._source.stamp()
        if stamp is None or stamp != self._stamp:
            self._stamp = stamp if self._exchange(self._standing()) else None

    def _standing(self) -> Standing:
        """Ask the registry, and remember whether it answered."""
        try:
            standing = self._source.standing()
        except Exception as error:
            if not self.away:
                _log.error("registry not reached", error=str(error))
            self.away = str(error)
            self._ask_at = monotonic() + self._policy.turn
            raise
        self.away = ""
        return standing

    def _exchange(self, new: Standing) -> bool:
        """Take over what the registry says; return whether all of it could be loaded."""
        old = self._names
        came: dict[str, Bundle] = {}
        failed = set()
        for model, named in exchanged(old, new).items():
            if model in self._kept and named != old[model]:
                try:
                    came[model] = self._loaded(model, named.version)
                except ShukeError:
                    failed.add(model)
        names = exchanged(old, new, frozenset(failed))
        stay = {model for model in came if names[model] == old[model]}
        self._kept = {**self._kept, **{m: came[m] for m in came.keys() - stay}}
        self._names, self._challengers = names, new.challengers
        # What was refused and is champion no more is nobody's trouble.
        promoted = {model: named.version for model, named in new.champions.items()}
        self.refused = {m: r for m, r in self.refused.items() if promoted.get(m) == r.version}
        return not failed


def _no_registry() -> RegistryAwayError:
    return RegistryAwayError(
        "The registry of models does not answer",
        todo="Repeat the request after a while; /readyz says when it is back.",
    )


@contextmanager
def following(champions: Champions, every_seconds: float = 1.0) -> Iterator[None]:
    """Refresh champions in a thread meanwhile."""
    stop = Event()

    def follow() -> None:
        while not stop.wait(every_seconds):
            champions.refresh()

    thread = Thread(target=follow, name="shuke-champions", daemon=True)
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(timeout=POLICY.leave)
