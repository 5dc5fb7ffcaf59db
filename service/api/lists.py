"""What the lists share: how they are asked, and how they leave as CSV."""

from collections.abc import AsyncIterator, Generator, Iterable, Iterator, Sequence
from itertools import chain
from typing import Annotated, Any, ClassVar, Literal

from fastapi import Request
from fastapi.concurrency import iterate_in_threadpool
from fastapi.responses import StreamingResponse
from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from service import csv
from service.predicates.columns import Columns
from service.predicates.parsing import parse
from service.predicates.tree import Predicate
from service.predicates.words import MAX_LENGTH

MAX_ROWS = 10_000
PAGE_ROWS = 100

FilterText = Annotated[
    str | None,
    StringConstraints(max_length=MAX_LENGTH),
    Field(description="A condition over the columns of the list; the language is in docs/filters."),
]
# What a list answers beside its page of JSON.
CSV: dict[int | str, dict[str, Any]] = {
    200: {
        "content": {csv.MEDIA_TYPE: {"schema": {"type": "string"}}},
        "headers": {
            "X-Next-Cursor": {
                "description": "As `next_cursor`, in CSV with `limit`.",
                "schema": {"type": "string"},
            },
            "X-Total-Count": {
                "description": "As `total`, in CSV.",
                "schema": {"type": "integer"},
            },
        },
    }
}


class ListQuery(BaseModel):
    """Whom a list holds, in which shape."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)
    of_the_page: ClassVar[set[str]] = {"cursor", "limit", "format", "total"}

    filter: FilterText = None
    limit: int | None = Field(
        None,
        ge=1,
        le=MAX_ROWS,
        description=f"Rows of a page: {PAGE_ROWS} without it, and as CSV the whole list.",
    )
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
    total: bool = Field(False, description="Also count the whole list.")
    format: Literal["json", "csv"] | None = Field(
        None, description="Without it the Accept header decides."
    )

    @property
    def identity(self) -> dict[str, Any]:
        """What two pages must share to belong together."""
        return self.model_dump(mode="json", exclude=self.of_the_page)

    @property
    def rows(self) -> int:
        """Rows of a page."""
        return self.limit or PAGE_ROWS

    def met(self, columns: Columns) -> Predicate | None:
        """Return the filter over the columns of a list; None without one."""
        return None if self.filter is None else parse(self.filter, columns)

    def wants_csv(self, request: Request) -> bool:
        """Return whether the rows shall leave as CSV."""
        if self.format is not None:
            return self.format == "csv"
        return csv.MEDIA_TYPE in request.headers.get("accept", "")


def as_csv(
    name: str,
    header: Sequence[str],
    parts: Iterable[Iterable[Sequence[object]]],
    *,
    following: str | None = None,
    total: int | None = None,
) -> StreamingResponse:
    """Return rows as a CSV file that is sent while they are read.

    Parameters
    ----------
    parts
        Rows, some at a time; the first part is read here, so that what fails at once is a problem
        document and not half a file.
    """
    rest = iter(parts)
    text = csv.stream(header, chain([next(rest, ())], rest))
    headers = {"Content-Disposition": f'attachment; filename="{name}.csv"'}
    if following is not None:
        headers["X-Next-Cursor"] = following
    if total is not None:
        headers["X-Total-Count"] = str(total)
    return StreamingResponse(_sent(text), media_type=csv.MEDIA_TYPE, headers=headers)


async def _sent(text: Iterator[str]) -> AsyncIterator[str]:
    """Yield text that is made in a worker thread, and let go of its source when a caller leaves."""
    try:
        async for part in iterate_in_threadpool(text):
            yield part
    finally:
        if isinstance(text, Generator):
            text.close()
