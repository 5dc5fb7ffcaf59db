"""The outbox: what there is to tell, to whom, and how far each delivery has come."""

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import ColumnElement, and_, delete, exists, func, or_, select, tuple_, update
from sqlalchemy.orm import Session

from service.repository.endpoints import Endpoint, Endpoints
from service.repository.rerunnable import as_row, new_keys
from service.repository.schema_webhooks import DeliveryRow, EndpointRow, OutboxRow
from service.webhooks.events import HookEvent

WAITING, DELIVERED, DEAD = "waiting", "delivered", "dead"


@dataclass(frozen=True, slots=True)
class Due:
    """A delivery that is ours to try until its lease ends; `attempts` counts this one.

    Attributes
    ----------
    token
        Tells this claim from a later one.
    """

    delivery_id: str
    event_id: str
    body: str
    attempts: int
    token: str
    endpoint: Endpoint


@dataclass(frozen=True, slots=True)
class Delivery:
    """How far one event has come to one endpoint."""

    delivery_id: str
    event_id: str
    endpoint_id: str
    type: str
    state: str
    attempts: int
    next_at: datetime
    created_at: datetime
    ended_at: datetime | None
    last_at: datetime | None
    last_status: int | None
    last_error: str | None


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which deliveries; None takes all.

    Attributes
    ----------
    since
        Only those made at or after a moment.
    """

    state: str | None = None
    endpoint_id: str | None = None
    since: datetime | None = None


class Outbox:
    """Events and their deliveries; within one transaction of the records."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def add(self, events: Sequence[HookEvent], at: datetime) -> int:
        """Add events somebody wants that were not there, and return how many deliveries wait.

        An endpoint is sent what happened since it was there: an event that is told again, by a
        rerun, is nothing new to anybody.
        """
        endpoints = Endpoints(self._session)
        wanted = {kind: endpoints.of(kind) for kind in {event.type for event in events}}
        asked = {event.event_id: event for event in events if wanted[event.type]}
        added = new_keys(self._session, OutboxRow, [_outbox(each) for each in asked.values()])
        rows = [
            _waiting(event_id, endpoint_id, at)
            for event_id in added
            for endpoint_id in wanted[asked[event_id].type]
        ]
        return len(new_keys(self._session, DeliveryRow, rows))

    def is_due(self, at: datetime) -> bool:
        """Say whether anything may be tried; locks nothing."""
        return bool(self._session.scalar(select(exists().where(_due(at)))))

    def claim(self, at: datetime, lease: timedelta, *, endpoints: int, at_once: int) -> list[Due]:
        """Take what may be tried, those first whose oldest has waited longest.

        Nobody else is given the same before the lease ends; what another one takes in this very
        moment is passed over.

        Parameters
        ----------
        endpoints, at_once
            So many endpoints, and so many deliveries of each, at most.
        """
        oldest = (
            select(DeliveryRow.endpoint_id)
            .where(_due(at))
            .group_by(DeliveryRow.endpoint_id)
            .order_by(func.min(DeliveryRow.next_at))
        )
        found: list[Due] = []
        for endpoint_id in self._session.scalars(oldest.limit(endpoints)).all():
            endpoint = Endpoints(self._session).get(endpoint_id)
            if endpoint is not None:
                found += self._claim(endpoint, at, lease, at_once)
        return found

    def delivered(self, due: Due, at: datetime, status: int) -> bool:
        """Note that a delivery arrived; False if it is no longer ours."""
        told = {"state": DELIVERED, "ended_at": at, "last_status": status, "last_error": None}
        return self._settle(due, at, told)

    def failed(
        self, due: Due, at: datetime, status: int | None, error: str, next_at: datetime | None
    ) -> bool:
        """Note that an attempt failed; without another one the delivery is dead."""
        told: dict[str, object] = {"last_status": status, "last_error": error}
        if next_at is None:
            return self._settle(due, at, told | {"state": DEAD, "ended_at": at})
        return self._settle(due, at, told | {"next_at": next_at})

    def page(
        self, wanted: Wanted, *, limit: int, after: tuple[datetime, str] | None = None
    ) -> list[Delivery]:
        """Return deliveries, the newest first.

        Parameters
        ----------
        after
            (created_at, delivery_id) of the last one of the page before.
        """
        query = select(DeliveryRow, OutboxRow.type).join(
            OutboxRow, OutboxRow.event_id == DeliveryRow.event_id
        )
        query = query.where(*_fitting(wanted))
        if after is not None:
            query = query.where(tuple_(DeliveryRow.created_at, DeliveryRow.delivery_id) < after)
        query = query.order_by(DeliveryRow.created_at.desc(), DeliveryRow.delivery_id.desc())
        return [_delivery(row, kind) for row, kind in self._session.execute(query.limit(limit))]

    def replay(self, at: datetime, which: Sequence[str] | Wanted) -> int:
        """Let deliveries that have ended be tried anew from `at`, and return how many.

        Parameters
        ----------
        which
            Their ids, or what they have in common.
        """
        chosen = (
            _fitting(which) if isinstance(which, Wanted) else [DeliveryRow.delivery_id.in_(which)]
        )
        again = (
            update(DeliveryRow)
            .where(DeliveryRow.state != WAITING, *chosen)
            .values(state=WAITING, attempts=0, next_at=at, ended_at=None, token=None)
        )
        return len(self._session.scalars(again.returning(DeliveryRow.delivery_id), **_PLAIN).all())

    def forget(self, before: datetime) -> int:
        """Delete deliveries made and last due before a moment, and what nobody is sent any more.

        Returns
        -------
        int
            How many events went.
        """
        old = and_(DeliveryRow.created_at < before, DeliveryRow.next_at < before)
        self._session.execute(delete(DeliveryRow).where(old), **_PLAIN)
        needed = exists().where(DeliveryRow.event_id == OutboxRow.event_id)
        gone = delete(OutboxRow).where(OutboxRow.occurred_at < before, ~needed)
        return len(self._session.scalars(gone.returning(OutboxRow.event_id), **_PLAIN).all())

    def _claim(self, endpoint: Endpoint, at: datetime, lease: timedelta, at_once: int) -> list[Due]:
        query = (
            select(DeliveryRow)
            .where(_due(at), DeliveryRow.endpoint_id == endpoint.endpoint_id)
            .order_by(DeliveryRow.next_at, DeliveryRow.delivery_id)
            .limit(at_once)
            .with_for_update(skip_locked=True, of=DeliveryRow)
        )
        found: list[Due] = []
        for row in self._session.scalars(query).all():
            row.token = secrets.token_hex(8)
            row.attempts += 1
            row.next_at = at + lease
            event = self._session.get_one(OutboxRow, row.event_id)
            found.append(
                Due(row.delivery_id, row.event_id, event.body, row.attempts, row.token, endpoint)
            )
        self._session.flush()
        return found

    def _settle(self, due: Due, at: datetime, values: dict[str, object]) -> bool:
        ours = (DeliveryRow.delivery_id == due.delivery_id, DeliveryRow.token == due.token)
        settled = {"token": None, "last_at": at, "next_at": at}
        changed = update(DeliveryRow).where(*ours).values(settled | values)
        found = self._session.scalars(changed.returning(DeliveryRow.delivery_id), **_PLAIN)
        return found.first() is not None


_PLAIN = {"execution_options": {"synchronize_session": False}}


def _due(at: datetime) -> ColumnElement[bool]:
    ready = exists().where(
        EndpointRow.endpoint_id == DeliveryRow.endpoint_id,
        EndpointRow.enabled.is_(True),
        or_(EndpointRow.rests_until.is_(None), EndpointRow.rests_until <= at),
    )
    return and_(DeliveryRow.state == WAITING, DeliveryRow.next_at <= at, ready)


def _fitting(wanted: Wanted) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.state is not None:
        found.append(DeliveryRow.state == wanted.state)
    if wanted.endpoint_id is not None:
        found.append(DeliveryRow.endpoint_id == wanted.endpoint_id)
    if wanted.since is not None:
        found.append(DeliveryRow.created_at >= wanted.since)
    return found


def _outbox(event: HookEvent) -> dict[str, object]:
    return as_row(event) | {"type": event.type.value}


def _waiting(event_id: str, endpoint_id: str, at: datetime) -> dict[str, object]:
    name = hashlib.sha256(f"{event_id}|{endpoint_id}".encode()).hexdigest()[:24]
    return {
        "delivery_id": f"dlv_{name}",
        "event_id": event_id,
        "endpoint_id": endpoint_id,
        "state": WAITING,
        "attempts": 0,
        "next_at": at,
        "created_at": at,
    }


def _delivery(row: DeliveryRow, kind: str) -> Delivery:
    names = [name for name in Delivery.__dataclass_fields__ if name != "type"]
    return Delivery(**{name: getattr(row, name) for name in names}, type=kind)
