"""Signatures: what the library of Standard Webhooks verifies; secrets: sealed for one endpoint."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from service.privacy.data_keys import DataKeyMissingError, KeyRing
from service.repository.endpoints import Endpoint
from service.webhooks.secrets import SecretBox, new_secret, sealed
from service.webhooks.signing import signed_headers

BODY = '{"type":"task.created","data":{"title":"回访"}}'
AT = datetime(2026, 1, 1, tzinfo=UTC)


@pytest.fixture
def ring(tmp_path: Path) -> KeyRing:
    return KeyRing("", tmp_path / "data.key")


def endpoint(ring: KeyRing, secret: str, endpoint_id: str = "whk_1", **facts: object) -> Endpoint:
    known = {
        "endpoint_id": endpoint_id,
        "url": "https://crm.example.com",
        "events": ["task.created"],
        "description": "",
        "sealed": sealed(ring.all()[0], secret, endpoint_id),
        "created_at": AT,
    }
    return Endpoint(**known | facts)  # type: ignore[arg-type]


def test_the_library_verifies_what_was_signed_and_nothing_else() -> None:
    secret, at = new_secret(), datetime.now(UTC)
    headers = signed_headers([secret], "evt_1", BODY, at)
    verify = Webhook(secret).verify
    assert verify(BODY, headers)["type"] == "task.created"
    for data, changed in (
        (BODY + " ", headers),
        (BODY, headers | {"webhook-id": "evt_2"}),
        (BODY, headers | {"webhook-timestamp": str(int(at.timestamp()) - 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            verify(data, changed)


def test_each_of_two_secrets_signs() -> None:
    both, at = [new_secret(), new_secret()], datetime.now(UTC)
    headers = signed_headers(both, "evt_1", BODY, at)
    assert all(Webhook(secret).verify(BODY, headers) for secret in both)


def test_the_old_secret_signs_beside_the_new_one_until_its_end_and_no_longer(
    ring: KeyRing,
) -> None:
    new, old = new_secret(), new_secret()
    sealed_old = sealed(ring.all()[0], old, "whk_1")
    receiver = endpoint(ring, new, old_sealed=sealed_old, old_until=AT)
    box = SecretBox(ring)
    assert box.signing(receiver, AT - timedelta(microseconds=1)) == [new, old]
    assert box.signing(receiver, AT) == [new]


def test_a_secret_opens_for_its_endpoint_with_its_key_alone(ring: KeyRing, tmp_path: Path) -> None:
    secret = new_secret()
    receiver = endpoint(ring, secret)
    assert secret not in receiver.sealed
    assert SecretBox(ring).signing(receiver, AT) == [secret]
    other = KeyRing("", tmp_path / "other.key")
    for box, asked in (
        (SecretBox(other), receiver),
        (SecretBox(ring), replace(receiver, endpoint_id="whk_2")),
    ):
        with pytest.raises(DataKeyMissingError):
            box.signing(asked, AT)


def test_secrets_are_not_shown_and_never_the_same(ring: KeyRing) -> None:
    receiver = endpoint(ring, new_secret(), old_sealed="old sealed")
    assert receiver.sealed not in repr(receiver)
    assert "old sealed" not in repr(receiver)
    assert new_secret() != new_secret()
