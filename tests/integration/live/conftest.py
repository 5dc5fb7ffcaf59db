"""A shop with features online and small champions, served with its worker in one process."""

import shutil
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from features.clock import now
from features.feature_sets import SETS
from features.lake.lake import Lake
from models_registry.registry import Registry
from models_registry.settings import Settings as ModelSettings
from service.api.app import create_app
from service.bootstrap import App, build, build_worker
from service.keys import Scope, create
from service.settings import Settings
from tests.integration.service.tiny_models import tiny_bundles
from tests.synthetic import ShopConfig, fill, simulate

PATIENCE = 40.0


@pytest.fixture(scope="session")
def shop_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home with data, features of its today online, and champions; copy it to write."""
    home = tmp_path_factory.mktemp("live") / "home"
    lake = Lake(home / "lake", threads=1)
    fill(lake, simulate(ShopConfig(customers=60)))
    app = build(Settings(home=home))
    app.store.build([lake.today()])
    app.store.materialize(lake.today())
    registry = Registry(ModelSettings(home=home))
    for bundle in tiny_bundles(app.store, lake.today()):
        version = registry.log(bundle, metrics={}, params={}, lineage={})
        registry.promote(bundle.meta.model, version, "test")
    app.records.close()
    return home


@pytest.fixture(scope="module")
def app(shop_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Return a service on a home of its own; tests of a module tell of different customers."""
    home = Path(shutil.copytree(shop_home, tmp_path_factory.mktemp("served") / "home"))
    opened = build(Settings(home=home, flush_seconds=0.2))
    yield opened
    opened.records.close()


@pytest.fixture(scope="module")
def key(app: App) -> str:
    made = create("test", [Scope.ADMIN], now())
    with app.records.transaction() as work:
        work.keys.add(made.record)
    return made.clear


@pytest.fixture(scope="module")
def client(app: App, key: str) -> Iterator[TestClient]:
    """Return a client of the API with the worker in its process."""
    with TestClient(create_app(app, build_worker(app)), headers={"X-API-Key": key}) as client:
        yield client


def until(holds: Callable[[], bool]) -> None:
    """Wait until something holds; a test that waits in vain fails."""
    give_up = time.monotonic() + PATIENCE
    while not holds():
        assert time.monotonic() < give_up, "waited in vain"
        time.sleep(0.02)


def drained(app: App) -> None:
    """Wait until nothing waits: everything accepted is in the lake, or set aside."""

    def done() -> bool:
        with app.records.transaction(read_only=True) as work:
            backlog = work.inbox.backlog()
        return (backlog.pending, backlog.online) == (0, 0)

    until(done)


def assert_online_is_fresh(app: App, ids: list[str]) -> None:
    """Compare what is online of customers with the batch at the moment each row names."""
    lake = Lake(app.settings.home / "lake", threads=1)
    for each in SETS:
        online = app.store._online.read(each.name, each.columns, ids)
        moments = [moment.to_pydatetime() for moment in online["as_of"].unique()]
        batch = lake.con.execute(each.transform(lake, moments))
        fresh = batch.set_index(["customer_id", "as_of"])
        for customer, row in zip(ids, online.to_dict("records"), strict=True):
            expected = fresh.loc[(customer, row["as_of"].tz_localize(None))]
            for name, kind in each.columns.items():
                if kind == "texts":
                    assert list(row[name]) == list(expected[name]), name
                else:
                    wanted = list(expected[name]) if kind == "numbers" else expected[name]
                    assert row[name] == pytest.approx(wanted, rel=1e-9, nan_ok=True), name
