"""What an event is: one thing that happened, as a till or a CRM tells it."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator, model_validator

from service.events.limits import LIMITS
from service.events.values import Amount, Id, Moment, Property, Quantity, Text


class _Strict(BaseModel):
    """Names it does not know are refused, and nothing is guessed from another type."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True, allow_inf_nan=False)


class _Told(_Strict):
    event_id: Id = Field(description="Yours, one for each event: the same again changes nothing.")
    occurred_at: Moment = Field(description="Moment it happened, with its time zone.")


class Line(_Strict):
    """One line of an order; a negative quantity takes goods and money back.

    A line is named by (order_id, line_no) and never changes. A return or a correction is a new
    line, with a number the order has not used.
    """

    line_no: Annotated[int, Field(ge=0, le=LIMITS.line_no)]
    quantity: Quantity
    net_amount: Amount = Field(description="Paid for the line; of the sign of the quantity.")
    product_id: Id | None = None
    category: Text | None = None
    discount_amount: Amount = 0.0
    coupon_amount: Amount = 0.0

    @field_validator("net_amount")
    @classmethod
    def _has_the_sign_of_the_quantity(cls, amount: float, info: ValidationInfo) -> float:
        quantity = info.data.get("quantity")  # missing where it was refused itself
        if quantity is not None and (amount > 0 if quantity < 0 else amount < 0):
            raise ValueError("is a negative price: it has not the sign of the quantity")
        return amount


class Order(_Told):
    """An order or receipt, or lines added to one later."""

    type: Literal["order"]
    order_id: Id
    customer_id: Id
    store_id: Id | None = None
    channel: Text | None = Field(None, description="`online` counts as online, all else as store.")
    lines: Annotated[list[Line], Field(min_length=1, max_length=LIMITS.lines)]

    @field_validator("lines")
    @classmethod
    def _number_their_lines_once(cls, lines: list[Line]) -> list[Line]:
        if len({line.line_no for line in lines}) < len(lines):
            raise ValueError("have the same line_no twice")
        return lines


class Interaction(_Told):
    """Anything else a customer or lead did or was sent."""

    type: Literal["interaction"]
    interaction_type: Id = Field(description="For example `coupon_redeemed` or `app_opened`.")
    customer_id: Id | None = None
    lead_id: Id | None = None
    channel: Text | None = None
    campaign_id: Id | None = None
    properties: Annotated[dict[Id, Property], Field(max_length=LIMITS.properties)] = {}

    @model_validator(mode="before")
    @classmethod
    def _is_of_somebody(cls, raw: Any) -> Any:
        if isinstance(raw, dict) and raw.get("customer_id") is None and raw.get("lead_id") is None:
            raise ValueError("needs a customer_id or a lead_id")
        return raw


class CampaignContact(_Told):
    """One person contacted by one campaign, or held out of it; once for each pair."""

    type: Literal["campaign_contact"]
    campaign_id: Id
    customer_id: Id
    channel: Text | None = None
    offer: Text | None = None
    is_holdout: bool = False
    cost_amount: Annotated[Amount, Field(ge=0)] | None = None


class Ticket(_Told):
    """A state of a service case: opened, closed or rated; send one event for each."""

    type: Literal["ticket"]
    ticket_id: Id
    customer_id: Id
    opened_at: Moment | None = Field(None, description="`occurred_at` without it.")
    closed_at: Moment | None = None
    ticket_type: Text | None = None
    satisfaction: Annotated[float, Field(ge=1, le=5)] | None = None
    nps: Annotated[float, Field(ge=0, le=10)] | None = None

    @field_validator("closed_at")
    @classmethod
    def _closes_after_it_opened(cls, closed: Any, info: ValidationInfo) -> Any:
        opened = info.data.get("opened_at") or info.data.get("occurred_at")
        if closed is not None and opened is not None and closed < opened:
            raise ValueError("is before opened_at")
        return closed


Event = Annotated[Order | Interaction | CampaignContact | Ticket, Field(discriminator="type")]
