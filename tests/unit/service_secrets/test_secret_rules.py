"""Which secrets a service refuses to start with, and that none is repeated."""

import base64
import secrets
from pathlib import Path

import pytest

from service.privacy.data_keys import KeyRing
from service.secret_rules import WeakSecretError, require_strong, weak_keys, weak_urls

RANDOM = "pQ7x-V3m_Zk9tB2w"


@pytest.mark.parametrize(
    ("url", "why"),
    [
        ("postgresql+psycopg://shuke:shuke@db/shuke", "sample"),
        ("postgresql+psycopg://crm:Crm@db/shuke", "sample"),
        ("postgresql+psycopg://crm:change-me@db/shuke", "sample"),
        ("postgresql+psycopg://crm:CHANGEME_please_1@db/shuke", "sample"),
        ("postgresql+psycopg://crm:%70assword99x7@db/shuke", "sample"),
        ("postgresql+psycopg://crm:x9Kq2@db/shuke", "fewer than 12"),
        ("postgresql+psycopg://crm:zzzzzzzzzzzzzzzz@db/shuke", "repeats"),
        ("redis://redis:6379/0", "no password"),
        ("redis://:@10.0.0.5:6379/0", "no password"),
        (f"postgresql+psycopg://crm:{RANDOM}@db/shuke", ""),
        (f"redis://:{RANDOM}@redis:6379/0", ""),
        ("redis://127.0.0.1:6379/0", ""),
        ("redis://[::1]:6379/0", ""),
        ("postgresql+psycopg://crm@db/shuke", ""),
        ("sqlite:///records.db", ""),
        ("redis://[::1", ""),
        ("", ""),
    ],
)
def test_a_password_of_a_server(url: str, why: str) -> None:
    found = list(weak_urls({"SHUKE_X": url}))
    assert [each.where for each in found] == (["SHUKE_X"] if why else [])
    assert all(why in each.why for each in found)


@pytest.mark.parametrize(
    ("secret", "weak"),
    [
        (bytes(32), True),
        (b"\x01\x02" * 16, True),
        (b"a sample key that is easily typed"[:32], True),
        (secrets.token_bytes(32), False),
    ],
    ids=["zero", "repeated", "text", "random"],
)
def test_a_data_key_is_random(secret: bytes, weak: bool) -> None:
    ring = KeyRing(base64.urlsafe_b64encode(secret).decode(), Path("unused"))
    assert [each.where for each in weak_keys(ring)] == (["SHUKE_DATA_KEY"] if weak else [])


def test_a_key_made_when_first_needed_is_good_and_for_its_owner_alone(tmp_path: Path) -> None:
    ring = KeyRing("", tmp_path / "data.key")
    assert list(weak_keys(ring)) == []
    assert not ring.file.exists()
    ring.all()
    assert list(weak_keys(ring)) == []
    ring.file.chmod(0o640)
    [found] = weak_keys(ring)
    assert "chmod 600" in found.why


def test_the_error_names_every_setting_and_no_secret() -> None:
    urls = {
        "SHUKE_DATABASE_URL": "postgresql://crm:hunter2hunter2@db/x",
        "SHUKE_ONLINE_URL": "redis://:x9Kq2@redis/0",
        "SHUKE_RATE_LIMIT_URL": "redis://redis/1",
    }
    with pytest.raises(WeakSecretError) as caught:
        require_strong(weak_urls(urls))
    said = str(caught.value)
    assert ("SHUKE_ONLINE_URL" in said, "SHUKE_RATE_LIMIT_URL" in said) == (True, True)
    assert "x9Kq2" not in said
    require_strong([])
