from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from features.errors import CutoffError, InputError, TableMissingError
from features.lake.lake import Lake
from features.settings import Settings as FeatureSettings
from features.store import Store
from models_registry.registry import Registry
from models_registry.rungs import Shortage
from models_registry.settings import Settings
from training import config
from training.config import Boosting, Requirement
from training.train import names, plan_features, train

EASY = (Requirement(metric="auc", at_least=0.5),)
IMPOSSIBLE = (Requirement(metric="auc", at_least=1.1),)


@pytest.fixture
def registry(tmp_path: Path) -> Registry:
    return Registry(Settings(home=tmp_path, tracking_uri=""))


@pytest.fixture
def small() -> Iterator[config.ModelConfig]:
    loaded = config.load("churn_28d")
    alone = {"family": "", "boosting": Boosting(rounds=15), "gate": EASY}
    return loaded.model_copy(update=alone)


def test_a_run_is_logged_promoted_once_and_reused_until_something_changes(
    shop_lake: Lake, shop_store: Store, registry: Registry, small: config.ModelConfig
) -> None:
    shares: list[float] = []
    first = train("churn_28d", shop_lake, shop_store, registry, shares.append, config=small)
    assert first.promoted
    assert not first.reused
    assert shares == sorted(shares)
    assert shares[-1] == 1.0
    champion = registry.champion("churn_28d")
    assert champion.meta.version == first.version
    assert registry.versions("churn_28d")[0].metrics["auc"] == first.metrics["auc"]

    again = train("churn_28d", shop_lake, shop_store, registry, config=small)
    assert again.reused
    assert again.promoted
    assert (again.version, again.metrics) == (first.version, first.metrics)
    assert again.baselines == first.baselines
    assert again.gate_reasons == first.gate_reasons

    fresh = train("churn_28d", shop_lake, shop_store, registry, config=small, fresh=True)
    assert not fresh.reused
    assert fresh.metrics == first.metrics

    picky = small.model_copy(update={"gate": IMPOSSIBLE})
    worse = train("churn_28d", shop_lake, shop_store, registry, config=picky)
    assert not worse.promoted
    assert worse.gate_reasons[0].startswith("failed: auc")
    assert registry.champion_version("churn_28d") == fresh.version

    kept = train("churn_28d", shop_lake, shop_store, registry, config=picky)
    assert (kept.reused, kept.promoted, kept.version) == (True, False, worse.version)


def test_a_model_that_never_passed_leaves_the_place_to_a_lower_rung(
    shop_lake: Lake, shop_store: Store, registry: Registry, small: config.ModelConfig
) -> None:
    picky = small.model_copy(update={"gate": IMPOSSIBLE})
    lower = train("churn_28d", shop_lake, shop_store, registry, config=picky)
    assert lower.promoted
    assert lower.rung != "full"
    assert any("the full model is left out, as auc" in reason for reason in lower.gate_reasons)
    champion = registry.champion("churn_28d")
    assert champion.meta.rung == lower.rung
    assert champion.meta.shortage == Shortage("proof")
    again = train("churn_28d", shop_lake, shop_store, registry, config=picky)
    assert (again.reused, again.rung, again.version) == (True, lower.rung, lower.version)

    passed = train("churn_28d", shop_lake, shop_store, registry, config=small)
    assert (passed.promoted, passed.rung) == (True, "full")


def test_the_plan_holds_every_moment_training_asks_for(shop_lake: Lake) -> None:
    plan = plan_features(shop_lake, names())
    assert set(plan) == {f"{name}_v1" for name in config.models()}
    assert all(moments == sorted(set(moments)) for moments in plan.values())
    assert max(plan["churn_28d_v1"]) + timedelta(days=28) <= shop_lake.today()
    assert plan_features(shop_lake, []) == {}


def test_a_short_history_plans_nothing_and_training_says_what_is_missing(
    shop_lake: Lake, shop_store: Store, registry: Registry
) -> None:
    early = shop_lake.first_moment() + timedelta(days=110)  # 28 of warm-up and 90 are more
    assert "clv_90d_v1" not in plan_features(shop_lake, ["clv_90d"], today=early)
    with pytest.raises(CutoffError, match="Import at least"):
        train("clv_90d", shop_lake, shop_store, registry, today=early)


def test_an_empty_lake_says_which_table_is_missing(tmp_path: Path, registry: Registry) -> None:
    lake = Lake(tmp_path / "lake")
    store = Store(FeatureSettings(home=tmp_path), lake)
    assert plan_features(lake, names()) == {}
    with pytest.raises(TableMissingError):
        train("churn_28d", lake, store, registry)


def test_a_family_stands_for_its_members() -> None:
    assert names(["churn"]) == ["churn_28d", "churn_60d"]
    assert names(["clv_90d"]) == ["clv_90d"]
    assert names() == config.models()
    with pytest.raises(InputError, match="churn_60d"):
        names(["weather"])
