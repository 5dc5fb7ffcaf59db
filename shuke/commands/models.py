"""`shuke models`: see versions, read their cards, compare two, promote one, roll back."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from models_registry.registry import Registry

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


@app.command("card")
def show_card(
    model: Annotated[str, typer.Argument(help="Model, for example churn_60d.")],
    version: Annotated[
        str | None, typer.Option(help="The champion without it; the newest if there is none.")
    ] = None,
    html: Annotated[
        Path | None, typer.Option(help="Write the page with its plots to this file instead.")
    ] = None,
) -> None:
    """Show the card of a version: data, metrics, calibration, features, limits."""
    from service.bootstrap import build
    from shuke.show import line, page
    from training.cards.page import HTML, MARKDOWN

    registry = build().registry
    chosen = version or _in_use(registry, model)
    if html is None:
        page(registry.text(model, chosen, MARKDOWN), f"{model} version {chosen}")
    else:
        html.write_text(registry.text(model, chosen, HTML), "utf-8")
        line(f"{model} version {chosen}: {html}")


@app.command("compare")
def compare_versions(
    model: Annotated[str, typer.Argument(help="Model, for example churn_60d.")],
    first: Annotated[str, typer.Argument(metavar="A", help="Version, for example 1.")],
    second: Annotated[str, typer.Argument(metavar="B", help="Version to hold against it.")],
) -> None:
    """Compare two versions: metrics, settings, features, and whether the rows were the same."""
    from service.bootstrap import build
    from shuke.show import compared
    from training.cards.card import Card
    from training.cards.compare import compare
    from training.cards.page import JSON

    registry = build().registry
    a, b = (Card.from_json(registry.text(model, one, JSON)) for one in (first, second))
    compared(f"{model}: version {first} and version {second}", first, second, compare(a, b))


def _in_use(registry: "Registry", model: str) -> str:
    from models_registry.errors import NoChampionError

    try:
        return registry.champion_version(model)
    except NoChampionError:
        return registry.versions(model)[0].version
