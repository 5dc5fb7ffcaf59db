"""Signatures after Standard Webhooks: the headers that prove who sent a body."""

from collections.abc import Sequence
from datetime import UTC, datetime

from standardwebhooks import Webhook


def signed_headers(
    secrets: Sequence[str], event_id: str, body: str, at: datetime
) -> dict[str, str]:
    """Return the headers of one attempt at a moment, signed with each of some secrets."""
    moment = at.astimezone(UTC)
    signatures = [Webhook(secret).sign(event_id, moment, body) for secret in secrets]
    return {
        "webhook-id": event_id,
        "webhook-timestamp": str(int(moment.timestamp())),
        "webhook-signature": " ".join(signatures),
    }
