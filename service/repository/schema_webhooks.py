"""The tables of webhooks: where to send, what there is to tell, and how far each delivery is."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKey, Index, Text
from sqlalchemy.orm import Mapped, mapped_column

from service.repository.schema import Base


class EndpointRow(Base):
    """A receiver; both secrets sign until `old_until`. `rests_until` keeps the sender away.

    `sealed` and `old_sealed` name the data key before the dot.
    """

    __tablename__ = "webhook_endpoints"

    endpoint_id: Mapped[str] = mapped_column(primary_key=True)
    url: Mapped[str]
    events: Mapped[list[str]]
    description: Mapped[str]
    sealed: Mapped[str]
    old_sealed: Mapped[str | None]
    old_until: Mapped[datetime | None]
    enabled: Mapped[bool]
    allow_private: Mapped[bool]
    created_at: Mapped[datetime]
    rests_until: Mapped[datetime | None]


class OutboxRow(Base):
    """Something that happened, written in the transaction that made it happen."""

    __tablename__ = "outbox"

    event_id: Mapped[str] = mapped_column(primary_key=True)
    type: Mapped[str]
    body: Mapped[str] = mapped_column(Text)
    occurred_at: Mapped[datetime] = mapped_column(index=True)


class DeliveryRow(Base):
    """One event on its way to one endpoint.

    `next_at` is when it may be tried next. Who tries it moves `next_at` behind the end of its lease
    first, so nobody else tries at the same time, and a sender that dies is followed by another.
    """

    __tablename__ = "webhook_deliveries"
    __table_args__ = (
        CheckConstraint("state IN ('waiting', 'delivered', 'dead')", name="state"),
        Index(None, "state", "endpoint_id", "next_at"),
        Index(None, "created_at", "delivery_id"),
    )

    delivery_id: Mapped[str] = mapped_column(primary_key=True)
    event_id: Mapped[str] = mapped_column(ForeignKey("outbox.event_id"), index=True)
    endpoint_id: Mapped[str] = mapped_column(
        ForeignKey("webhook_endpoints.endpoint_id"), index=True
    )
    state: Mapped[str]
    attempts: Mapped[int]
    next_at: Mapped[datetime]
    token: Mapped[str | None]
    created_at: Mapped[datetime]
    ended_at: Mapped[datetime | None]
    last_at: Mapped[datetime | None]
    last_status: Mapped[int | None]
    last_error: Mapped[str | None]
