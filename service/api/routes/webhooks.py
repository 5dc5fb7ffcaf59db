"""Who is sent webhooks, and what became of them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Query, status
from pydantic import BaseModel, ConfigDict, Field

from features.clock import utc
from service.api import cursor
from service.api.dependencies import CurrentApp, CurrentSight, needs
from service.api.idempotency import HOLDS_SECRET, IDEMPOTENT
from service.api.problem_docs import problems
from service.api.schemas import Id
from service.api.webhook_schemas import (
    DeliveryOut,
    DeliveryPage,
    EndpointChange,
    EndpointList,
    EndpointOut,
    EndpointRequest,
    EndpointWithSecret,
    ReplayRequest,
    ReplayResponse,
    State,
)
from service.keys import Scope
from service.repository.outbox import Wanted
from service.webhooks.desk import WithSecret

MAX_ROWS = 1_000

router = APIRouter(tags=["webhooks"], dependencies=[Depends(needs(Scope.ADMIN))])

EndpointId = Annotated[Id, Path(examples=["whk_5f1d7a0c9be24436"])]


class DeliveryQuery(BaseModel):
    """Which deliveries; without a filter all of them."""

    model_config = ConfigDict(extra="forbid")

    state: State | None = None
    endpoint_id: Id | None = None
    limit: int = Field(100, ge=1, le=MAX_ROWS)
    cursor: str | None = Field(None, description="`next_cursor` of the page before.")

    @property
    def identity(self) -> dict[str, Any]:
        """What two pages must share to belong together."""
        return self.model_dump(mode="json", exclude={"cursor", "limit"})


@router.post(
    "/webhooks",
    operation_id="add_webhook",
    summary="Send events to a URL from now on",
    status_code=status.HTTP_201_CREATED,
    dependencies=[IDEMPOTENT, HOLDS_SECRET],
    responses=problems(400, 409, 413),
)
def add(asked: EndpointRequest, app: CurrentApp, sight: CurrentSight) -> EndpointWithSecret:
    """Add an endpoint; the answer alone holds the secret that signs what it is sent.

    Signatures follow Standard Webhooks, so a receiver verifies them with any of its libraries.
    """
    added = app.webhooks.add(
        sight.occasion,
        asked.url,
        asked.events,
        description=asked.description,
        allow_private=asked.allow_private,
    )
    return _with_secret(added)


@router.get("/webhooks", operation_id="webhooks", summary="Who is sent events")
def endpoints(app: CurrentApp) -> EndpointList:
    """Return every endpoint, oldest first."""
    found = app.webhooks.all()
    return EndpointList(
        endpoints=[EndpointOut.model_validate(each, from_attributes=True) for each in found]
    )


@router.get(
    "/webhooks/deliveries",
    operation_id="webhook_deliveries",
    summary="What became of what was sent, the newest first",
)
def deliveries(app: CurrentApp, asked: Annotated[DeliveryQuery, Query()]) -> DeliveryPage:
    """Return a page of deliveries of the last 30 days; `state=dead` gives the dead letters."""
    after = None
    if asked.cursor is not None:
        created_at, delivery_id = cursor.decode(asked.cursor, asked.identity, (datetime, str))
        after = (created_at, delivery_id)
    wanted = Wanted(asked.state, asked.endpoint_id)
    found = app.webhooks.deliveries(wanted, limit=asked.limit + 1, after=after)
    page, more = found[: asked.limit], len(found) > asked.limit
    following = None
    if more:
        following = cursor.encode((page[-1].created_at, page[-1].delivery_id), asked.identity)
    return DeliveryPage(
        deliveries=[DeliveryOut.model_validate(each, from_attributes=True) for each in page],
        next_cursor=following,
    )


@router.post(
    "/webhooks/deliveries/replay",
    operation_id="replay_webhooks",
    summary="Try deliveries anew that died, or arrived and were lost",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[IDEMPOTENT],
    responses=problems(400, 409, 413),
)
def replay(asked: ReplayRequest, app: CurrentApp, sight: CurrentSight) -> ReplayResponse:
    """Start the attempts anew for deliveries that have ended, under the same `webhook-id`.

    Those that still wait are left as they are, and ids nobody knows are left out.
    """
    since = None if asked.since is None else utc(asked.since)
    which = asked.delivery_ids or Wanted(asked.state, asked.endpoint_id, since)
    return ReplayResponse(replayed=app.webhooks.replay(sight.occasion, which))


@router.patch(
    "/webhooks/{endpoint_id}",
    operation_id="change_webhook",
    summary="Enable or disable an endpoint",
    responses=problems(400, 404, 413),
)
def change(
    endpoint_id: EndpointId, asked: EndpointChange, app: CurrentApp, sight: CurrentSight
) -> EndpointOut:
    """Disable an endpoint, which then misses what happens, or enable it again.

    An endpoint that answers 410 (Gone) is disabled by itself.
    """
    changed = app.webhooks.enable(sight.occasion, endpoint_id, enabled=asked.enabled)
    return EndpointOut.model_validate(changed, from_attributes=True)


@router.post(
    "/webhooks/{endpoint_id}/rotate",
    operation_id="rotate_webhook_secret",
    summary="Make a new secret; the old one signs beside it for a day",
    dependencies=[IDEMPOTENT, HOLDS_SECRET],
    responses=problems(404, 409, 413),
)
def rotate(endpoint_id: EndpointId, app: CurrentApp, sight: CurrentSight) -> EndpointWithSecret:
    """Return the endpoint with its new secret, which is shown this once.

    Until `old_until` each message carries two signatures, so the receiver changes its setting
    whenever it likes within that time.
    """
    rotated = app.webhooks.rotate(sight.occasion, endpoint_id)
    return _with_secret(rotated)


@router.delete(
    "/webhooks/{endpoint_id}",
    operation_id="remove_webhook",
    summary="Send nothing to an endpoint any more",
    status_code=status.HTTP_204_NO_CONTENT,
    responses=problems(404),
)
def remove(endpoint_id: EndpointId, app: CurrentApp, sight: CurrentSight) -> None:
    """Remove an endpoint and all its deliveries, also those that wait."""
    app.webhooks.remove(sight.occasion, endpoint_id)


def _with_secret(made: WithSecret) -> EndpointWithSecret:
    endpoint = EndpointOut.model_validate(made.endpoint, from_attributes=True)
    return EndpointWithSecret(**endpoint.model_dump(), secret=made.secret)
