"""Signatures after Standard Webhooks: secrets, and the headers that prove who sent a body."""

import base64
import secrets
from datetime import UTC, datetime

from standardwebhooks import Webhook

from service.repository.endpoints import Endpoint

_PREFIX = "whsec_"
_BYTES = 32


def new_secret() -> str:
    """Return a new secret, as receivers write it into their settings."""
    return _PREFIX + base64.b64encode(secrets.token_bytes(_BYTES)).decode()


def signing_secrets(endpoint: Endpoint, at: datetime) -> list[str]:
    """Return the secrets that sign at a moment: after a rotation the old one too, for a while."""
    old = endpoint.old_secret
    if old is None or endpoint.old_until is None or endpoint.old_until <= at:
        return [endpoint.secret]
    return [endpoint.secret, old]


def signed_headers(endpoint: Endpoint, event_id: str, body: str, at: datetime) -> dict[str, str]:
    """Return the headers of one attempt at a moment."""
    moment = at.astimezone(UTC)
    signatures = [
        Webhook(secret).sign(event_id, moment, body) for secret in signing_secrets(endpoint, at)
    ]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
