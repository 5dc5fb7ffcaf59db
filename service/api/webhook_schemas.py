"""What webhook management takes and gives."""

from datetime import datetime
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator

from service.api import webhook_examples as examples
from service.api.schemas import Id, Moment, Request, Text
from service.webhooks.events import EventType

MAX_IDS = 1_000

Url = Annotated[str, StringConstraints(min_length=1, max_length=2_000)]
State = Literal["waiting", "delivered", "dead"]


class EndpointRequest(Request):
    """A receiver of webhooks."""

    model_config = ConfigDict(json_schema_extra={"example": examples.NEW_ENDPOINT})

    url: Url = Field(description="`https://` of the public internet, without user or fragment.")
    events: Annotated[list[EventType], Field(min_length=1, max_length=len(EventType))]
    description: Text = ""
    allow_private: bool = Field(
        False, description="It lies within the own network, where the service allows that."
    )


class EndpointChange(Request):
    """Whether an endpoint is sent events."""

    model_config = ConfigDict(json_schema_extra={"example": examples.CHANGE})

    enabled: bool


class EndpointOut(BaseModel):
    """A receiver of webhooks, without its secrets."""

    model_config = ConfigDict(json_schema_extra={"example": examples.ENDPOINT})

    endpoint_id: str
    url: str
    events: list[EventType]
    description: str
    enabled: bool = Field(description="A disabled endpoint misses what happens.")
    allow_private: bool
    created_at: datetime
    old_until: datetime | None = Field(description="Until then the secret before signs too.")


class EndpointWithSecret(EndpointOut):
    """A receiver with the secret that signs, which is shown this once."""

    model_config = ConfigDict(json_schema_extra={"example": examples.ENDPOINT_WITH_SECRET})

    secret: str


class EndpointList(BaseModel):
    """All receivers, oldest first."""

    model_config = ConfigDict(json_schema_extra={"example": examples.ENDPOINTS})

    endpoints: list[EndpointOut]


class DeliveryOut(BaseModel):
    """How far one event has come to one endpoint."""

    model_config = ConfigDict(json_schema_extra={"example": examples.DELIVERY})

    delivery_id: str
    event_id: str = Field(description="`webhook-id` of every attempt.")
    endpoint_id: str
    type: EventType
    state: State = Field(description="`dead`: the last attempt failed; only a replay helps.")
    attempts: int = Field(description="Attempts since it was made, or last replayed.")
    next_at: datetime = Field(description="While it waits, the moment of the next attempt.")
    created_at: datetime
    ended_at: datetime | None
    last_at: datetime | None
    last_status: int | None = Field(description="Null where nobody answered.")
    last_error: str | None


class DeliveryPage(BaseModel):
    """A page of deliveries, the newest first."""

    model_config = ConfigDict(json_schema_extra={"example": examples.DELIVERY_PAGE})

    deliveries: list[DeliveryOut]
    next_cursor: str | None = Field(description="Pass it as `cursor`; null on the last page.")


class ReplayRequest(Request):
    """Which deliveries to try anew: some by their ids, or what they have in common."""

    model_config = ConfigDict(json_schema_extra={"example": examples.REPLAY})

    delivery_ids: Annotated[list[Id], Field(min_length=1, max_length=MAX_IDS)] | None = None
    endpoint_id: Id | None = Field(None, description="Only those to this endpoint.")
    state: Literal["delivered", "dead"] | None = Field(
        None, description="Only those that ended so."
    )
    since: Moment | None = Field(None, description="Only those made at this moment or later.")

    @model_validator(mode="after")
    def _ids_or_filters(self) -> "ReplayRequest":
        filters = (self.endpoint_id, self.state, self.since)
        if (self.delivery_ids is None) == all(each is None for each in filters):
            raise ValueError("give delivery_ids, or at least one of endpoint_id, state and since")
        return self


class ReplayResponse(BaseModel):
    """How many deliveries will be tried anew."""

    model_config = ConfigDict(json_schema_extra={"example": examples.REPLAYED})

    replayed: int
