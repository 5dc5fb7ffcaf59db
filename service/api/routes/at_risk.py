"""The at-risk list, as JSON or CSV."""

from collections.abc import Collection, Iterable, Sequence
from datetime import datetime
from typing import Annotated, ClassVar

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import Field

from features.clock import utc
from models_registry.score import Lang, Status
from service.api import cursor
from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.lists import CSV, ListQuery, as_csv
from service.api.problem_docs import problems
from service.api.schemas import AtRiskCustomer, AtRiskPage, Id, Moment, Text
from service.at_risk import AtRisk, Filters, Order, RiskModel, sort_key
from service.bootstrap import App
from service.customer_row import CUSTOMER_COLUMNS
from service.keys import Scope
from service.predicates.paging import Place

router = APIRouter(tags=["lists"], dependencies=[Depends(needs(Scope.SCORES_READ))])


class AtRiskQuery(ListQuery):
    """Whom the list holds, in which order and shape."""

    of_the_page: ClassVar[set[str]] = ListQuery.of_the_page | {"lang"}

    model: RiskModel = "churn_60d"
    risk_at_least: float | None = Field(None, ge=0, le=1)
    value_at_least: float | None = Field(None, ge=0, description="Expected spend of 90 days.")
    store_id: Id | None = None
    band: Text | None = Field(None, examples=["high"])
    status: Status | None = None
    sort: Order = Field("-expected_loss", description="`-` for the greatest first.")
    as_of: Moment | None = Field(None, description="Moment of a batch; the newest without.")
    lang: Lang = Field("en", description="Language of the reasons.")

    def filters(self, seen: Collection[str] | None) -> Filters:
        """Return the filters among the parameters, for customers who are seen."""
        return Filters(
            self.risk_at_least,
            self.value_at_least,
            self.store_id,
            self.band,
            self.status,
            self.met(CUSTOMER_COLUMNS),
            seen,
        )


@router.get(
    "/at-risk",
    operation_id="at_risk",
    summary="Customers likely to leave, and what is at stake",
    response_model=AtRiskPage,
    responses={**CSV, **problems(404)},
)
def at_risk(
    request: Request,
    app: CurrentApp,
    sight: CurrentSight,
    asked: Annotated[AtRiskQuery, Query()],
) -> AtRiskPage | Response:
    """Return a page of the newest nightly batch beside expected value and home store.

    All pages come from the batch of the first. `filter` is a condition over the columns of
    `/v1/customers`, where `expected_loss` is that of the model asked for. `Accept: text/csv` or
    `format=csv` gives the same rows as CSV: the whole list, or with `limit` one page whose
    successor is in the `X-Next-Cursor` header. Only customers you may see are on the list.
    """
    batch, after = _begin(app, asked)
    filters = asked.filters(sight.everybody())
    total = app.at_risk.count(asked.model, batch, filters) if asked.total else None
    if asked.wants_csv(request) and asked.limit is None:
        whole = app.at_risk.whole(
            asked.model, batch, filters, sort=asked.sort, after=after, lang=asked.lang
        )
        parts = sight.leaving("customer", map(_cells, whole))
        return as_csv("at-risk", _CSV_COLUMNS, parts, total=total)
    rows = app.at_risk.page(
        asked.model,
        batch,
        filters,
        sort=asked.sort,
        limit=asked.rows + 1,
        after=after,
        lang=asked.lang,
    )
    rows, more = rows[: asked.rows], len(rows) > asked.rows
    following = _following(batch, rows[-1], asked) if more else None
    if asked.wants_csv(request):
        part = sight.leaving("customer", [_cells(rows)])
        return as_csv("at-risk", _CSV_COLUMNS, part, following=following, total=total)
    sight.saw("customer", [row.customer_id for row in rows])
    as_of, version = batch
    return AtRiskPage(
        model=asked.model,
        model_version=version,
        as_of=as_of,
        total=total,
        customers=[AtRiskCustomer.model_validate(row, from_attributes=True) for row in rows],
        next_cursor=following,
    )


_CSV_COLUMNS = list(AtRiskCustomer.model_fields)


def _begin(app: App, asked: AtRiskQuery) -> tuple[tuple[datetime, str], Place | None]:
    if asked.cursor is None:
        return app.at_risk.batch(asked.model, asked.as_of and utc(asked.as_of)), None
    kinds = (datetime, str, str, str)
    as_of, version, word, customer_id = cursor.decode(asked.cursor, asked.identity, kinds)
    kind = sort_key(asked.model, asked.sort).column.kind
    return (as_of, version), (cursor.placed(word, kind), customer_id)


def _following(batch: tuple[datetime, str], last: AtRisk, asked: AtRiskQuery) -> str:
    value = getattr(last, asked.sort.removeprefix("-"))
    return cursor.encode((*batch, cursor.place(value), last.customer_id), asked.identity)


def _cells(rows: Iterable[AtRisk]) -> list[Sequence[object]]:
    return [[getattr(row, name) for name in _CSV_COLUMNS] for row in rows]
