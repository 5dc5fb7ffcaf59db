"""`shuke models`: see versions and their cards, compare, promote, roll back, try in the shadow."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.errors import InputError

if TYPE_CHECKING:
    from models_registry.registry import Registry
    from models_registry.roles import Roles

GATE_PASSED = "by hand; its gate is passed"

app = typer.Typer(no_args_is_help=True, help="See, compare, promote and roll back model versions.")

Model = Annotated[str, typer.Argument(help="Model, for example churn_60d.")]


@app.command("list")
def list_models() -> None:
    """List every version of every model: its role, its gate, when it was promoted and why."""
    from shuke.show import versions

    roles = _roles()
    versions([version for model in roles.models() for version in roles.versions(model)])


@app.command("promote")
def promote(
    model: Model,
    version: Annotated[str, typer.Argument(help="Version, from `shuke models list`.")],
    reason: Annotated[str, typer.Option(help="Why; it is stored with the version.")] = "",
    force: Annotated[
        bool, typer.Option("--force", help="Also one whose gate is not passed; needs --reason.")
    ] = False,
) -> None:
    """Make a version the champion, and all models of the same training run with it.

    Running services answer with it within seconds.
    """
    from shuke.audited import audit_trail, note_models
    from shuke.show import line

    if force and not reason.strip():
        raise InputError(
            "--force needs a reason", todo='Add --reason "...": it is stored with the version.'
        )
    roles = _roles()
    if not force:
        roles.require_passed(model, version)
    why = reason.strip() or GATE_PASSED
    with audit_trail() as trail:
        moves = roles.promote(model, version, why, forced=force)
        note_models(trail, "models promote", moves, forced=force, reason=why)
    for name, number in moves.items():
        line(f"{name} version {number} is champion")


@app.command("rollback")
def rollback(model: Model) -> None:
    """Make the champion before this one champion again; running services follow in seconds."""
    from shuke.audited import audit_trail, note_models
    from shuke.show import line

    with audit_trail() as trail:
        moves = _roles().rollback(model)
        note_models(trail, "models rollback", moves)
    for name, number in moves.items():
        line(f"{name} version {number} is champion again")


@app.command("shadow")
def shadow(
    model: Model,
    version: Annotated[
        str | None, typer.Argument(help="Version to score beside the champion.")
    ] = None,
    off: Annotated[bool, typer.Option("--off", help="End it.")] = False,
) -> None:
    """Let a version score beside the champion, on the same rows; nobody is given its scores."""
    from shuke.audited import audit_trail, note_models
    from shuke.show import line

    if off == (version is not None):
        raise InputError("Name a version, or end it with --off", where=model)
    with audit_trail() as trail:
        if version is not None:
            begun = _roles().challenge(model, version)
            note_models(trail, "models shadow", begun)
            for name, number in begun.items():
                line(f"{name} version {number} scores in the shadow of the champion")
            return
        ended = _roles().withdraw(model)
        note_models(trail, "models shadow --off", ended)
    for name, number in ended.items():
        line(f"{name} version {number} scores no more")
    if not ended:
        line(f"{model} has no challenger")


@app.command("shadow-report")
def shadow_report(
    model: Model,
    version: Annotated[
        str | None, typer.Option(help="The challenger; without it the one that scored last.")
    ] = None,
) -> None:
    """Compare what a challenger said in the shadow with what was answered, and with what came."""
    from features.lake.lake import Lake
    from features.settings import Settings as FeatureSettings
    from models_registry.score_log import ScoreLog
    from models_registry.settings import Settings
    from monitoring.shadow import shadow_report
    from shuke.show import shadowed

    features, models = FeatureSettings(), Settings()
    shadowed(
        shadow_report(
            model,
            lake=Lake(features.lake_dir, features.threads),
            score_log=ScoreLog(models.score_dir),
            shadow_log=ScoreLog(models.shadow_dir),
            version=version,
        )
    )


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


def _roles() -> "Roles":
    """Open the roles of versions alone: a rollback should not wait for what it does not need."""
    from models_registry.roles import Roles
    from models_registry.settings import Settings

    return Roles(Settings())


def _in_use(registry: "Registry", model: str) -> str:
    from models_registry.errors import NoChampionError

    try:
        return registry.champion_version(model)
    except NoChampionError:
        return registry.versions(model)[0].version
