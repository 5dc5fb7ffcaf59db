"""The webhooks of the schema: what a receiver is sent, described by the types that are sent."""

from collections.abc import Callable
from datetime import datetime
from typing import Annotated, Literal

from fastapi import FastAPI, Header, status
from pydantic import BaseModel, ConfigDict, Field

from service.api import webhook_message_examples as examples
from service.webhooks.events import (
    BandChanged,
    DriftDetected,
    EventType,
    LeadRouted,
    TaskCreated,
)

_DOC = (
    "Signed after Standard Webhooks and sent at least once, to endpoints that asked for it; answer"
    " with 200 to 299 within 10 seconds."
)


class Message(BaseModel):
    """What every message says beside its data."""

    timestamp: datetime = Field(description="When it happened.")


class BandChangedMessage(Message):
    """A customer whose nightly score has another band than in the batch before."""

    model_config = ConfigDict(json_schema_extra={"example": examples.BAND_CHANGED})

    type: Literal[EventType.BAND_CHANGED]
    data: BandChanged


class LeadRoutedMessage(Message):
    """A lead that was given to somebody; without `staff_id` it waits at head office."""

    model_config = ConfigDict(json_schema_extra={"example": examples.LEAD_ROUTED})

    type: Literal[EventType.LEAD_ROUTED]
    data: LeadRouted


class TaskCreatedMessage(Message):
    """A new task on somebody's list."""

    model_config = ConfigDict(json_schema_extra={"example": examples.TASK_CREATED})

    type: Literal[EventType.TASK_CREATED]
    data: TaskCreated


class DriftDetectedMessage(Message):
    """Scores whose inputs no longer look like those the model learnt from."""

    model_config = ConfigDict(json_schema_extra={"example": examples.DRIFT_DETECTED})

    type: Literal[EventType.DRIFT_DETECTED]
    data: DriftDetected


MESSAGES: dict[EventType, type[Message]] = {
    EventType.BAND_CHANGED: BandChangedMessage,
    EventType.LEAD_ROUTED: LeadRoutedMessage,
    EventType.TASK_CREATED: TaskCreatedMessage,
    EventType.DRIFT_DETECTED: DriftDetectedMessage,
}

WebhookId = Annotated[
    str, Header(alias="webhook-id", description="The event's id, the same at each attempt.")
]
WebhookTimestamp = Annotated[
    str, Header(alias="webhook-timestamp", description="Seconds since 1970 at this attempt.")
]
WebhookSignature = Annotated[
    str,
    Header(
        alias="webhook-signature",
        description="`v1,` and a signature of `id.timestamp.body`; two after a rotation.",
    ),
]


def install(api: FastAPI) -> None:
    """Describe each message in the schema of `api`; none of this is a route of ours."""
    for event, message in MESSAGES.items():
        api.webhooks.post(
            event.value,
            operation_id=event.value.replace(".", "_"),
            summary=(message.__doc__ or "").strip(),
            description=_DOC,
            tags=["webhooks"],
            status_code=status.HTTP_204_NO_CONTENT,
            response_description="Taken; what you answer is not read",
        )(_receiver(message))


def _receiver(message: type[Message]) -> Callable[..., None]:
    def receive(
        told: message,  # type: ignore[valid-type]  # read by FastAPI when it runs
        webhook_id: WebhookId,
        webhook_timestamp: WebhookTimestamp,
        webhook_signature: WebhookSignature,
    ) -> None:
        """Describe what a receiver of ours takes."""

    return receive
