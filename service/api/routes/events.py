"""Events as they happen."""

from fastapi import APIRouter, Depends, status

from service.api.dependencies import CurrentApp, needs
from service.api.event_schemas import EventsRequest, EventsResponse
from service.api.idempotency import IDEMPOTENT
from service.api.problem_docs import problems
from service.keys import Scope

router = APIRouter(tags=["events"], dependencies=[Depends(needs(Scope.EVENTS_WRITE))])


@router.post(
    "/events",
    operation_id="send_events",
    summary="Send up to 1,000 events: orders, interactions, contacts, tickets",
    status_code=status.HTTP_202_ACCEPTED,
    dependencies=[IDEMPOTENT],
    responses=problems(400, 409, 413),
)
def send(asked: EventsRequest, app: CurrentApp) -> EventsResponse:
    """Store events and answer once they are durable; features and scores follow in a second.

    An `event_id` makes a retry safe: an event that was accepted before is a duplicate and changes
    nothing. Events are refused one by one, with the field and the reason; the others go in.
    """
    return EventsResponse.model_validate(app.intake.take(asked.events), from_attributes=True)
