"""Champions are loaded once, and exchanged when another version is promoted."""

import pytest

from models_registry.errors import BundleError, NoChampionError, UnknownModelError
from service.champions import MODELS, Champions


class Shelf:
    """A registry of one promoted version per model; a bundle is its meta alone."""

    class Meta:
        def __init__(self, version: str) -> None:
            self.version = version

    class Loaded:
        def __init__(self, version: str) -> None:
            self.meta = Shelf.Meta(version)

    def __init__(self, **versions: str) -> None:
        self.versions = versions
        self.loads: list[tuple[str, str]] = []
        self.down = False

    def champion_version(self, model: str) -> str:
        if self.down:
            raise BundleError("the registry is down")
        if model not in self.versions:
            raise UnknownModelError("never trained", where=model)
        return self.versions[model]

    def load(self, model: str, version: str) -> "Shelf.Loaded":
        self.loads.append((model, version))
        return Shelf.Loaded(version)


def test_a_champion_is_loaded_once() -> None:
    shelf = Shelf(churn_60d="1")
    champions = Champions(shelf)
    assert champions.get("churn_60d") is champions.get("churn_60d")
    assert shelf.loads == [("churn_60d", "1")]


def test_a_newly_promoted_version_takes_over() -> None:
    shelf = Shelf(churn_60d="1")
    champions = Champions(shelf, recheck_seconds=0)
    champions.get("churn_60d")
    shelf.versions["churn_60d"] = "2"
    assert champions.get("churn_60d").meta.version == "2"


def test_until_it_is_time_to_look_again_the_old_one_answers() -> None:
    shelf = Shelf(churn_60d="1")
    champions = Champions(shelf, recheck_seconds=3600)
    champions.get("churn_60d")
    shelf.versions["churn_60d"] = "2"
    assert champions.get("churn_60d").meta.version == "1"


def test_a_registry_that_is_down_does_not_take_the_champion_with_it() -> None:
    shelf = Shelf(churn_60d="1")
    champions = Champions(shelf, recheck_seconds=0)
    kept = champions.get("churn_60d")
    shelf.down = True
    assert champions.get("churn_60d") is kept


def test_a_model_never_trained_has_no_champion_and_says_how_to_get_one() -> None:
    shelf = Shelf()
    champions = Champions(shelf)
    with pytest.raises(NoChampionError) as refused:
        champions.get("churn_60d")
    assert "shuke train churn_60d" in refused.value.todo
    shelf.versions["churn_60d"] = "1"
    assert champions.get("churn_60d").meta.version == "1"


def test_a_name_that_is_no_model_is_unknown_even_to_an_empty_registry() -> None:
    with pytest.raises(UnknownModelError):
        Champions(Shelf()).get("../../etc")


def test_loading_all_names_the_missing() -> None:
    missing = Champions(Shelf(churn_60d="1", clv_90d="4")).load_all()
    assert set(missing) == set(MODELS) - {"churn_60d", "clv_90d"}
