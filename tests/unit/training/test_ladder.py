"""Which rung the data allow: stated minima, and what a fitted model has to prove."""

from typing import get_args

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models_registry.meta import Kind
from models_registry.rungs import Shortage, Unit
from models_registry.score import Lang
from training import config as configs
from training.ladder import (
    DOWN,
    Facts,
    allowed,
    days_needed,
    facts_of,
    minimum,
    on_short_history,
    shrunk,
)
from training.proof import gain, measurable

CHURN = configs.load("churn_28d")
EVERY = [configs.load(model) for model in configs.models()]
counts = st.integers(0, 2_000)


@given(counts, counts, counts, counts)
def test_more_data_never_gives_a_lower_rung(
    persons: int, outcomes: int, more: int, further: int
) -> None:
    few = Facts("customers", persons, outcomes)
    many = Facts("customers", persons + more, outcomes + further)
    for config in EVERY:
        assert DOWN.index(allowed(config, many)) <= DOWN.index(allowed(config, few))


@pytest.mark.parametrize("model", configs.models())
def test_a_lower_rung_asks_for_less(model: str) -> None:
    config = configs.load(model)
    full, pooled, rule = (minimum(config, rung) for rung in DOWN)
    assert full.persons > pooled.persons > rule.persons == 0
    assert full.outcomes > pooled.outcomes > rule.outcomes == 0
    assert allowed(config, Facts("customers", 0, 0)) == "rule"


def test_what_lacks_is_told_with_its_numbers() -> None:
    needed = minimum(CHURN, "full")
    assert needed.lacks(Facts("customers", needed.persons, needed.outcomes)) is None
    few = Facts("customers", needed.persons - 1, 0)
    assert needed.lacks(few) == Shortage("customers", needed.persons - 1, needed.persons)
    rare = Facts("leads", needed.persons, needed.outcomes - 1)
    assert needed.lacks(rare) == Shortage("outcomes", needed.outcomes - 1, needed.outcomes)


@pytest.mark.parametrize("lang", get_args(Lang))
@pytest.mark.parametrize("unit", get_args(Unit))
def test_every_shortage_has_a_sentence_in_both_languages(unit: Unit, lang: Lang) -> None:
    said = {rung: Shortage(unit, 58, 1_167).said(rung, lang) for rung in DOWN}
    assert len(set(said.values())) == len(DOWN)
    for text in said.values():
        assert ("58" in text and "1,167" in text) == (unit != "proof")
        assert any("\u4e00" <= letter <= "\u9fff" for letter in text) == (lang == "zh-CN")


def test_persons_are_counted_and_not_rows() -> None:
    who = pd.Series(["a", "a", "a", "b", "c"])
    rows = pd.DataFrame({"customer_id": who})
    happened = np.array([1.0, 1.0, 1.0, 0.0, 0.0])
    assert facts_of(rows, who, happened, "probability") == Facts("customers", 3, 1)
    assert facts_of(rows, who, happened, "amount") == Facts("customers", 3, 3)
    assert facts_of(rows.assign(lead_id=who), who, happened, "days").unit == "leads"


def test_a_lower_rung_needs_less_history_and_grows_smaller_trees() -> None:
    short = on_short_history(CHURN)
    assert not isinstance(short, configs.LeadConfig)
    assert not isinstance(CHURN, configs.LeadConfig)
    assert days_needed(short.windows) < days_needed(CHURN.windows)
    few, many = (shrunk(CHURN, rows).boosting for rows in (100, 10_000))
    assert few.num_leaves < CHURN.boosting.num_leaves
    assert few.min_data_in_leaf < many.min_data_in_leaf
    assert few.lambda_l2 > CHURN.boosting.lambda_l2
    assert few.monotone.items() >= CHURN.boosting.monotone.items()


def _gained(better_by: float, customers: int, kind: Kind = "amount") -> bool:
    rng = np.random.default_rng(5)
    happened = rng.exponential(10.0, customers)
    noise = rng.normal(0.0, 4.0, customers)
    who = pd.Series([f"c{n}" for n in range(customers)])
    by_rule = happened + noise + np.sign(noise) * better_by
    by_model = happened + rng.permutation(noise)
    return gain(who, happened, by_model, by_rule, kind, 0.8).verdict().passed


@pytest.mark.parametrize("kind", ["amount", "days"])
def test_a_tie_is_the_rules_and_a_clear_gain_the_models(kind: Kind) -> None:
    assert not _gained(0.0, 200, kind)
    assert _gained(2.0, 200, kind)
    assert not _gained(-2.0, 200, kind)


def test_of_few_customers_more_is_asked() -> None:
    assert not _gained(0.3, 12)
    assert _gained(0.3, 4_000)


def test_one_outcome_alone_tells_nothing_of_a_probability() -> None:
    same, both = np.zeros(5), np.array([0.0, 1.0])
    assert not measurable(same, "probability")
    assert measurable(both, "probability")
    assert measurable(same, "amount")
    assert not measurable(both[:0], "days")
