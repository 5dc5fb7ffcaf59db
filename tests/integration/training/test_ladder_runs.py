"""The ladder end to end on simulated shops."""

from pathlib import Path

import pytest

from features.lake.lake import Lake
from features.settings import Settings as FeatureSettings
from features.store import Store
from models_registry.registry import Registry
from models_registry.settings import Settings
from tests.synthetic import ShopConfig, fill, simulate
from training import config as configs
from training.climb import Climb
from training.dataset import Context
from training.ladder import Ladder
from training.train import pipeline_of


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Context:
    """Return a shop of 150 customers and eleven months."""
    home = tmp_path_factory.mktemp("small")
    lake = Lake(home / "lake", threads=1)
    fill(lake, simulate(ShopConfig(customers=150, days=330)))
    return Context(lake, Store(FeatureSettings(home=home), lake), lake.today())


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(Settings(home=tmp_path, tracking_uri=""))


def test_a_small_shop_stands_on_the_pooled_rung(small: Context, registry: Registry) -> None:
    config = configs.load("churn_28d")
    assert not isinstance(config, configs.LeadConfig)
    alone = Climb("churn_28d", small, registry, pipeline_of)
    (found,) = alone.measure([config], lambda _: None)
    meta = found.bundle.meta
    assert meta.rung == "pooled"
    assert meta.shortage is not None
    assert (meta.shortage.unit, meta.shortage.need) == ("customers", 300)
    assert set(meta.features) <= set(config.pooled.features)
    assert found.verdict.passed
    assert "the full model needs 300; a small model answers" in found.verdict.reasons[1]


def test_whoever_cannot_prove_anything_goes_down_to_the_rule(
    small: Context, registry: Registry
) -> None:
    config = configs.load("churn_28d")
    shy = Climb("churn_28d", small, registry, pipeline_of, Ladder(level=1 - 1e-9))
    (found,) = shy.measure([config], lambda _: None)
    assert found.bundle.meta.rung == "rule"
    assert found.verdict.reasons[0].startswith("passed: too little history in this shop")
    assert any("the pooled model is left out" in reason for reason in found.verdict.reasons)
    assert found.evaluation.rows > 0
