import json
from dataclasses import replace

import pandas as pd
import pytest

from features.errors import StateError
from tests.unit.training.small_history import clv, history
from training import config as configs
from training.config import Boosting, ClvConfig, ModelConfig, Requirement
from training.dataset import Dataset
from training.pipelines.base import Pipeline
from training.pipelines.clv import Clv
from training.space import Between, Search, Space
from training.trials import Tuned
from training.tune import searched_metric, tune

WRONG = Boosting(rounds=4, learning_rate=0.001, num_leaves=2, min_data_in_leaf=20)
SEARCH = Search(trials=6, seconds=300, fits=2)


def clv_pipeline(config: ModelConfig) -> Pipeline:
    assert isinstance(config, ClvConfig)
    return Clv(config)


def poisoned(dataset: Dataset) -> Dataset:
    """Return the data set with a test part that cannot even be looked at."""
    return replace(dataset, test=pd.DataFrame({"poison": [object()]}))


def found(search: Search = SEARCH, boosting: Boosting = WRONG) -> Tuned:
    return tune(clv(boosting=boosting), poisoned(history()), clv_pipeline, search)


@pytest.fixture(scope="module")
def tuned() -> Tuned:
    return found()


def test_settings_that_cannot_learn_are_replaced_without_the_test(tuned: Tuned) -> None:
    assert not tuned.kept
    assert tuned.metric == "mae"
    assert tuned.chosen.error < 0.95 * tuned.before.error
    chosen = tuned.config.boosting.model_dump()
    assert chosen["learning_rate"] > WRONG.learning_rate
    untouched = {"rounds", "early_stopping", "seed", "num_threads", "monotone"}
    assert {name: chosen[name] for name in untouched} == WRONG.model_dump(include=untouched)


def test_what_is_there_comes_first_and_every_trial_is_told(tuned: Tuned) -> None:
    assert tuned.before.settings == Space().settings(WRONG)
    assert len(tuned.attempts) == 6
    assert len(tuned.tests) == 2
    assert all(len(one.errors) == 2 for one in tuned.attempts if one.finished)
    assert tuned.chosen.error == min(one.error for one in tuned.attempts if one.finished)
    page = tuned.texts()["tuning.md"]
    assert page.count("\n| ") == 2 + 6
    assert page.count("| chosen |") == 1
    told = json.loads(tuned.texts()["tuning.json"])
    assert len(told["trials"]) == 6
    assert told["search"]["space"]["num_leaves"] == {"low": 4, "high": 31, "log": True}


def test_the_same_seed_gives_the_same_choice(tuned: Tuned) -> None:
    assert found() == tuned
    assert found(SEARCH.model_copy(update={"seed": 1})).attempts != tuned.attempts


def test_the_choice_parses_as_configuration(tuned: Tuned) -> None:
    text = tuned.text().split("```toml\n[boosting]\n")[1].split("```")[0]
    lines = dict(line.split(" = ") for line in text.splitlines())
    assert float(lines["learning_rate"]) == pytest.approx(
        tuned.config.boosting.learning_rate, rel=1e-3
    )
    assert int(lines["num_leaves"]) == tuned.config.boosting.num_leaves
    again = configs.digest(tuned.config)
    assert again != configs.digest(clv(boosting=WRONG))


def test_settings_are_kept_where_no_trial_is_clearly_better() -> None:
    search = SEARCH.model_copy(update={"least_gain": 0.9, "trials": 3})
    kept = found(search)
    assert kept.kept
    assert kept.config.boosting == WRONG
    assert "settings kept after 3 trials" in kept.said()


def test_the_budget_of_time_ends_a_search_after_the_trial_it_is_in() -> None:
    assert len(found(Search(trials=50, seconds=1e-6)).attempts) == 1


def test_few_inner_tests_are_repeated_with_other_seeds() -> None:
    errors = found(Search(trials=1, fits=4)).before.errors
    assert len(errors) == 4
    assert errors[:2] != errors[2:]


def test_progress_rises_to_the_end() -> None:
    shares: list[float] = []
    tune(
        clv(),
        history(),
        clv_pipeline,
        Search(trials=2, fits=2),
        progress=shares.append,
    )
    assert shares == sorted(shares)
    assert shares[-1] == 1.0


def test_the_space_holds_the_settings_there_are() -> None:
    space = Space().around(WRONG)
    for name, bounds in space:
        assert bounds.low <= getattr(WRONG, name) <= bounds.high
    with pytest.raises(ValueError, match="nothing to search"):
        Between(low=1, high=1)


@pytest.mark.parametrize("model", configs.models())
def test_every_packaged_model_names_an_error_to_lower(model: str) -> None:
    assert searched_metric(configs.load(model)) in {"log_loss", "mae", "pinball"}


def test_a_gate_without_an_error_cannot_be_searched() -> None:
    with pytest.raises(StateError, match="no error to lower"):
        searched_metric(clv(gate=(Requirement(metric="auc", beats_baselines_by=0.0),)))
