"""What a service still needs before every route can answer."""

from collections.abc import Iterator
from dataclasses import dataclass

from features.errors import UnreachableError
from models_registry.errors import NoChampionError
from service.bootstrap import App
from service.champions import CUSTOMER_MODELS

_NOBODY = ""


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is not there, and what to do about it."""

    what: str
    todo: str


def degraded(app: App) -> list[Missing]:
    """Return what goes on with less than it should have: it is no reason to ask elsewhere."""
    return list(_degraded(app))


def _degraded(app: App) -> Iterator[Missing]:
    try:
        done = app.store.materialized()
    except UnreachableError:  # told as missing
        done = None
    if done is not None and done.snapshot:
        yield Missing(
            f"the online store is away; scores are by the features of {done.as_of:%Y-%m-%d %H:%M}",
            "See that it runs and that SHUKE_ONLINE_URL names it.",
        )
    if app.champions.away:
        yield Missing(
            "the registry of models does not answer; the champions loaded go on",
            "See that it runs and that SHUKE_TRACKING_URI names it.",
        )
    for model, refused in app.champions.refused.items():
        yield Missing(
            f"version {refused.version} of {model} cannot be loaded: {refused.error.what}",
            "Restore its files, or promote another version; the one before it goes on.",
        )


def missing(app: App) -> list[Missing]:
    """Return what is missing, in the order it has to be done; nothing when all can answer."""
    return list(_missing(app))


def _missing(app: App) -> Iterator[Missing]:
    if not app.lake.has("order_lines"):
        yield Missing("the lake holds no orders", "Run `shuke import`.")
    try:
        with app.records.transaction(read_only=True) as work:
            work.keys.get(_NOBODY)
        if app.store.materialized() is None:
            yield Missing("no features are online", "Run `shuke nightly`.")
    except UnreachableError as away:
        yield Missing(away.what, away.todo)
    for model, error in app.champions.load_all().items():
        none = isinstance(error, NoChampionError)
        yield Missing(f"{model} has no champion" if none else f"{model}: {error.what}", error.todo)
    batches = [model for model in CUSTOMER_MODELS if app.score_log.batches(model)]
    if app.policies.night.risk_model not in batches:
        yield Missing("no customer was scored in a batch yet", "Run `shuke nightly`.")
