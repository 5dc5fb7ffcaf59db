"""`shuke import` and `shuke data`: bring data into the lake, and see whether they will do."""

from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from features.clock import now
from features.errors import InputError

if TYPE_CHECKING:
    from features.lake.ledger import ImportReport

app = typer.Typer(no_args_is_help=True, help="Bring data into the lake.")
data = typer.Typer(no_args_is_help=True, help="Look at the data in the lake.")


@app.command("complete-journey")
def complete_journey(
    households: Annotated[
        int | None, typer.Option(min=1, help="Only the first N households; all without it.")
    ] = None,
) -> None:
    """Import Complete Journey: 1.47 million real receipt lines of a grocery chain, 2017."""
    from service.bootstrap import build
    from shuke.show import imports, line
    from shuke.steps import import_journey

    reports = import_journey(build(), households)
    line("A backfill: the rows count as known when they happened.")
    imports(reports)


@app.command("csv")
def csv(
    table: Annotated[str, typer.Argument(help="Lake table, for example order_lines.")],
    file: Annotated[Path, typer.Argument(help="CSV file, UTF-8 or GB18030.")],
    column: Annotated[
        list[str] | None,
        typer.Option("--map", help="LAKE_COLUMN=FILE_COLUMN where the names differ; repeatable."),
    ] = None,
    drop: Annotated[
        list[str] | None, typer.Option(help="File column to leave out; repeatable.")
    ] = None,
    backfill: Annotated[
        bool | None,
        typer.Option(
            "--backfill/--known-now",
            help="Whether the rows count as known when they happened, or from now on. Without "
            "either: a backfill into an empty table, known from now on into any other. An "
            "ingested_at column of the file's own always wins.",
        ),
    ] = None,
    zone: Annotated[str, typer.Option(help="Time zone of times that carry none.")] = "UTC",
) -> None:
    """Import one CSV file; rows that break the contract go to a quarantine file."""
    from features.lake.csv_files import import_csv
    from service.bootstrap import build
    from shuke.progress import counting
    from shuke.show import imports, line

    columns = dict(_pair(entry) for entry in column or [])
    lake = build().lake
    known = known_from(backfill, empty=not lake.has(table))
    with counting(f"Importing {file.name}") as advance:
        report = import_csv(
            lake, table, file, columns, drop or (), ingested_at=known, zone=zone, progress=advance
        )
    for note in notes(report):
        line(note)
    imports([report])


@data.command("check")
def check(
    model: Annotated[
        list[str] | None,
        typer.Option("--model", help="Model or family to look at; repeatable. All without it."),
    ] = None,
    html: Annotated[
        Path | None,
        typer.Option(dir_okay=False, help="Also write the whole check as one HTML file."),
    ] = None,
) -> None:
    """Look at the data before training: enough, missing, odd, leaking; 1 means fix something."""
    from service.bootstrap import build
    from shuke.progress import sharing
    from shuke.show import checked, line
    from training.data_check.check import check as check_data

    app_, asked = build(), [name.replace("-", "_") for name in model or []]
    with sharing("Checking the data") as tell:
        found = check_data(app_.lake, app_.store, asked, tell)
    checked(found)
    if html is not None:
        from monitoring.reports import write
        from training.data_check.page import page

        line(f"Whole check: {write(html, page(found))}")
    raise typer.Exit(found.exit_code)


def known_from(backfill: bool | None, *, empty: bool) -> datetime | None:
    """Return since when the rows of an import are known; None for when they happened.

    Parameters
    ----------
    backfill
        What the caller said; None leaves it to whether the table is `empty`: its first rows are
        the history that a shop brings along, all later ones are news.
    """
    return None if (empty if backfill is None else backfill) else now()


def notes(report: "ImportReport") -> list[str]:
    """Say what the totals of an import do not."""
    said = []
    if report.accepted and report.ingested_at:
        at = f"{report.ingested_at:%Y-%m-%d %H:%M} UTC"
        said.append(f"Known from now on ({at}); history that comes late needs --backfill.")
    elif report.accepted:
        said.append("A backfill: the rows count as known when they happened.")
    if report.ignored_columns:
        said.append(f"Left out, no column of {report.table}: {', '.join(report.ignored_columns)}.")
    if report.quarantine_file:
        said.append(f"Broken rows, with column, reason and value: {report.quarantine_file}")
    if report.conflicts:
        said.append(
            f"{report.conflicts:,} of the duplicates say something else than the row that stands, "
            f"which stays: {report.conflict_file}"
        )
        said.append(
            "To correct an order line, send a line that takes it back (a new line_no, quantity "
            "and amount negative) and a line with the right values; anything else, under a new id."
        )
    return said


def _pair(entry: str) -> tuple[str, str]:
    lake_column, equals, file_column = entry.partition("=")
    if not (lake_column and equals and file_column):
        raise InputError(
            f"--map {entry!r} is not LAKE_COLUMN=FILE_COLUMN",
            todo="Write for example --map ordered_at='Order date'.",
        )
    return lake_column, file_column
