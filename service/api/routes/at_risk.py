"""The at-risk list, as JSON or CSV."""

from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import APIRouter, Depends, Query, Request, Response
from pydantic import BaseModel, ConfigDict, Field

from features.clock import utc
from models_registry.score import Lang, Status
from service.api import csv, cursor
from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.problem_docs import problems
from service.api.schemas import AtRiskCustomer, AtRiskPage, Id, Moment, Text
from service.at_risk import AtRisk, Filters, Place, RiskModel, Sort
from service.audit import Action
from service.bootstrap import App
from service.keys import Scope

MAX_ROWS = 10_000

router = APIRouter(tags=["lists"], dependencies=[Depends(needs(Scope.SCORES_READ))])


class AtRiskQuery(BaseModel):
    """Whom the list holds, in which order and shape."""

    model_config = ConfigDict(extra="forbid", allow_inf_nan=False)

    model: RiskModel = "churn_60d"
    risk_at_least: float | None = Field(None, ge=0, le=1)
    value_at_least: float | None = Field(None, ge=0, description="Expected spend of 90 days.")
    store_id: Id | None = None
    band: Text | None = Field(None, examples=["high"])
    status: Status | None = None
    sort: Sort = Field("-expected_loss", description="`-` for the greatest first.")
    as_of: Moment | None = Field(None, description="Moment of a batch; the newest without.")
    limit: int = Field(100, ge=1, le=MAX_ROWS)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")
    lang: Lang = Field("en", description="Language of the reasons.")
    format: Literal["json", "csv"] | None = Field(
        None, description="Without it the Accept header decides."
    )

    @property
    def filters(self) -> Filters:
        """The filters among the parameters."""
        names = Filters.__dataclass_fields__
        return Filters(**{name: getattr(self, name) for name in names})

    @property
    def identity(self) -> dict[str, Any]:
        """What two pages must share to belong together."""
        return self.model_dump(mode="json", exclude={"cursor", "limit", "lang", "format"})


@router.get(
    "/at-risk",
    operation_id="at_risk",
    summary="Customers likely to leave, and what is at stake",
    response_model=AtRiskPage,
    responses={200: {"content": {csv.MEDIA_TYPE: {}}}, **problems(404)},
)
def at_risk(
    request: Request,
    app: CurrentApp,
    sight: CurrentSight,
    asked: Annotated[AtRiskQuery, Query()],
) -> AtRiskPage | Response:
    """Return a page of the newest nightly batch beside expected value and home store.

    All pages come from the batch of the first. `Accept: text/csv` or `format=csv` gives the same
    rows as CSV; the cursor of the next page is then in the `X-Next-Cursor` header. Only customers
    you may see are on the list.
    """
    batch, after = _begin(app, asked)
    rows = app.at_risk.page(
        asked.model,
        batch,
        asked.filters,
        sort=asked.sort,
        limit=asked.limit + 1,
        after=after,
        lang=asked.lang,
        seen=sight.everybody(),
    )
    rows, more = rows[: asked.limit], len(rows) > asked.limit
    following = cursor.encode((*batch, *rows[-1].place), asked.identity) if more else None
    as_file = _wants_csv(request, asked)
    action = Action.EXPORT if as_file else Action.READ
    sight.saw("customer", [row.customer_id for row in rows], action)
    if as_file:
        return _as_csv(rows, following)
    as_of, version = batch
    return AtRiskPage(
        model=asked.model,
        model_version=version,
        as_of=as_of,
        customers=[_customer(row) for row in rows],
        next_cursor=following,
    )


def _begin(app: App, asked: AtRiskQuery) -> tuple[tuple[datetime, str], Place | None]:
    if asked.cursor is None:
        return app.at_risk.batch(asked.model, asked.as_of and utc(asked.as_of)), None
    kinds = (datetime, str, float, str)
    as_of, version, place, customer_id = cursor.decode(asked.cursor, asked.identity, kinds)
    return (as_of, version), (place, customer_id)


def _wants_csv(request: Request, asked: AtRiskQuery) -> bool:
    if asked.format is not None:
        return asked.format == "csv"
    return csv.MEDIA_TYPE in request.headers.get("accept", "")


def _as_csv(rows: list[AtRisk], following: str | None) -> Response:
    columns = list(AtRiskCustomer.model_fields)
    text = csv.rows_to_csv(columns, ([getattr(row, name) for name in columns] for row in rows))
    headers = {
        "Content-Disposition": 'attachment; filename="at-risk.csv"',
        **({"X-Next-Cursor": following} if following else {}),
    }
    return Response(text, media_type=csv.MEDIA_TYPE, headers=headers)


def _customer(row: AtRisk) -> AtRiskCustomer:
    return AtRiskCustomer(**{name: getattr(row, name) for name in AtRiskCustomer.model_fields})
