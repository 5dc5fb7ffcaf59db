"""`shuke train`: train models and let the gate decide who becomes champion."""

from typing import Annotated

import typer

from features.errors import InputError


def train(
    models: Annotated[
        list[str] | None, typer.Argument(help="Models or families; all without it.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Train even when nothing changed since the champion.")
    ] = False,
    tune: Annotated[
        bool, typer.Option("--tune", help="Search the settings of the trees first, on older rows.")
    ] = False,
    budget: Annotated[
        float | None, typer.Option(help="Seconds the search of one model may take; 600.", min=1)
    ] = None,
    trials: Annotated[
        int | None, typer.Option(help="Settings the search of one model may try; 60.", min=1)
    ] = None,
) -> None:
    """Train, compare with the honest baselines, log to MLflow; promote what passes the gate."""
    from service.bootstrap import build
    from shuke.show import trained
    from shuke.steps import Tuning, train_models

    if not tune and (budget or trials):
        raise InputError("--budget and --trials belong to --tune", todo="Add --tune.")
    tuning = Tuning(trials, budget) if tune else None
    trained(train_models(build(), models or [], fresh=fresh, tuning=tuning))
