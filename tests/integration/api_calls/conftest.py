"""A service without data or models, which takes leads and events all the same."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.api.app import create_app
from service.bootstrap import App, build
from service.keys import Scope
from service.settings import Settings
from tests.clocks import Clock
from tests.integration.service.conftest import copied, new_key
from tests.records_urls import postgres_url, sqlite_url, url

__all__ = ["postgres_url", "sqlite_url", "url"]

Serve = Callable[[App], TestClient]


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="session")
def blank_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose registry is open and empty, which takes seconds; read only."""
    home = tmp_path_factory.mktemp("blank")
    app = build(Settings(home=home))
    app.champions.load_all()
    app.records.close()
    return home


@pytest.fixture
def app(url: str, blank_home: Path, home: Path, clock: Clock) -> Iterator[App]:
    copied(blank_home, home)
    opened = build(Settings(home=home, database_url=url), clock=clock)
    yield opened
    opened.records.close()


@pytest.fixture
def key(app: App) -> str:
    return new_key(app, Scope.ADMIN)


@pytest.fixture
def serve(key: str) -> Iterator[Serve]:
    """Return what serves an app; each call is another process as far as memory goes."""
    with ExitStack() as stack:

        def start(app: App) -> TestClient:
            client = TestClient(create_app(app), raise_server_exceptions=False)
            client.headers["X-API-Key"] = key
            return stack.enter_context(client)

        yield start
