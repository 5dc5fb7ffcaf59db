"""`shuke serve` does not start with a secret that is none, nor with the key of the demo."""

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from service.secret_rules import DEMO_KEY
from tests.integration.shuke.conftest import Shuke

SECONDS = 120


@pytest.mark.parametrize(
    ("setting", "value", "secret"),
    [
        (
            "SHUKE_DATABASE_URL",
            "postgresql+psycopg://crm:change-me@127.0.0.1:1/shuke",
            "change-me",
        ),
        ("SHUKE_ONLINE_URL", "redis://redis:6379/0", None),
        ("SHUKE_RATE_LIMIT_URL", "redis://:x9Kq2@127.0.0.1:1/0", "x9Kq2"),
        ("SHUKE_DATA_KEY", "A" * 43 + "=", "AAAA"),
        ("PGPASSWORD", "postgres123456", "postgres123456"),
    ],
)
@pytest.mark.parametrize("command", ["serve", "worker"])
def test_it_does_not_start_with_a_secret_that_is_none(
    shuke: Shuke,
    monkeypatch: pytest.MonkeyPatch,
    command: str,
    setting: str,
    value: str,
    secret: str | None,
) -> None:
    monkeypatch.setenv(setting, value)
    said = shuke(command)
    assert said.code == 2
    assert "weak-secret" in said.err
    assert setting in said.err
    assert secret is None or secret not in said.err


def test_a_home_of_the_demo_is_served_as_such_alone(home: Path, shuke: Shuke) -> None:
    assert shuke("keys", "create", "--name", DEMO_KEY).code == 0
    refused = shuke("serve")
    assert (refused.code, "weak-secret" in refused.err) == (2, True)
    assert "shuke keys revoke" in refused.err
    assert "--demo" in refused.err
    said = started(home, "--demo")
    assert "its secrets are for the demo only" in said
    assert "Serving http://127.0.0.1" in said
    key_id = refused.err.split("shuke keys revoke ")[1].split("`")[0].strip()
    assert shuke("keys", "revoke", key_id).code == 0
    assert "Serving http://127.0.0.1" in started(home)


def started(home: Path, *options: str) -> str:
    """Return what a server says until it listens, or ends."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "shuke.cli", "serve", "--port", str(port), *options]
    environment = os.environ | {"SHUKE_HOME": str(home), "PYTHONUNBUFFERED": "1"}
    server = subprocess.Popen(
        command, env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    said = ""
    try:
        assert server.stdout is not None
        for line in server.stdout:
            said += line
            if "Serving" in line and "http" in line:
                break
    finally:
        server.terminate()
        server.communicate(timeout=SECONDS)
    return said
