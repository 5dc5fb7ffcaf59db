"""What a lake is told in a test, as plain records."""

from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True)
class Line:
    """One line of a receipt; a negative quantity is a return."""

    order_id: str
    customer_id: str
    ordered_at: datetime
    store_id: str | None = "s1"
    channel: str | None = "store"
    category: str | None = "tea"
    quantity: float = 1.0
    net_amount: float = 1.0
    discount_amount: float = 0.0
    coupon_amount: float = 0.0
    product_id: str | None = None
    ingested_at: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.ordered_at


@dataclass(frozen=True)
class Product:
    """What the shop says of a product today."""

    product_id: str
    category: str | None
    department: str | None
    brand: str | None


@dataclass(frozen=True)
class Contact:
    """One customer contacted, or held out, by a campaign."""

    campaign_id: str
    customer_id: str
    contacted_at: datetime
    channel: str | None = None
    is_holdout: bool = False
    ingested_at: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.contacted_at


@dataclass(frozen=True)
class Interaction:
    """One thing a customer, or a lead, did or was sent."""

    event_id: str
    customer_id: str | None
    occurred_at: datetime
    type: str
    channel: str | None = None
    campaign_id: str | None = None
    ingested_at: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.occurred_at


@dataclass(frozen=True)
class Ticket:
    """One state of a service case."""

    ticket_id: str
    customer_id: str
    opened_at: datetime
    closed_at: datetime | None = None
    type: str | None = None
    satisfaction: float | None = None
    nps: float | None = None
    ingested_at: datetime | None = None

    @property
    def at(self) -> datetime:
        return self.opened_at
