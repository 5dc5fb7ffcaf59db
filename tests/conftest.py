import gc
import os
from pathlib import Path
from typing import NoReturn

import pytest
from xdist.scheduler import LoadScopeScheduling

from features.lake.complete_journey import import_complete_journey
from features.lake.lake import Lake

HOUSEHOLDS = 250
_GARBAGE = 50_000  # objects more than there were, at which the collector looks for rings


def pytest_configure(config: pytest.Config) -> None:
    # Ibis 12 still calls DuckDB by names that DuckDB 2 has renamed.
    config.addinivalue_line("filterwarnings", "ignore:fetch_.*is deprecated:DeprecationWarning")


def pytest_collection_finish() -> None:
    # A query is written of so many small objects that a fifth of the time goes to the collector,
    # which would look at all that is imported again and again.
    gc.collect()
    gc.freeze()
    gc.set_threshold(_GARBAGE, 20, 20)


class ByFolder(LoadScopeScheduling):
    """Deals tests by folder, whose fixtures are made once; whole ways through, file by file."""

    def _split_scope(self, nodeid: str) -> str:
        file = nodeid.split("::", 1)[0]
        return file if file.startswith("tests/e2e/") else file.rsplit("/", 1)[0]


def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> LoadScopeScheduling:
    return ByFolder(config, log)


def missing_server(name: str, where: str, why: Exception) -> NoReturn:
    """Skip the test, or fail it where servers are required (SHUKE_REQUIRE_SERVERS=1)."""
    said = f"{name} does not answer at {where}: {why}"
    if os.environ.get("SHUKE_REQUIRE_SERVERS") == "1":
        pytest.fail(said)
    pytest.skip(said)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """Return an empty SHUKE_HOME."""
    return tmp_path / "home"


@pytest.fixture
def lake(home: Path) -> Lake:
    """Return an empty lake in `home`."""
    return Lake(home / "lake", threads=1)


@pytest.fixture(scope="session")
def journey_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a SHUKE_HOME whose lake holds Complete Journey's first households; read only."""
    home = tmp_path_factory.mktemp("journey")
    import_complete_journey(Lake(home / "lake"), households=HOUSEHOLDS)
    return home


@pytest.fixture(scope="session")
def journey_lake(journey_home: Path) -> Lake:
    """Return the lake of `journey_home`; read only."""
    return Lake(journey_home / "lake")
