"""Champion and challenger: measured on the same rows, the newer model has to be the better one."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta

from models_registry.bundle import Bundle
from models_registry.columns import FREE_FORM
from models_registry.errors import BundleError, NoChampionError, UnknownModelError
from models_registry.meta import Meta
from models_registry.registry import Registry
from training.config import ModelConfig
from training.dataset import Dataset
from training.duel import Duel, compare
from training.evaluate import LEAST_SLICE, Evaluation
from training.gate import Verdict
from training.pipelines.base import inside

Evaluate = Callable[[Bundle, Dataset], Evaluation]


def champion_of(registry: Registry, model: str) -> Bundle | None:
    """Return the champion to beat; None where there is none, or none that can still be read."""
    try:
        return registry.champion(model)
    except (NoChampionError, UnknownModelError, BundleError):
        return None


def challenge(
    champion: Bundle | None,
    challenger: Bundle,
    dataset: Dataset,
    evaluation: Evaluation,
    evaluate: Evaluate,
    config: ModelConfig,
) -> Verdict:
    """Measure the champion on the test rows of the challenger and let the better one win.

    Where the two cannot be compared, nothing is asked here and the reason says so: the gate
    against the baselines decides alone.

    Parameters
    ----------
    evaluation
        The challenger's, on `dataset.test`.
    evaluate
        How the pipeline measures any bundle on any rows.
    """
    if champion is None:
        return _not_compared("there is no champion that can be read")
    called = f"the champion (version {champion.meta.version or '?'})"
    if why := incomparable(champion, challenger.meta, dataset):
        return _not_compared(f"{called} {why}")
    try:
        theirs, ours = _on_same_rows(champion, challenger, dataset, evaluation, evaluate)
    except BundleError as error:
        return _not_compared(f"{called} cannot judge these rows: {error.what}")
    meta = challenger.meta
    duel = Duel(ours, theirs, meta.kind, called, meta.interval_level)
    return compare(duel, config.gate, config.slice_margin)


def incomparable(champion: Bundle, challenger: Meta, dataset: Dataset) -> str:
    """Say why a comparison on `dataset.test` would not be fair; empty where it is."""
    meta, test = champion.meta, dataset.test
    if meta.rung != challenger.rung:
        return f"stands on another rung of the ladder ({meta.rung})"
    if (meta.kind, meta.horizon_days) != (challenger.kind, challenger.horizon_days):
        return "answers another question"
    absent = [name for name in _columns_read(champion) if name not in test]
    if absent:
        return f"reads features that no longer exist ({', '.join(absent[:3])})"
    if meta.trained_as_of > newest_fair(dataset, meta.horizon_days):
        return (
            f"learned from moments up to {meta.trained_as_of:%Y-%m-%d}, "
            "so it has seen outcomes of the test window"
        )
    population = (*challenger.population, *meta.population)
    if len(inside(test, population)) < LEAST_SLICE:
        return "judges other customers"
    return ""


def newest_fair(dataset: Dataset, horizon_days: int | None) -> datetime:
    """Return the newest moment whose outcome is settled before the test begins."""
    if horizon_days is None:
        return dataset.trained_as_of
    begins: datetime = dataset.test["as_of"].min().floor("us").to_pydatetime()
    return max(dataset.trained_as_of, begins - timedelta(days=horizon_days))


def _on_same_rows(
    champion: Bundle,
    challenger: Bundle,
    dataset: Dataset,
    evaluation: Evaluation,
    evaluate: Evaluate,
) -> tuple[Evaluation, Evaluation]:
    """Return champion and challenger on the rows that both may judge."""
    if champion.meta.population == challenger.meta.population:
        return evaluate(champion, dataset), evaluation
    both = (*champion.meta.population, *challenger.meta.population)
    narrowed = replace(dataset, test=inside(dataset.test, both))
    return evaluate(champion, narrowed), evaluate(challenger, narrowed)


def _columns_read(bundle: Bundle) -> list[str]:
    head = bundle.meta.category
    of_head = [head.key, *head.arrays] if head else []
    return [name for name in [*bundle.inputs, *of_head] if not name.startswith(FREE_FORM)]


def _not_compared(why: str) -> Verdict:
    return Verdict(True, (f"passed: not compared, because {why}; the baselines decide",))
