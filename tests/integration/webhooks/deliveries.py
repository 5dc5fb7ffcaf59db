"""Shared by the tests of deliveries: events to tell, a courier, and how far deliveries are."""

from collections.abc import Sequence
from datetime import timedelta

from service.audit import at_the_machine
from service.crm.tasks import Task, task_id
from service.repository.outbox import Delivery, Wanted
from service.repository.records import Records
from service.webhooks.announcing import announce_tasks
from service.webhooks.courier import Courier
from service.webhooks.desk import WebhookDesk, WithSecret
from service.webhooks.events import EventType
from service.webhooks.sending import Sender
from tests.clocks import Clock

PATIENCE = timedelta(seconds=20)  # of attempts that are to be answered
SHORT = timedelta(milliseconds=400)  # of attempts that are not
BY = at_the_machine("webhooks")

__all__ = ["BY", "PATIENCE", "SHORT", "add", "courier", "found", "happen", "tasks"]


def courier(
    desk: WebhookDesk, clock: Clock, *, allow_private: bool = True, timeout: timedelta = PATIENCE
) -> Courier:
    """Return a courier whose waits have no jitter."""
    send = Sender(timeout)
    private = {"allow_private": allow_private}
    return Courier(desk.records, send, clock, desk.box, **private, chance=lambda: 0.0)


def add(desk: WebhookDesk, url: str) -> WithSecret:
    """Add an endpoint on loopback that wants new tasks."""
    return desk.add(BY, url, [EventType.TASK_CREATED], allow_private=True)


def tasks(clock: Clock, count: int, first: int = 0) -> list[Task]:
    """Return tasks of customers."""
    return [
        Task(
            task_id=task_id("retention", f"C{number}", None, clock.at),
            rule="retention",
            customer_id=f"C{number}",
            lead_id=None,
            staff_id=None,
            store_id="1",
            as_of=clock.at,
            due_at=clock.at + timedelta(days=3),
            title=f"Call customer C{number}",
            reason="silent for long",
            policy_version="retention-1",
        )
        for number in range(first, first + count)
    ]


def happen(records: Records, clock: Clock, told: Sequence[Task]) -> int:
    """Store tasks and announce them, and return how many deliveries wait."""
    with records.transaction() as work:
        work.tasks.add_new(told)
        return announce_tasks(work, told, clock())


def found(desk: WebhookDesk, state: str | None = None) -> list[Delivery]:
    """Return deliveries in a state."""
    return desk.deliveries(Wanted(state), limit=1_000)
