"""The leads the service knows, as JSON or CSV."""

from collections.abc import Iterator, Sequence
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from service.api import cursor
from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.list_schemas import LeadPage
from service.api.lists import CSV, ListQuery, as_csv
from service.api.schemas import Moment
from service.bootstrap import App
from service.keys import Scope
from service.predicates.paging import Place, Sort, sort_of
from service.repository.leads import LeadFilter
from service.repository.rows import LEAD_COLUMNS

router = APIRouter(tags=["lists"], dependencies=[Depends(needs(Scope.LEADS_READ))])


class LeadQuery(ListQuery):
    """Which leads, in which order and shape."""

    sort: str = Field(
        "-created_at",
        max_length=64,
        description="A column of the list, with `-` before it for the greatest first.",
        examples=["-value"],
    )
    changed_since: Moment | None = Field(
        None, description="Only leads scored or given to somebody at or after this moment."
    )


@router.get(
    "/leads",
    operation_id="leads",
    summary="Leads with their scores and who has them, filtered and in order",
    response_model=LeadPage,
    responses=CSV,
)
def leads(
    request: Request,
    app: CurrentApp,
    sight: CurrentSight,
    asked: Annotated[LeadQuery, Query()],
) -> LeadPage | Response:
    """Return a page of the leads that were captured or routed.

    `filter` is a condition over the columns of the list, such as
    `grade in ('A', 'B') and staff_id is null`. `Accept: text/csv` or `format=csv` gives the same
    rows as CSV: the whole list, or with `limit` one page whose successor is in the
    `X-Next-Cursor` header. Only leads you may see are on the list.
    """
    sort = sort_of(asked.sort, LEAD_COLUMNS)
    wanted = LeadFilter(asked.met(LEAD_COLUMNS), asked.changed_since, sight.bounds)
    after = _after(asked, sort)
    with app.records.transaction(read_only=True) as work:
        total = work.leads.count(wanted) if asked.total else None
    if asked.wants_csv(request) and asked.limit is None:
        parts = sight.leaving("lead", _whole(app, wanted, sort, after))
        return as_csv("leads", list(LEAD_COLUMNS), parts, total=total)
    with app.records.transaction(read_only=True) as work:
        rows = work.leads.page(limit=asked.rows + 1, wanted=wanted, sort=sort, after=after)
    rows, more = rows[: asked.rows], len(rows) > asked.rows
    following = None
    if more:
        word = cursor.place(getattr(rows[-1], sort.column.name))
        following = cursor.encode((word, rows[-1].lead_id), asked.identity)
    if asked.wants_csv(request):
        cells = [[getattr(row, name) for name in LEAD_COLUMNS] for row in rows]
        part = sight.leaving("lead", [cells])
        return as_csv("leads", list(LEAD_COLUMNS), part, following=following, total=total)
    sight.saw("lead", [row.lead_id for row in rows])
    return LeadPage(total=total, leads=rows, next_cursor=following)


def _after(asked: LeadQuery, sort: Sort) -> Place | None:
    if asked.cursor is None:
        return None
    word, lead_id = cursor.decode(asked.cursor, asked.identity, (str, str))
    return cursor.placed(word, sort.column.kind), lead_id


def _whole(
    app: App, wanted: LeadFilter, sort: Sort, after: Place | None
) -> Iterator[Sequence[Sequence[object]]]:
    """Yield rows of one moment of the records, however long a caller takes to read them."""
    with app.records.transaction(read_only=True) as work:
        yield from work.leads.whole(wanted=wanted, sort=sort, after=after)
