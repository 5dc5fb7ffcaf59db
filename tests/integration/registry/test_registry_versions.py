import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from models_registry.bundle import Bundle
from models_registry.errors import (
    BundleError,
    NoChampionError,
    NoPreviousChampionError,
    UnknownModelError,
)
from models_registry.registry import Registry
from models_registry.settings import Settings
from tests.unit.models_registry.small_bundles import churn, customers, next_purchase, value


@pytest.fixture
def home(empty_home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    """Return a fresh home, with an empty folder as the current one that must stay empty."""
    shutil.copytree(empty_home, tmp_path / "home")
    current = tmp_path / "current"
    current.mkdir()
    monkeypatch.chdir(current)
    yield tmp_path / "home"
    assert list(current.iterdir()) == []


@pytest.fixture
def registry(home: Path) -> Registry:
    return Registry(Settings(home=home))


def logged(registry: Registry, bundle: Bundle, auc: float = 0.8) -> str:
    return registry.log(
        bundle,
        metrics={"auc": auc, "not_measured": float("nan")},
        params={"num_leaves": 7, "objective": "binary"},
        lineage={"data_fingerprint": bundle.meta.data_fingerprint},
        texts={"gate.md": "passed: 下一步", "config.toml": "rounds = 20"},
    )


def test_a_logged_and_promoted_bundle_comes_back_with_its_version(registry: Registry):
    version = logged(registry, next_purchase())
    registry.promote("next_purchase", version, "first one")
    champion = registry.champion("next_purchase")
    assert version == "1"
    assert champion.meta == replace(next_purchase().meta, version="1")
    expected = next_purchase().predict(customers())
    pd.testing.assert_frame_equal(champion.predict(customers()), expected, check_exact=True)


def test_versions_are_listed_newest_first_with_their_metrics(registry: Registry):
    logged(registry, churn(), auc=0.7)
    logged(registry, churn(), auc=0.8)
    logged(registry, value())
    registry.promote("churn_28d", "1", "it was the first")
    newest, oldest = registry.versions("churn_28d")
    assert (newest.version, newest.metrics["auc"], newest.is_champion) == ("2", 0.8, False)
    assert (oldest.version, oldest.metrics["auc"], oldest.is_champion) == ("1", 0.7, True)
    assert oldest.created_at <= newest.created_at
    assert registry.models() == ["churn_28d", "clv_90d"]


def test_rolling_back_goes_one_champion_back_each_time_and_then_refuses(registry: Registry):
    for _ in range(3):
        registry.promote("churn_28d", logged(registry, churn()), "better")
    assert registry.rollback("churn_28d") == {"churn_28d": "2"}
    assert registry.champion("churn_28d").meta.version == "2"
    assert registry.rollback("churn_28d") == {"churn_28d": "1"}
    with pytest.raises(NoPreviousChampionError, match="promote"):
        registry.rollback("churn_28d")
    assert registry.champion_version("churn_28d") == "1"


def test_promoting_the_champion_again_does_not_lose_the_one_before(registry: Registry):
    for _ in range(2):
        registry.promote("churn_28d", logged(registry, churn()), "better")
    registry.promote("churn_28d", "2", "still the best")
    assert registry.rollback("churn_28d") == {"churn_28d": "1"}


def test_a_model_without_a_champion_says_what_to_run(registry: Registry):
    logged(registry, churn())
    with pytest.raises(NoChampionError, match="shuke train churn_28d"):
        registry.champion("churn_28d")
    with pytest.raises(NoChampionError):
        registry.rollback("churn_28d")


def test_an_unknown_model_or_version_names_the_known_ones(registry: Registry):
    logged(registry, churn())
    with pytest.raises(UnknownModelError, match="churn_28d"):
        registry.champion("churn")
    with pytest.raises(UnknownModelError, match="Known: 1"):
        registry.promote("churn_28d", "9", "a typing error")
    with pytest.raises(UnknownModelError):
        registry.load("churn_28d", "9")
    with pytest.raises(UnknownModelError):
        registry.load("../churn_28d", "1")


def test_a_champion_is_cached_once_and_a_damaged_copy_is_fetched_again(
    registry: Registry, home: Path
):
    registry.promote("churn_28d", logged(registry, churn()), "first")
    registry.champion("churn_28d")
    copy = home / "models" / "churn_28d" / "1" / "main.txt"
    whole = copy.read_bytes()
    shutil.move(home / "mlflow", home / "elsewhere")
    assert Registry(Settings(home=home)).load("churn_28d", "1").meta.version == "1"
    shutil.rmtree(home / "mlflow", ignore_errors=True)
    shutil.move(home / "elsewhere", home / "mlflow")
    copy.write_bytes(whole[:100])
    assert registry.champion("churn_28d").meta.version == "1"
    assert copy.read_bytes() == whole


def test_a_damaged_original_is_refused_by_name(registry: Registry, home: Path):
    registry.promote("churn_28d", logged(registry, churn()), "first")
    (original,) = (home / "mlflow" / "artifacts").rglob("bundle/main.txt")
    original.write_text(original.read_text()[:100])
    with pytest.raises(BundleError, match=r"main\.txt"):
        registry.champion("churn_28d")


def test_a_data_scientist_can_load_the_booster_with_pickle_forbidden(
    registry: Registry, home: Path, monkeypatch: pytest.MonkeyPatch
):
    logged(registry, churn())
    monkeypatch.setenv("MLFLOW_ALLOW_PICKLE_DESERIALIZATION", "false")
    import mlflow.lightgbm

    (folder,) = (home / "mlflow" / "artifacts").rglob("booster")
    booster = mlflow.lightgbm.load_model(str(folder))
    x = churn().matrix(customers())
    np.testing.assert_array_equal(booster.predict(x), churn().boosters["main"].predict(x))
    kinds = {path.suffix for path in folder.iterdir()}
    assert not kinds & {".pkl", ".pickle", ".cloudpickle"}


def test_the_reports_and_the_lineage_are_kept_with_the_run(registry: Registry, home: Path):
    logged(registry, churn())
    (gate,) = (home / "mlflow" / "artifacts").rglob("gate.md")
    assert gate.read_text(encoding="utf-8") == "passed: 下一步"
    (run,) = registry._mlflow.search_runs([registry._experiment("churn_28d")])
    assert run.data.tags["data_fingerprint"] == "synthetic"
    assert run.data.params["num_leaves"] == "7"
    assert run.info.status == "FINISHED"


def test_a_log_that_fails_leaves_no_version(registry: Registry):
    broken = Bundle(replace(churn().meta, typical={"recency_days": float("nan")}), churn().boosters)
    with pytest.raises(BundleError):
        logged(registry, broken)
    assert registry.models() == []
    (run,) = registry._mlflow.search_runs([registry._experiment("churn_28d")])
    assert run.info.status == "FAILED"


def test_nothing_is_opened_before_the_first_call(tmp_path: Path):
    Registry(Settings(home=tmp_path / "home"))
    assert list(tmp_path.iterdir()) == []


def test_the_first_opening_says_nothing(empty_home: Path, capfd: pytest.CaptureFixture[str]):
    fresh = empty_home.parent / "fresh"
    assert Registry(Settings(home=fresh)).models() == []
    assert capfd.readouterr() == ("", "")
