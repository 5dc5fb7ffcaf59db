"""What a training leaves for people to read: whole, repeatable, and about nobody in particular."""

import re
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from features.errors import StateError
from features.lake.lake import Lake
from features.store import Store
from models_registry.registry import Registry
from models_registry.settings import Settings
from shuke.cli import main
from tests.synthetic import Shop
from tests.unit.models_registry.small_bundles import value
from training import config
from training.cards.card import Card
from training.cards.groups import GROUPS
from training.config import Boosting, ModelConfig, Requirement
from training.train import train

SMALL = Boosting(rounds=15, min_data_in_leaf=30, learning_rate=0.3, num_leaves=6)
EASY = {
    "churn_28d": Requirement(metric="auc", at_least=0.5),
    "clv_90d": Requirement(metric="mae", at_most=1e6),
    "lead_score": Requirement(metric="auc", at_least=0.5),
    "next_purchase": Requirement(metric="mae", at_most=90),
}
Shuke = Callable[..., tuple[int, str]]
MODELS = ("churn_28d", "clv_90d", "lead_score", "next_purchase")


def small(model: str, rounds: int = 15) -> ModelConfig:
    boosting = SMALL.model_copy(update={"rounds": rounds})
    changed = {
        "family": "",
        "gate": (EASY[model],),
        "boosting": boosting,
        "category_boosting": boosting,
        "category_cutoffs": 2,
    }
    loaded = config.load(model)
    return loaded.model_copy(update={k: v for k, v in changed.items() if hasattr(loaded, k)})


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("cards")


@pytest.fixture(scope="module")
def registry(home: Path, shop_lake: Lake, shop_store: Store) -> Registry:
    """One version of each model, and a second one of the first."""
    registry = Registry(Settings(home=home, tracking_uri=""))
    for model in MODELS:
        train(model, shop_lake, shop_store, registry, config=small(model))
    train("churn_28d", shop_lake, shop_store, registry, config=small("churn_28d", rounds=4))
    return registry


@pytest.fixture
def shuke(home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Shuke:
    monkeypatch.setenv("SHUKE_HOME", str(home))
    monkeypatch.setenv("COLUMNS", "200")

    def run(*arguments: str) -> tuple[int, str]:
        monkeypatch.setattr(sys, "argv", ["shuke", *arguments])
        with pytest.raises(SystemExit) as ended:
            main()
        printed = capsys.readouterr()
        return int(ended.value.code or 0), printed.out + printed.err

    return run


def card_of(registry: Registry, model: str, version: str = "1") -> Card:
    return Card.from_json(registry.text(model, version, "card.json"))


@pytest.mark.parametrize("model", MODELS)
def test_a_card_tells_what_people_judge_by(registry: Registry, model: str) -> None:
    card, bundle = card_of(registry, model), registry.load(model, "1")
    logged = registry.versions(model)[-1].metrics
    assert {one.metric for one in card.metrics} == {n for n in logged if "baseline." not in n}
    for one in card.metrics:
        assert one.model.value == pytest.approx(logged[one.metric])
        assert one.model.low <= one.model.value <= one.model.high, one.metric
        for name, estimate in one.baselines.items():
            assert estimate.value == pytest.approx(logged[f"baseline.{name}.{one.metric}"])
            assert estimate.low is not None
    assert {use.feature for use in card.features} == set(bundle.meta.features)
    assert sum(use.gain for use in card.features) == pytest.approx(1)
    assert 1 <= len(card.dependence) <= 6
    assert [part.name for part in card.parts if part.name != "between"] == [
        "train",
        "valid",
        "test",
    ]
    test = card.parts[-1]
    assert test.judged == card.rows == sum(one.rows for one in card.calibration)
    assert test.people <= test.judged <= test.rows
    assert all(one.rows >= 50 for one in card.slices)
    assert card.limits
    assert card.gate
    assert card.reproduce["lake_fingerprint"]
    assert card.reproduce["fingerprint"] == bundle.meta.data_fingerprint


@pytest.mark.parametrize("model", MODELS)
def test_no_point_of_a_plot_is_one_customer(registry: Registry, model: str) -> None:
    card = card_of(registry, model)
    points = [point.rows for one in card.dependence for point in one.points]
    bins = [one.rows for one in card.calibration]
    assert points
    assert bins
    assert min(points + bins) >= GROUPS.least_people


@pytest.mark.usefixtures("registry")
def test_nothing_that_is_kept_names_a_customer_or_a_lead(home: Path, shop: Shop) -> None:
    # A lead's id ends in the customer's.
    people = set(shop.customers["customer_id"])
    assert all(lead[-6:] in people for lead in shop.leads["lead_id"])
    kept = [path for path in home.rglob("*") if path.is_file()]
    assert {"card.html", "card.md", "card.json", "meta.json", "main.txt"} <= {p.name for p in kept}
    for path in kept:
        text = path.read_bytes().decode("utf-8", "replace")
        assert not people.intersection(re.findall(r"C\d{5}", text)), path.name


def test_the_card_is_printed_or_written(registry: Registry, shuke: Shuke, tmp_path: Path) -> None:
    code, said = shuke("models", "card", "churn_28d", "--version", "1")
    assert code == 0
    assert said == registry.text("churn_28d", "1", "card.md")
    page = tmp_path / "card.html"
    code, said = shuke("models", "card", "churn_28d", "--html", str(page))
    assert code == 0
    assert page.read_text("utf-8").startswith("<!DOCTYPE html>")
    assert "version" in said


@pytest.mark.usefixtures("registry")
def test_two_versions_are_compared(shuke: Shuke) -> None:
    code, said = shuke("models", "compare", "churn_28d", "1", "2")
    assert code == 0
    assert "Both were measured on the same" in said
    assert "boosting.rounds" in said
    assert "auc" in said
    assert "They read the same features." in said
    code, said = shuke("models", "compare", "churn_28d", "1", "9")
    assert code == 2
    assert "Known: 1, 2" in said


def test_a_version_without_a_card_says_what_to_run(registry: Registry, home: Path) -> None:
    bare = Registry(Settings(home=home, tracking_uri=""))
    version = bare.log(value(), metrics={}, params={}, lineage={})
    with pytest.raises(StateError, match="shuke train clv_90d --fresh"):
        registry.text("clv_90d", version, "card.md")
