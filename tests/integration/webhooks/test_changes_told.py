"""A change of endpoints or deliveries and its line in the audit log are stored together."""

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

import pytest

from service.audit import AuditTrail
from service.repository.records import Records
from service.webhooks.desk import WebhookDesk
from service.webhooks.events import EventType
from tests.clocks import Clock
from tests.integration.webhooks.deliveries import BY, add, courier, found, happen, tasks
from tests.integration.webhooks.receiver import Receiver


def stopped() -> datetime:
    """Stand for whatever keeps a line from being written."""
    raise RuntimeError("the clock stopped")


@pytest.fixture
def untold(desk: WebhookDesk) -> WebhookDesk:
    """Return the desk with a log that takes no line."""
    return replace(desk, audit=AuditTrail(desk.records, stopped))


def test_what_cannot_be_told_is_not_done(
    records: Records, desk: WebhookDesk, untold: WebhookDesk, receiver: Receiver, clock: Clock
) -> None:
    endpoint_id = add(desk, receiver.url).endpoint.endpoint_id
    happen(records, clock, tasks(clock, 1))
    assert courier(desk, clock).deliver() == 1
    before = (desk.all(), found(desk))
    changes: list[Callable[[], object]] = [
        lambda: untold.add(BY, "https://crm.example.com/hooks", [EventType.TASK_CREATED]),
        lambda: untold.rotate(BY, endpoint_id),
        lambda: untold.enable(BY, endpoint_id, enabled=False),
        lambda: untold.replay(BY, [each.delivery_id for each in found(desk)]),
        lambda: untold.remove(BY, endpoint_id),
    ]
    for change in changes:
        with pytest.raises(RuntimeError, match="the clock stopped"):
            change()
        assert (desk.all(), found(desk)) == before
