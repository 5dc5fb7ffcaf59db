"""What a call that sends events holds, and its answer."""

from typing import Annotated, Any

from pydantic import BaseModel, ConfigDict, Field, SkipValidation, model_validator

from service.api import event_examples as examples
from service.api.schemas import Request
from service.events.event import Event

MAX_EVENTS = 1_000


class EventsRequest(Request):
    """Events of any types, in the order they happened if that can be had.

    Each is checked by itself: one that is refused keeps no other out.
    """

    model_config = ConfigDict(json_schema_extra={"example": examples.EVENTS_REQUEST})

    events: Annotated[list[SkipValidation[Event]], Field(min_length=1, max_length=MAX_EVENTS)]

    @model_validator(mode="before")
    @classmethod
    def _of_whole_characters(cls, said: Any) -> Any:
        return said  # looked for in each event, so that the others are kept


class DuplicateEvent(BaseModel):
    """An event whose `event_id` was accepted before; nothing changed."""

    index: int = Field(description="Place in `events`, from 0.")
    event_id: str
    conflict: bool = Field(description="It said something else then; what it said then stands.")


class RejectedEvent(BaseModel):
    """An event that was refused, and the first thing wrong with it."""

    index: int = Field(description="Place in `events`, from 0.")
    event_id: str | None
    field: str = Field(description="Such as `lines.0.quantity`; empty for the event as a whole.")
    reason: str


class EventsResponse(BaseModel):
    """What became of the events: `read` = `accepted` + those in `duplicates` and `rejected`."""

    model_config = ConfigDict(json_schema_extra={"example": examples.EVENTS_RESPONSE})

    read: int
    accepted: int = Field(description="Stored; they will be in features, scores and the lake.")
    duplicates: list[DuplicateEvent]
    rejected: list[RejectedEvent]
