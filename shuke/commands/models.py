"""`shuke models`: see versions, promote one, roll back."""

from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help="See, promote and roll back model versions.")


@app.command("list")
def list_models() -> None:
    """List every version of every model; the champion is marked."""
    from service.bootstrap import build
    from shuke.show import versions

    registry = build().registry
    versions([version for model in registry.models() for version in registry.versions(model)])


@app.command("promote")
def promote(
    model: Annotated[str, typer.Argument(help="Model, for example churn_60d.")],
    version: Annotated[str, typer.Argument(help="Version, from `shuke models list`.")],
    reason: Annotated[str, typer.Option(help="Why; it is stored with the version.")],
) -> None:
    """Make a version the champion, by hand and with a reason that is stored."""
    from service.bootstrap import build
    from shuke.show import line

    build().registry.promote(model, version, reason)
    line(f"{model} version {version} is champion")


@app.command("rollback")
def rollback(model: Annotated[str, typer.Argument(help="Model, for example churn_60d.")]) -> None:
    """Make the champion before this one champion again."""
    from service.bootstrap import build
    from shuke.show import line

    line(f"{model} is back at version {build().registry.rollback(model)}")
