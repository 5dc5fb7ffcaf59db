"""`shuke drift`: whether the scores can still be believed."""

from typing import Annotated

import typer


def drift(
    model: Annotated[str, typer.Argument(help="Model to look at.")] = "churn_60d",
) -> None:
    """Compare the newest scoring with training; exit code 1 means drift."""
    from service.bootstrap import build
    from shuke.show import drifted
    from shuke.steps import watch

    summary = watch(build(), model)
    drifted(summary)
    raise typer.Exit(summary.exit_code)
