"""Where webhooks are sent."""

from collections.abc import Collection
from dataclasses import dataclass, field
from datetime import datetime

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from service.repository.rerunnable import as_record, as_row
from service.repository.schema_webhooks import DeliveryRow, EndpointRow


@dataclass(frozen=True, slots=True)
class Endpoint:
    """A receiver of webhooks.

    Attributes
    ----------
    events
        The types of events it is sent.
    sealed, old_sealed, old_until
        What signs, sealed with a data key; the old one beside the new until that moment.
    enabled
        Nothing is kept for or sent to a disabled one.
    allow_private
        Whether it may lie within the own network.
    """

    endpoint_id: str
    url: str
    events: list[str]
    description: str
    sealed: str = field(repr=False)
    created_at: datetime
    old_sealed: str | None = field(default=None, repr=False)
    old_until: datetime | None = None
    enabled: bool = True
    allow_private: bool = False


class Endpoints:
    """The receivers; within one transaction of the records."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, endpoint: Endpoint) -> None:
        """Store a new endpoint."""
        self._session.add(EndpointRow(**as_row(endpoint), rests_until=None))
        self._session.flush()

    def get(self, endpoint_id: str) -> Endpoint | None:
        """Return an endpoint."""
        row = self._session.get(EndpointRow, endpoint_id)
        return None if row is None else as_record(row, Endpoint)

    def all(self) -> list[Endpoint]:
        """Return every endpoint, oldest first."""
        query = select(EndpointRow).order_by(EndpointRow.created_at, EndpointRow.endpoint_id)
        return [as_record(row, Endpoint) for row in self._session.scalars(query)]

    def of(self, event_type: str) -> list[str]:
        """Return the ids of enabled endpoints that are sent events of this type."""
        return [
            each.endpoint_id for each in self.all() if each.enabled and event_type in each.events
        ]

    def rotate(self, endpoint_id: str, sealed: str, old_until: datetime) -> None:
        """Sign with a new secret, and with the one before until a moment."""
        self._change(
            [endpoint_id], sealed=sealed, old_sealed=EndpointRow.sealed, old_until=old_until
        )

    def reseal(self, endpoint: Endpoint) -> None:
        """Put an endpoint's secrets in the place of the same under another key."""
        values = {"sealed": endpoint.sealed, "old_sealed": endpoint.old_sealed}
        self._change([endpoint.endpoint_id], **values)

    def enable(self, endpoint_id: str, *, enabled: bool) -> None:
        """Let an endpoint be sent events, or not."""
        self._change([endpoint_id], enabled=enabled, rests_until=None)

    def rest(self, endpoint_ids: Collection[str], until: datetime) -> None:
        """Leave endpoints alone until a moment."""
        self._change(endpoint_ids, rests_until=until)

    def remove(self, endpoint_id: str) -> None:
        """Delete an endpoint and all its deliveries."""
        self._session.execute(delete(DeliveryRow).where(DeliveryRow.endpoint_id == endpoint_id))
        self._session.execute(delete(EndpointRow).where(EndpointRow.endpoint_id == endpoint_id))

    def _change(self, endpoint_ids: Collection[str], **values: object) -> None:
        self._session.execute(
            update(EndpointRow)
            .where(EndpointRow.endpoint_id.in_(endpoint_ids))
            .values(values)
            .execution_options(synchronize_session=False)
        )
        self._session.expire_all()
