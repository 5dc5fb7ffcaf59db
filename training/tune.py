"""Hyper-parameter search: settings are chosen on older rows, and the test never takes part."""

import math
from collections.abc import Callable, Sequence
from itertools import product
from typing import TYPE_CHECKING

import numpy as np

from features.errors import StateError
from training.config import Boosting, ModelConfig
from training.dataset import Dataset
from training.metrics import BETTER
from training.nested import inner_datasets
from training.pipelines.base import Pipeline
from training.space import Search
from training.trials import Attempt, Tuned

if TYPE_CHECKING:
    from optuna import Study, Trial
    from optuna.trial import FrozenTrial

Progress = Callable[[float], None]

_ERRORS = "errors"


def tune(
    config: ModelConfig,
    dataset: Dataset,
    pipeline_of: Callable[[ModelConfig], Pipeline],
    search: Search | None = None,
    *,
    progress: Progress | None = None,
) -> Tuned:
    """Search settings of the trees that lower the error on inner tests.

    Every trial fits and measures through the pipeline alone. The settings there are come first,
    so the choice is never worse than they are on the inner tests.

    Parameters
    ----------
    dataset
        Its test part is not looked at.
    progress
        Called with the share of the budget used, 0 to 1.

    Raises
    ------
    EmptyDataError
        The history is too short for an inner test.
    """
    import optuna

    search = search or Search()
    inner = inner_datasets(dataset, config, splits=search.splits)
    metric, space = searched_metric(config), search.space.around(config.boosting)
    repeats = math.ceil(search.fits / len(inner))
    optuna.logging.set_verbosity(optuna.logging.WARNING)
    study = optuna.create_study(
        sampler=optuna.samplers.TPESampler(seed=search.seed),
        pruner=optuna.pruners.MedianPruner(),
    )
    study.enqueue_trial(space.settings(config.boosting))

    def attempt(trial: "Trial") -> float:
        boosting = space.suggest(trial, config.boosting)
        errors: list[float] = []
        for place, (again, part) in enumerate(product(range(repeats), inner)):
            seeded = boosting.model_copy(update={"seed": boosting.seed + again})
            pipeline = pipeline_of(config.model_copy(update={"boosting": seeded}))
            error = pipeline.evaluate(pipeline.fit(part), part).metrics[metric]
            if not np.isfinite(error):
                raise optuna.TrialPruned
            errors.append(error)
            trial.set_user_attr(_ERRORS, errors)
            trial.report(float(np.mean(errors)), place)
            if trial.should_prune():
                raise optuna.TrialPruned
        return float(np.mean(errors))

    study.optimize(
        attempt,
        n_trials=search.trials,
        timeout=search.seconds,
        callbacks=[_telling(progress, search)] if progress else None,
    )
    attempts = tuple(_attempt(trial) for trial in study.trials)
    chosen = _choice(attempts, search.least_gain)
    boosting = Boosting.model_validate({**config.boosting.model_dump(), **chosen.settings})
    return Tuned(
        config=config.model_copy(update={"boosting": boosting}),
        search=search,
        metric=metric,
        tests=tuple(_said(part) for part in inner),
        attempts=attempts,
        chosen=chosen,
    )


def searched_metric(config: ModelConfig) -> str:
    """Return the error a search lowers: the first of the gate that baselines are beaten on.

    Raises
    ------
    StateError
        The gate asks for no error.
    """
    for asked in config.gate:
        if asked.beats_baselines_by is not None and BETTER.get(asked.metric) == "lower":
            return asked.metric
    raise StateError(
        "The gate names no error to lower",
        where=config.model,
        todo="Add a condition on log_loss or mae that beats the baselines.",
    )


def _attempt(trial: "FrozenTrial") -> Attempt:
    errors = tuple(float(error) for error in trial.user_attrs.get(_ERRORS, ()))
    return Attempt(dict(trial.params), errors, trial.state.name == "COMPLETE")


def _choice(attempts: Sequence[Attempt], least_gain: float) -> Attempt:
    before = attempts[0]
    best = min((one for one in attempts if one.finished), key=lambda one: one.error, default=before)
    clearly = not before.finished or best.error < before.error * (1 - least_gain)
    return best if clearly else before


def _telling(progress: Progress, search: Search) -> "Callable[[Study, FrozenTrial], None]":
    from features.clock import now

    begun = now()

    def tell(study: "Study", trial: "FrozenTrial") -> None:
        spent = (now() - begun).total_seconds() / search.seconds
        progress(min(1.0, max(spent, (trial.number + 1) / search.trials)))

    return tell


def _said(part: Dataset) -> str:
    known, test = part.known["as_of"], part.test["as_of"]
    return (
        f"{len(part.test)} rows from {test.min():%Y-%m-%d} to {test.max():%Y-%m-%d}, learned from "
        f"{len(known)} rows from {known.min():%Y-%m-%d} to {known.max():%Y-%m-%d}"
    )
