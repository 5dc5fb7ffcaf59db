from pathlib import Path

import pytest

from models_registry.registry import Registry
from models_registry.settings import Settings


@pytest.fixture(scope="session")
def empty_home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a home whose MLflow tables exist: creating them takes seconds."""
    home = tmp_path_factory.mktemp("empty")
    assert Registry(Settings(home=home)).models() == []
    return home
