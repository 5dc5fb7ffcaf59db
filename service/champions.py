"""The models that answer: champions are loaded once, and exchanged when others are promoted."""

from collections.abc import Hashable, Iterator, Mapping
from contextlib import contextmanager
from threading import Event, Lock, Thread
from typing import Protocol

import structlog

from features.errors import ShukeError
from models_registry.bundle import Bundle
from models_registry.errors import NoChampionError, UnknownModelError
from models_registry.families import Champions as Names
from models_registry.families import Standing, exchanged

LEAD_MODEL = "lead_score"
CUSTOMER_MODELS = ("churn_28d", "churn_60d", "next_purchase", "clv_90d")
MODELS = (*CUSTOMER_MODELS, LEAD_MODEL)
LOOK_SECONDS = 1.0  # how soon a promotion is served; what an MLflow server is asked once in

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


class Champions:
    """Champions by model name, from one moment of the registry to the next.

    Reading is a look into memory. `refresh` is what compares with the registry; a service calls
    it from a thread of its own (`following`), so that no request waits for a registry or for a
    model to load.
    """

    def __init__(self, source: Source) -> None:
        self._source = source
        self._lock = Lock()
        self._stamp: Hashable = None
        self._names: Names = {}
        self._challengers: Names = {}
        self._kept: Mapping[str, Bundle] = {}  # replaced as a whole, never changed
        self._said = ""

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
        bundle = self._kept.get(model)
        return bundle if bundle is not None else self._first(model)

    def of_customers(self) -> dict[str, Bundle]:
        """Return the champion of each customer model that has one, all of the same moment."""
        self.load_all()
        kept = self._kept
        return {model: kept[model] for model in CUSTOMER_MODELS if model in kept}

    def load_all(self) -> dict[str, NoChampionError]:
        """Load every champion there is and return why the others are missing."""
        missing: dict[str, NoChampionError] = {}
        for model in MODELS:
            try:
                self.get(model)
            except NoChampionError as error:
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
        except Exception as error:  # whatever a registry's server does
            self._say_once("registry not reached", error=str(error))
        else:
            self._say_once("")

    def _first(self, model: str) -> Bundle:
        with self._lock:
            if model not in self._names:
                self._look()
            if model not in self._names:
                raise NoChampionError(
                    f"No version of {model} is the champion",
                    where=model,
                    todo=f"Run `shuke train {model}`. If its gate refused it, it says why; "
                    "`shuke models promote` takes a version all the same.",
                )
            if model not in self._kept:
                bundle = self._source.load(model, self._names[model].version)
                self._kept = {**self._kept, model: bundle}
            return self._kept[model]

    def _look(self) -> None:
        # Taken before reading: what is written in between is another stamp next time.
        stamp = self._source.stamp()
        if stamp is None or stamp != self._stamp:
            self._stamp = stamp if self._exchange() else None

    def _exchange(self) -> bool:
        """Take over what the registry says; return whether all of it could be loaded."""
        old, new = self._names, self._source.standing()
        came: dict[str, Bundle] = {}
        failed = set()
        for model, named in exchanged(old, new).items():
            if model in self._kept and named != old[model]:
                try:
                    came[model] = self._source.load(model, named.version)
                except (ShukeError, OSError) as error:
                    failed.add(model)
                    _log.warning("champion not exchanged", model=model, error=str(error))
        names = exchanged(old, new, frozenset(failed))
        stay = {model for model in came if names[model] == old[model]}
        self._kept = {**self._kept, **{m: came[m] for m in came.keys() - stay}}
        self._names, self._challengers = names, new.challengers
        return not failed

    def _say_once(self, event: str, **more: str) -> None:
        if event and event != self._said:
            _log.warning(event, **more)
        self._said = event


@contextmanager
def following(champions: Champions, every_seconds: float = LOOK_SECONDS) -> Iterator[None]:
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
        thread.join()
