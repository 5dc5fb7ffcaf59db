"""What a service still needs before every route can answer."""

from collections.abc import Iterator
from dataclasses import dataclass

from features.errors import ShukeError
from service.bootstrap import App
from service.champions import CUSTOMER_MODELS


@dataclass(frozen=True, slots=True)
class Missing:
    """One thing that is not there, and what to do about it."""

    what: str
    todo: str


def missing(app: App) -> list[Missing]:
    """Return what is missing, in the order it has to be done; nothing when all can answer."""
    return list(_missing(app))


def _missing(app: App) -> Iterator[Missing]:
    if not app.lake.has("order_lines"):
        yield Missing("the lake holds no orders", "Run `shuke import`.")
    if app.store.materialized() is None:
        yield Missing("no features are online", "Run `shuke nightly`.")
    try:
        for model, error in app.champions.load_all().items():
            yield Missing(f"{model} has no champion", error.todo)
    except ShukeError as error:
        yield Missing(error.what, error.todo)
    batches = [model for model in CUSTOMER_MODELS if app.score_log.batches(model)]
    if app.policies.night.risk_model not in batches:
        yield Missing("no customer was scored in a batch yet", "Run `shuke nightly`.")
