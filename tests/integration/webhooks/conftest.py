"""Records, a movable clock, and a real receiver on loopback."""

from collections.abc import Iterator
from pathlib import Path

import pytest
import standardwebhooks.webhooks

from service.audit import AuditTrail
from service.privacy.data_keys import KeyRing
from service.repository.records import Records
from service.webhooks.desk import WebhookDesk
from service.webhooks.secrets import SecretBox
from tests.clocks import Clock
from tests.integration.webhooks.receiver import Receiver
from tests.records_urls import postgres_url, records, sqlite_url, url

__all__ = ["postgres_url", "records", "sqlite_url", "url"]


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """Return a clock that the receiver's library looks at too."""
    clock = Clock()

    class Moved(standardwebhooks.webhooks.datetime):  # type: ignore[misc, name-defined]
        @classmethod
        def now(cls, tz: object = None) -> object:
            return clock.at

    monkeypatch.setattr(standardwebhooks.webhooks, "datetime", Moved)
    return clock


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def box(tmp_path: Path) -> SecretBox:
    return SecretBox(KeyRing("", tmp_path / "data.key"))


@pytest.fixture
def desk(records: Records, clock: Clock, box: SecretBox) -> WebhookDesk:
    return WebhookDesk(records, clock, box, AuditTrail(records, clock), allow_private=True)
