"""Moments given on the command line."""

from datetime import datetime
from typing import Annotated

import typer

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]

AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=FORMATS,
        help="The moment to look from, UTC; without it the midnight at or before the newest order.",
    ),
]
