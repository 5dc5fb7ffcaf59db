"""The customers of one night, as JSON or CSV."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from features.clock import utc
from service.api import cursor
from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.list_schemas import CustomerPage
from service.api.lists import CSV, ListQuery, as_csv
from service.api.problem_docs import problems
from service.api.schemas import Moment
from service.board import Night
from service.bootstrap import App
from service.customer_list import Customers
from service.customer_row import CUSTOMER_COLUMNS, CustomerRow
from service.keys import Scope
from service.predicates.paging import Place, Sort, sort_of

router = APIRouter(tags=["lists"], dependencies=[Depends(needs(Scope.SCORES_READ))])


class CustomerQuery(ListQuery):
    """Whom the list holds, in which order and shape."""

    sort: str = Field(
        CUSTOMER_COLUMNS["customer_id"].name,
        max_length=64,
        description="A column of the list, with `-` before it for the greatest first.",
        examples=["-value_90d"],
    )
    as_of: Moment | None = Field(None, description="Moment of a batch; the newest without.")
    changed_since: Moment | None = Field(
        None, description="The `as_of` of what you have: only customers of whom more is known now."
    )


@router.get(
    "/customers",
    operation_id="customers",
    summary="Every customer of one nightly batch, filtered and in order",
    response_model=CustomerPage,
    responses={**CSV, **problems(404)},
)
def customers(
    request: Request,
    app: CurrentApp,
    sight: CurrentSight,
    asked: Annotated[CustomerQuery, Query()],
) -> CustomerPage | Response:
    """Return a page of customers with what every model says of them.

    All pages come from the batch of the first. `filter` is a condition over the columns of the
    list, such as `churn_60d > 0.6 and value_90d > 200 and store_id in ('318', '406')`.
    `changed_since` keeps the customers of whom a model says another value, band or status than in
    the newest batch at or before that moment, or who were not in it. `Accept: text/csv` or
    `format=csv` gives the same rows as CSV: the whole list, or with `limit` one page whose
    successor is in the `X-Next-Cursor` header. Only customers you may see are on the list.
    """
    sort, met = sort_of(asked.sort, CUSTOMER_COLUMNS), asked.met(CUSTOMER_COLUMNS)
    night, after = _begin(app, asked, sort)
    then = (
        app.customers.board.night_before(utc(asked.changed_since)) if asked.changed_since else None
    )
    wanted = Customers(night, met, then, sight.everybody())
    total = app.customers.count(wanted) if asked.total else None
    if asked.wants_csv(request) and asked.limit is None:
        whole = app.customers.whole(wanted, sort=sort, after=after)
        parts = sight.leaving("customer", whole)
        return as_csv("customers", list(CUSTOMER_COLUMNS), parts, total=total)
    rows = app.customers.page(wanted, sort=sort, limit=asked.rows + 1, after=after)
    rows, more = rows[: asked.rows], len(rows) > asked.rows
    following = _following(night, rows[-1], asked, sort) if more else None
    if asked.wants_csv(request):
        cells = [[getattr(row, name) for name in CUSTOMER_COLUMNS] for row in rows]
        part = sight.leaving("customer", [cells])
        return as_csv("customers", list(CUSTOMER_COLUMNS), part, following=following, total=total)
    sight.saw("customer", [row.customer_id for row in rows])
    return CustomerPage(
        as_of=night.as_of,
        model_versions=night.versions,
        compared_with=then.as_of if then else None,
        total=total,
        customers=rows,
        next_cursor=following,
    )


def _begin(app: App, asked: CustomerQuery, sort: Sort) -> tuple[Night, Place | None]:
    if asked.cursor is None:
        return app.customers.board.night(asked.as_of and utc(asked.as_of)), None
    kinds = (datetime, str, str, str)
    as_of, name, word, customer_id = cursor.decode(asked.cursor, asked.identity, kinds)
    return Night.named(as_of, name), (cursor.placed(word, sort.column.kind), customer_id)


def _following(night: Night, last: CustomerRow, asked: CustomerQuery, sort: Sort) -> str:
    word = cursor.place(getattr(last, sort.column.name))
    return cursor.encode((night.as_of, night.name, word, last.customer_id), asked.identity)
