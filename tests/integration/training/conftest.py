from pathlib import Path

import pytest

from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store
from tests.synthetic import Shop, ShopConfig, fill, simulate


@pytest.fixture(scope="session")
def shop() -> Shop:
    """A simulated chain whose truth is known."""
    return simulate(ShopConfig(customers=600, seed=11))


@pytest.fixture(scope="session")
def shop_home(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SHUKE_HOME whose lake holds the simulated chain."""
    home = tmp_path_factory.mktemp("shop")
    fill(Lake(home / "lake", threads=1), shop)
    return home


@pytest.fixture(scope="session")
def shop_lake(shop_home: Path) -> Lake:
    return Lake(shop_home / "lake", threads=1)


@pytest.fixture(scope="session")
def shop_store(shop_home: Path, shop_lake: Lake) -> Store:
    return Store(Settings(home=shop_home), shop_lake)
