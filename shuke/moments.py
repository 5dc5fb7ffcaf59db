"""Moments and spans given on the command line."""

import re
from datetime import datetime, timedelta
from typing import Annotated

import typer

from features.errors import InputError

FORMATS = ["%Y-%m-%d", "%Y-%m-%dT%H:%M:%S"]

AsOf = Annotated[
    datetime | None,
    typer.Option(
        "--as-of",
        formats=FORMATS,
        help="The moment to look from, UTC; without it the midnight at or before the newest order.",
    ),
]

From = Annotated[
    datetime | None,
    typer.Option("--from", formats=FORMATS, help="As of this moment or later, UTC."),
]
To = Annotated[
    datetime | None,
    typer.Option("--to", formats=FORMATS, help="As of a moment before this one, UTC."),
]

_UNITS = {"m": "minutes", "h": "hours", "d": "days", "w": "weeks"}


def duration(told: str) -> timedelta:
    """Return a span such as ``30m``, ``12h``, ``7d`` or ``2w``.

    Raises
    ------
    InputError
        It is none.
    """
    found = re.fullmatch(r"(\d{1,5})([mhdw])", told.strip())
    if found is None:
        raise InputError(
            "This is no span of time", where=told, todo="Write a number and m, h, d or w: 7d."
        )
    return timedelta(**{_UNITS[found[2]]: int(found[1])})
