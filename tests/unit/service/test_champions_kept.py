"""Champions are loaded once, and exchanged when others are promoted."""

import time

import pytest

from models_registry.errors import BundleError, NoChampionError, UnknownModelError
from models_registry.families import Named, Standing, torn
from service.champions import MODELS, Champions, following

FAMILY = ("churn_28d", "churn_60d", "next_purchase")


class Shelf:
    """A registry of one promoted version per model; a bundle is its meta alone."""

    class Meta:
        def __init__(self, version: str) -> None:
            self.version = version

    class Loaded:
        def __init__(self, version: str) -> None:
            self.meta = Shelf.Meta(version)

    def __init__(self, **versions: str) -> None:
        self.names = {model: Named(version) for model, version in versions.items()}
        self.challengers: dict[str, Named] = {}
        self.every: dict[str, dict[str, str]] = {}
        self.loads: list[tuple[str, str]] = []
        self.broken: set[tuple[str, str]] = set()
        self.down = False
        self.written: int | None = None
        self.read = 0

    def promote(self, version: str, family: str, *models: str) -> None:
        for model in models:
            self.every.setdefault(model, {})[version] = family
            self.names[model] = Named(version, family)

    def standing(self) -> Standing:
        if self.down:
            raise ConnectionError("the registry is down")
        self.read += 1
        return Standing(dict(self.names), self.challengers, torn(self.names, self.every))

    def stamp(self) -> int | None:
        return self.written

    def load(self, model: str, version: str) -> "Shelf.Loaded":
        if (model, version) in self.broken:
            raise BundleError("damaged")
        self.loads.append((model, version))
        return Shelf.Loaded(version)


def served(champions: Champions, *models: str) -> list[str]:
    return [champions.get(model).meta.version for model in models]


def test_a_champion_is_loaded_once() -> None:
    shelf = Shelf(churn_60d="1")
    champions = Champions(shelf)
    assert champions.get("churn_60d") is champions.get("churn_60d")
    champions.refresh()
    assert shelf.loads == [("churn_60d", "1")]


def test_a_newly_promoted_version_takes_over_at_the_next_look() -> None:
    shelf = Shelf(churn_60d="1")
    champions = Champions(shelf)
    champions.get("churn_60d")
    shelf.names["churn_60d"] = Named("2")
    assert served(champions, "churn_60d") == ["1"]
    champions.refresh()
    assert served(champions, "churn_60d") == ["2"]


def test_a_registry_that_was_not_written_is_not_read() -> None:
    shelf = Shelf(churn_60d="1")
    shelf.written = 7
    champions = Champions(shelf)
    champions.get("churn_60d")
    for _ in range(5):
        champions.refresh()
    assert shelf.read == 1
    shelf.written = 8
    champions.refresh()
    assert shelf.read == 2


def test_a_registry_that_is_down_does_not_take_the_champion_with_it() -> None:
    shelf = Shelf(churn_60d="1")
    champions = Champions(shelf)
    kept = champions.get("churn_60d")
    shelf.down = True
    champions.refresh()
    assert champions.get("churn_60d") is kept


def test_a_version_that_cannot_be_loaded_is_tried_again_while_the_old_answers() -> None:
    shelf = Shelf(churn_60d="1", clv_90d="1")
    shelf.written = 1
    champions = Champions(shelf)
    champions.load_all()
    shelf.names |= {"churn_60d": Named("2"), "clv_90d": Named("2")}
    shelf.written, shelf.broken = 2, {("churn_60d", "2")}
    champions.refresh()
    assert served(champions, "churn_60d", "clv_90d") == ["1", "2"]
    shelf.broken.clear()
    champions.refresh()
    assert served(champions, "churn_60d") == ["2"]


def test_a_family_is_exchanged_together_or_not_at_all() -> None:
    shelf = Shelf()
    shelf.promote("1", "a", *FAMILY)
    champions = Champions(shelf)
    champions.get("churn_28d")
    for model in FAMILY:
        shelf.every[model]["2"] = "b"
    shelf.promote("2", "b", "churn_28d", "churn_60d")
    champions.refresh()
    assert served(champions, *FAMILY) == ["1", "1", "1"]
    shelf.promote("2", "b", "next_purchase")
    shelf.broken = {("churn_60d", "2")}
    champions.refresh()
    assert served(champions, *FAMILY) == ["1", "1", "1"]
    shelf.broken.clear()
    champions.refresh()
    assert served(champions, *FAMILY) == ["2", "2", "2"]


def test_all_champions_of_a_customer_are_of_one_moment() -> None:
    shelf = Shelf(churn_60d="1", clv_90d="4", lead_score="1")
    champions = Champions(shelf)
    one = champions.of_customers()
    shelf.names["clv_90d"] = Named("5")
    champions.refresh()
    assert {model: bundle.meta.version for model, bundle in one.items()} == {
        "churn_60d": "1",
        "clv_90d": "4",
    }


def test_a_challenger_is_told_unless_it_is_the_champion() -> None:
    shelf = Shelf(churn_60d="1", clv_90d="2")
    shelf.challengers = {"churn_60d": Named("3"), "clv_90d": Named("2")}
    champions = Champions(shelf)
    champions.load_all()
    assert champions.challenger("churn_60d") == "3"
    assert champions.challenger("clv_90d") is None
    assert champions.challenger("next_purchase") is None


def test_followed_champions_are_exchanged_without_being_asked() -> None:
    shelf = Shelf(churn_60d="1")
    champions = Champions(shelf)
    champions.get("churn_60d")
    with following(champions, every_seconds=0.01):
        shelf.names["churn_60d"] = Named("2")
        for _ in range(1000):
            if served(champions, "churn_60d") == ["2"]:
                break
            time.sleep(0.01)
    assert served(champions, "churn_60d") == ["2"]


def test_a_model_never_trained_has_no_champion_and_says_how_to_get_one() -> None:
    shelf = Shelf()
    champions = Champions(shelf)
    with pytest.raises(NoChampionError) as refused:
        champions.get("churn_60d")
    assert "shuke train churn_60d" in refused.value.todo
    shelf.names["churn_60d"] = Named("1")
    assert served(champions, "churn_60d") == ["1"]


def test_a_name_that_is_no_model_is_unknown_even_to_an_empty_registry() -> None:
    with pytest.raises(UnknownModelError):
        Champions(Shelf()).get("../../etc")


def test_loading_all_names_the_missing() -> None:
    missing = Champions(Shelf(churn_60d="1", clv_90d="4")).load_all()
    assert set(missing) == set(MODELS) - {"churn_60d", "clv_90d"}
