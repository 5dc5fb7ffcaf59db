"""`shuke features`: build what is known about every customer at a moment."""

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

from shuke.moments import FORMATS

app = typer.Typer(no_args_is_help=True, help="Build and look at customer features.")


@app.command("build")
def build_features(
    as_of: Annotated[
        list[datetime] | None,
        typer.Option("--as-of", formats=FORMATS, help="Cutoff, UTC; repeatable."),
    ] = None,
    training: Annotated[
        bool, typer.Option(help="Also build the cutoffs that training needs.")
    ] = True,
    online: Annotated[
        bool, typer.Option(help="Put the newest cutoff into the online store.")
    ] = True,
) -> None:
    """Build point-in-time features for all cutoffs in one pass; what is unchanged is reused."""
    from features.clock import utc
    from service.bootstrap import build
    from shuke import steps
    from shuke.show import line

    app_ = build()
    moments = [utc(moment) for moment in as_of or [app_.lake.today()]]
    report = steps.build_features(app_, moments, training=training)
    line(f"{report.built} cutoffs built, {report.reused} reused, {report.rows:,} rows")
    if online:
        rows = steps.materialize(app_, max(moments))
        line(f"{rows:,} customers online as of {max(moments):%Y-%m-%d}")


@app.command("list")
def list_features() -> None:
    """List every feature with its unit and what it means."""
    from features.catalog import FEATURES
    from shuke.show import table

    rows = [(f.name, f.topic, f.unit, f.en, f.zh) for f in FEATURES.values()]
    table("Customer features", ("feature", "topic", "unit", "meaning", "含义"), rows)


@app.command("catalogue")
def write_catalogue(
    to: Annotated[Path | None, typer.Option(help="File to write; printed without it.")] = None,
) -> None:
    """Write the catalogue page of the documentation from the code."""
    from shuke.catalogue import page

    if to is None:
        typer.echo(page(), nl=False)
    else:
        to.write_text(page(), "utf-8")


@app.command("describe")
def describe_feature(
    name: Annotated[str, typer.Argument(help="A feature, for example recency_days.")],
) -> None:
    """Show what a feature means and how its values lie in the newest build."""
    from features.catalog import feature
    from features.description import described, newest_values
    from features.settings import Settings
    from shuke.describe import describe

    found = feature(name)
    as_of, values = newest_values(Settings(), name)
    describe(found, as_of, described(values))
