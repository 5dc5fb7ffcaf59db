"""One small Spark session for all of these tests, and a shop both engines look at."""

import gc
import shutil
import warnings
from collections.abc import Iterator
from pathlib import Path

import pytest

from features.engine import DuckDBEngine, Engine, connect
from features.lake.lake import Lake
from features.settings import Settings
from features.spark.engine import SparkEngine
from features.spark.errors import SparkMissingError
from features.spark.settings import SparkSettings
from tests.conftest import missing_server
from tests.integration.spark.shops import CUTOFFS, opened, troubled
from tests.synthetic import ShopConfig, fill, simulate

SPARK = SparkSettings(
    master="local[2]",
    shuffle_partitions=4,
    # Tests are over before the JVM's second compiler would pay.
    conf={"spark.driver.extraJavaOptions": "-XX:TieredStopAtLevel=1"},
)
CUSTOMERS = 60


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if item.path.is_relative_to(Path(__file__).parent):
            # PySpark leaves sockets to its JVM for the garbage collector to close.
            item.add_marker(pytest.mark.filterwarnings("ignore::ResourceWarning"))


@pytest.fixture(autouse=True)
def leftovers() -> Iterator[None]:
    """Collect PySpark's leftovers here: a later test of another folder takes them for its own."""
    yield
    gc.collect()


@pytest.fixture(scope="session")
def spark() -> Iterator[SparkEngine]:
    """Return the Spark engine; started once, stopped at the end."""
    engine = SparkEngine(SPARK)
    try:
        session = engine.session
    except SparkMissingError as error:
        missing_server("Spark", SPARK.master, error)
    yield engine
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        session.stop()
        gc.collect()


@pytest.fixture(scope="session")
def duck() -> Engine:
    """Return the embedded engine."""
    return DuckDBEngine(connect(1))


@pytest.fixture(scope="session")
def shop_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose lake holds the shop; copy it to write."""
    home = tmp_path_factory.mktemp("shop")
    shop = simulate(ShopConfig(customers=CUSTOMERS))
    fill(Lake(Settings(home=home).lake_dir, threads=1), troubled(shop))
    return home


@pytest.fixture(scope="session")
def shop_lake(shop_home: Path) -> Lake:
    """Return the lake of `shop_home`; read only."""
    return Lake(Settings(home=shop_home).lake_dir, threads=1)


@pytest.fixture(scope="session")
def built_home(shop_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the shop with its features built by the embedded engine."""
    home = Path(shutil.copytree(shop_home, tmp_path_factory.mktemp("duckdb") / "home"))
    opened(home, "duckdb").build(CUTOFFS)
    return home


@pytest.fixture(scope="session")
def spark_home(
    shop_home: Path, spark: SparkEngine, tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return the shop with its features built by Spark."""
    home = Path(shutil.copytree(shop_home, tmp_path_factory.mktemp("spark") / "home"))
    store = opened(home, "spark")
    assert isinstance(store._builder.source.engine, SparkEngine)
    store.build(CUTOFFS)
    return home
