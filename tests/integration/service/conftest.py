"""A running service on a simulated shop: features, small champions, one night."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from features.clock import now
from features.lake.lake import Lake
from models_registry.registry import Registry
from models_registry.settings import Settings as ModelSettings
from service.api.app import create_app
from service.bootstrap import App, build
from service.crm.retention import RetentionPolicy
from service.keys import Scope, create
from service.nightly import NightlyReport, nightly
from service.policies import Policies
from service.settings import Settings
from tests.integration.service.tiny_models import tiny_bundles
from tests.synthetic import ShopConfig, fill, simulate

POLICIES = Policies(retention=RetentionPolicy(risk_at_least=0.3, value_at_least=1.0, capacity=25))


@dataclass(frozen=True)
class Night:
    """A home after its first night; read only, copy it to write."""

    home: Path
    report: NightlyReport


@pytest.fixture(scope="session")
def trained_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with data, features of its today, and a champion of every model."""
    home = tmp_path_factory.mktemp("trained")
    shop = simulate(ShopConfig(customers=120))
    lake = Lake(home / "lake", threads=1)
    fill(lake, shop)
    app = build(Settings(home=home), policies=POLICIES)
    app.store.build([lake.today()])
    registry = Registry(ModelSettings(home=home))
    for bundle in tiny_bundles(app.store, lake.today()):
        version = registry.log(bundle, metrics={}, params={}, lineage={})
        registry.promote(bundle.meta.model, version, "test")
    app.records.close()
    return home


@pytest.fixture(scope="session")
def night(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Night:
    """Return a copy of the trained home in which one night has run."""
    home = copied(trained_home, tmp_path_factory.mktemp("night") / "home")
    app = build(Settings(home=home), policies=POLICIES)
    report = nightly(app, ensure_staff=True)
    app.records.close()
    return Night(home, report)


@pytest.fixture
def app(night: Night, tmp_path: Path) -> Iterator[App]:
    """Return a service on a home of its own, after the first night."""
    opened = build(Settings(home=copied(night.home, tmp_path / "home")), policies=POLICIES)
    yield opened
    opened.records.close()


@pytest.fixture
def client(app: App) -> Iterator[TestClient]:
    """Return a client whose key may do everything."""
    with TestClient(create_app(app), raise_server_exceptions=False) as client:
        client.headers["X-API-Key"] = new_key(app, Scope.ADMIN)
        yield client


def copied(home: Path, to: Path) -> Path:
    """Copy a home."""
    return Path(shutil.copytree(home, to))


def new_key(app: App, *scopes: Scope) -> str:
    """Store a key and return it."""
    made = create("test", scopes, now())
    with app.records.transaction() as work:
        work.keys.add(made.record)
    return made.clear
