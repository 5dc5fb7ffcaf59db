"""`shuke openapi`: the schema of the API as a file, for clients and for review."""

from pathlib import Path
from typing import Annotated

import typer


def openapi(
    to: Annotated[Path | None, typer.Option(help="File to write; printed without it.")] = None,
) -> None:
    """Write the OpenAPI document of this version of the API; nothing is read from the home."""
    from shuke.steps import api_schema

    text = api_schema()
    if to is None:
        typer.echo(text, nl=False)
    else:
        to.write_text(text, "utf-8")
