"""A home with one registered churn model."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.lake.lake import Lake
from features.settings import Settings as FeatureSettings
from features.store import Store
from models_registry.registry import Registry
from models_registry.score_log import ScoreLog
from models_registry.settings import Settings as ModelSettings
from monitoring.settings import Settings
from tests.integration.monitoring.watched_home import LEARNT, SERVICE, Watched, small_bundle


@pytest.fixture(scope="session")
def learnt(journey_lake: Lake, tmp_path_factory: pytest.TempPathFactory) -> Watched:
    """Return a home with one registered model and no scores; read only."""
    home = tmp_path_factory.mktemp("watched")
    store = Store(FeatureSettings(home=home), journey_lake)
    registry = Registry(ModelSettings(home=home))
    store.build([LEARNT], service=SERVICE)
    asked = pd.DataFrame({"customer_id": store.customers(LEARNT), "as_of": LEARNT})
    bundle = small_bundle(store.history(SERVICE, asked), journey_lake, store.feature_names(SERVICE))
    version = registry.log(bundle, metrics={}, params={}, lineage={})
    return Watched(
        journey_lake,
        store,
        registry,
        ScoreLog(home / "scores"),
        Settings(home=home),
        bundle.registered(version),
    )


@pytest.fixture
def watched(learnt: Watched, tmp_path: Path) -> Watched:
    """Return the same home with an empty score log and report folder of its own."""
    return replace(
        learnt, score_log=ScoreLog(tmp_path / "scores"), settings=Settings(home=tmp_path)
    )
