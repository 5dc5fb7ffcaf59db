"""`shuke train`: train models and let the gate decide who becomes champion."""

from typing import Annotated

import typer


def train(
    models: Annotated[
        list[str] | None, typer.Argument(help="Models or families; all without it.")
    ] = None,
    fresh: Annotated[
        bool, typer.Option("--fresh", help="Train even when nothing changed since the champion.")
    ] = False,
) -> None:
    """Train, compare with the honest baselines, log to MLflow; promote what passes the gate."""
    from service.bootstrap import build
    from shuke.show import trained
    from shuke.steps import train_models

    trained(train_models(build(), models or [], fresh=fresh))
