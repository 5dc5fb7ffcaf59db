from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store
from tests.synthetic import ShopConfig, fill, simulate

NEWEST = datetime(2017, 12, 25, tzinfo=UTC)
CUTOFFS = [NEWEST - timedelta(days=14 * n) for n in range(4)]


@pytest.fixture(scope="module")
def small_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SHUKE_HOME whose lake holds a simulated shop."""
    home = tmp_path_factory.mktemp("small")
    fill(Lake(home / "lake", threads=1), simulate(ShopConfig(customers=50)))
    return home


def open_store(home: Path) -> Store:
    """Return the store of `home` as a new process would open it."""
    return Store(Settings(home=home, threads=1), Lake(home / "lake", threads=1))


@pytest.fixture(scope="module")
def store(small_home: Path) -> Store:
    """Return a store with all `CUTOFFS` built and the newest materialized."""
    store = open_store(small_home)
    store.build(CUTOFFS)
    store.materialize(NEWEST)
    return store


@pytest.fixture
def own_home(small_home: Path, tmp_path: Path) -> Path:
    """Return a SHUKE_HOME with the same lake and nothing built, to do as one likes."""
    home = tmp_path / "own"
    home.mkdir()
    (home / "lake").symlink_to(small_home / "lake", target_is_directory=True)
    return home
