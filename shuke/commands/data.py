"""`shuke import`: bring data into the lake."""

from pathlib import Path
from typing import Annotated

import typer

from features.errors import InputError

app = typer.Typer(no_args_is_help=True, help="Bring data into the lake.")


@app.command("complete-journey")
def complete_journey(
    households: Annotated[
        int | None, typer.Option(min=1, help="Only the first N households; all without it.")
    ] = None,
) -> None:
    """Import Complete Journey: 1.47 million real receipt lines of a grocery chain, 2017."""
    from service.bootstrap import build
    from shuke.show import imports
    from shuke.steps import import_journey

    imports(import_journey(build(), households))


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
) -> None:
    """Import one CSV file; rows that break the contract go to a quarantine file."""
    from features.lake.csv_files import import_csv
    from service.bootstrap import build
    from shuke.progress import counting
    from shuke.show import imports

    columns = dict(_pair(entry) for entry in column or [])
    with counting(f"Importing {file.name}") as advance:
        report = import_csv(build().lake, table, file, columns, drop or (), progress=advance)
    imports([report])


def _pair(entry: str) -> tuple[str, str]:
    lake_column, equals, file_column = entry.partition("=")
    if not (lake_column and equals and file_column):
        raise InputError(
            f"--map {entry!r} is not LAKE_COLUMN=FILE_COLUMN",
            todo="Write for example --map ordered_at='Order date'.",
        )
    return lake_column, file_column
