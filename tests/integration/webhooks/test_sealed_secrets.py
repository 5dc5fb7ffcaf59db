"""Secrets of webhooks are in no file in clear, sign as ever, and follow the data key."""

from pathlib import Path

import pytest
from alembic import command
from sqlalchemy import create_engine, text

from service.privacy.data_keys import DataKeyMissingError, KeyRing
from service.privacy.rekeying import rekey
from service.repository.migrate import _config
from service.repository.records import Records
from service.webhooks.desk import WebhookDesk
from service.webhooks.secrets import SecretBox, new_secret, sealed
from tests.clocks import Clock
from tests.integration.webhooks.deliveries import BY, add, courier, happen, tasks
from tests.integration.webhooks.receiver import Receiver


def stored(url: str) -> str:
    """Return all that the table of endpoints holds, as text."""
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT * FROM webhook_endpoints")).all()
    engine.dispose()
    return repr(rows)


def in_files(folder: Path, secret: str) -> list[str]:
    files = [path for path in folder.rglob("*") if path.is_file()]
    return [path.name for path in files if secret.encode() in path.read_bytes()]


def test_secrets_are_in_no_row_and_no_file(
    desk: WebhookDesk, url: str, receiver: Receiver, tmp_path: Path
) -> None:
    first = add(desk, receiver.url)
    second = desk.rotate(BY, first.endpoint.endpoint_id)
    for secret in (first.secret, second.secret):
        assert secret.startswith("whsec_")
        assert secret not in stored(url)
        assert in_files(tmp_path, secret.removeprefix("whsec_")) == []


def test_with_another_data_key_both_secrets_still_sign(
    records: Records, desk: WebhookDesk, box: SecretBox, receiver: Receiver, clock: Clock
) -> None:
    old = add(desk, receiver.url)
    new = desk.rotate(BY, old.endpoint.endpoint_id)
    [before] = box.ring.all()
    assert rekey(records, box.ring, [box]) == 1
    assert before not in box.ring.all()
    assert rekey(records, box.ring, [box]) == 1
    assert len(box.ring.all()) == 1
    happen(records, clock, tasks(clock, 1))
    assert courier(desk, clock).deliver() == 1
    (got,) = receiver.got
    assert [got.signed_with(each) for each in (old.secret, new.secret)] == [True, True]


def test_without_its_key_a_secret_signs_nothing_and_says_so(
    records: Records, desk: WebhookDesk, box: SecretBox, receiver: Receiver, clock: Clock
) -> None:
    add(desk, receiver.url)
    happen(records, clock, tasks(clock, 1))
    box.ring.file.unlink()
    with pytest.raises(DataKeyMissingError, match="data key"):
        courier(desk, clock).deliver()
    assert receiver.got == []


def test_what_an_older_version_kept_in_clear_is_sealed_by_the_migration(
    url: str, tmp_path: Path
) -> None:
    secret, old = new_secret(), new_secret()
    _as_before(url, secret, old)
    ring = KeyRing("", tmp_path / "data.key")
    records = Records(url)
    records.migrate(lambda each, endpoint_id: sealed(ring.all()[0], each, endpoint_id))
    with records.transaction(read_only=True) as work:
        (endpoint,) = work.endpoints.all()
    assert endpoint.old_until is not None
    assert SecretBox(ring).signing(endpoint, endpoint.created_at) == [secret, old]
    assert secret not in stored(url)
    engine = create_engine(url)
    with engine.connect() as connection:
        rows = connection.execute(text("SELECT key, body FROM idempotency_keys ORDER BY key"))
        assert [(key, bytes(body)) for key, body in rows] == [("k1", b"{}"), ("k2", b"other")]
    engine.dispose()
    for each in (secret, old):
        assert in_files(tmp_path, each.removeprefix("whsec_")) == []
    records.close()


def _as_before(url: str, secret: str, old: str) -> None:
    """Fill a database of the version before secrets were sealed."""
    if url.startswith("sqlite"):
        Path(url.removeprefix("sqlite:///")).parent.mkdir(parents=True, exist_ok=True)
    engine = create_engine(url)
    with engine.begin() as connection:
        command.upgrade(_config(connection, None), "0005")
        connection.execute(
            text(
                "INSERT INTO webhook_endpoints (endpoint_id, url, events, description, secret,"
                " old_secret, old_until, enabled, allow_private, created_at)"
                " VALUES ('whk_1', 'https://crm.example.com', '[]', '', :secret, :old,"
                " '2026-01-02 00:00:00+00:00', true, false, '2026-01-01 00:00:00+00:00')"
            ),
            {"secret": secret, "old": old},
        )
        for key, route, body in (
            ("k1", "POST /v1/webhooks", f'{{"secret":"{secret}"}}'.encode()),
            ("k2", "POST /v1/webhooks/deliveries/replay", b"other"),
        ):
            connection.execute(
                text(
                    "INSERT INTO idempotency_keys (caller_id, route, key, digest, token,"
                    " locked_until, expires_at, status, headers, body) VALUES ('c', :route, :key,"
                    " 'd', 't', '2026-01-01 00:00:00', '2026-01-02 00:00:00', 201, '{}', :body)"
                ),
                {"route": route, "key": key, "body": body},
            )
    engine.dispose()
