"""One home with features, models and a night; every fault gets a copy, or a server of its own."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.api.app import create_app
from service.bootstrap import App
from tests.integration.service.conftest import copied
from tests.records_urls import postgres_url
from tests.serving import make_home

__all__ = ["postgres_url"]

Serve = Callable[[App, str], TestClient]


@pytest.fixture(scope="session")
def made(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return a home and its key; read only."""
    home = tmp_path_factory.mktemp("faulty")
    return home, make_home(home)


@pytest.fixture
def home(made: tuple[Path, str], tmp_path: Path) -> Path:
    """Return a copy of the home that a test may spoil."""
    copy = tmp_path / "home"
    copied(made[0], copy)
    return copy


@pytest.fixture
def key(made: tuple[Path, str]) -> str:
    return made[1]


@pytest.fixture
def serve() -> Iterator[Serve]:
    """Return what serves an app to whoever has a key, with all that runs beside requests."""
    with ExitStack() as stack:

        def start(app: App, key: str) -> TestClient:
            client = TestClient(create_app(app), raise_server_exceptions=False)
            client.headers["X-API-Key"] = key
            return stack.enter_context(client)

        yield start
