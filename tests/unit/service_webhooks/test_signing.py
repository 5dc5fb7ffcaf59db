"""Signatures: what the library of Standard Webhooks verifies."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from service.repository.endpoints import Endpoint
from service.webhooks.signing import new_secret, signed_headers

BODY = '{"type":"task.created","data":{"title":"回访"}}'


def endpoint(**facts: object) -> Endpoint:
    known = {
        "endpoint_id": "whk_1",
        "url": "https://crm.example.com",
        "events": ["task.created"],
        "description": "",
        "secret": new_secret(),
        "created_at": datetime(2026, 1, 1, tzinfo=UTC),
    }
    return Endpoint(**known | facts)  # type: ignore[arg-type]


def test_the_library_verifies_what_was_signed_and_nothing_else() -> None:
    receiver, at = endpoint(), datetime.now(UTC)
    headers = signed_headers(receiver, "evt_1", BODY, at)
    verify = Webhook(receiver.secret).verify
    assert verify(BODY, headers)["type"] == "task.created"
    for data, changed in (
        (BODY + " ", headers),
        (BODY, headers | {"webhook-id": "evt_2"}),
        (BODY, headers | {"webhook-timestamp": str(int(at.timestamp()) - 1)}),
    ):
        with pytest.raises(WebhookVerificationError):
            verify(data, changed)


def test_the_old_secret_signs_beside_the_new_one_until_its_end_and_no_longer() -> None:
    at, old = datetime.now(UTC), new_secret()
    receiver = endpoint(old_secret=old, old_until=at)
    before = signed_headers(receiver, "evt_1", BODY, at - timedelta(microseconds=1))
    for secret in (receiver.secret, old):
        assert Webhook(secret).verify(BODY, before)
    after = signed_headers(receiver, "evt_1", BODY, at)
    assert Webhook(receiver.secret).verify(BODY, after)
    with pytest.raises(WebhookVerificationError):
        Webhook(old).verify(BODY, after)


def test_secrets_are_not_shown_and_never_the_same() -> None:
    receiver = replace(endpoint(), old_secret=new_secret())
    assert "whsec_" not in repr(receiver)
    assert new_secret() != new_secret()
