"""What moved between two judgements of one version: exact, and in words."""

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from models_registry.bundle import Bundle
from models_registry.moves import movements, say_moved
from models_registry.reasons import ReasonPolicy
from tests.unit.models_registry.small_bundles import (
    HORIZON,
    SOURCES,
    churn,
    customers,
    next_purchase,
    value,
)

ALL = pytest.mark.parametrize(
    "bundle", [churn(), next_purchase(), value()], ids=lambda b: b.meta.model
)
EVERYTHING = ReasonPolicy(min_share=0.0)

number = st.none() | st.floats(0, 200)
ROWS = st.fixed_dictionaries(
    {
        "recency_days": number,
        "ipt_median": number,
        "active_days": st.floats(3, 100),
        "lead_source": st.none() | st.sampled_from([*SOURCES, "never seen"]),
    }
)


@ALL
@given(before=ROWS, after=ROWS, top_k=st.integers(1, 4))
@settings(max_examples=40, deadline=None, database=None)
def test_before_and_moves_and_rest_make_after(
    bundle: Bundle, before: dict, after: dict, top_k: int
) -> None:
    [found] = movements(bundle, pd.DataFrame([before]), pd.DataFrame([after]), top_k)
    moved = sum(move.contribution for move in found.moves)
    assert found.margin_before + moved + found.rest == pytest.approx(found.margin_after, abs=1e-9)
    assert 0 <= found.unexplained <= 1
    sizes = [abs(move.contribution) for move in found.moves]
    assert sizes == sorted(sizes, reverse=True)
    assert len(sizes) <= top_k
    if before == after:
        assert (found.moves, found.rest, found.unexplained) == ((), 0.0, 0.0)


@pytest.mark.parametrize("bundle", [churn(), value()], ids=lambda b: b.meta.model)
def test_margins_are_those_of_the_answers_and_all_moves_leave_nothing(bundle: Bundle) -> None:
    before, after = customers(12, seed=1), customers(12, seed=2)
    found = movements(bundle, before, after, 4, policy=EVERYTHING)
    for side, margins in ((before, "margin_before"), (after, "margin_after")):
        assert [getattr(one, margins) for one in found] == pytest.approx(
            bundle.answers(side).margin.tolist()
        )
    for one in found:
        assert one.rest == pytest.approx(0, abs=1e-9)
        assert one.unexplained == pytest.approx(0, abs=1e-9)


def test_a_model_of_days_asks_both_sides_about_the_same_days() -> None:
    bundle = next_purchase()
    before, after = (customers(40, seed).assign(active_days=9.0) for seed in (1, 2))
    was, now = bundle.answers(before).value, bundle.answers(after).value
    found = movements(bundle, before, after, 4, policy=EVERYTHING)
    # By the day half of those like the first have bought again, fewer of the others have.
    rose = np.array([one.margin_after > one.margin_before for one in found])
    clear = (np.abs(now - was) > 1) & (was < HORIZON)  # no day lies beyond the horizon
    assert 0 < (now > was)[clear].sum() < clear.sum()
    assert rose[clear].tolist() == (now > was)[clear].tolist()


def test_what_is_not_named_has_its_share() -> None:
    before, after = customers(30, seed=1), customers(30, seed=2)
    few = movements(churn(), before, after, 1, policy=EVERYTHING)
    every = movements(churn(), before, after, 4, policy=EVERYTHING)
    for one, all_ in zip(few, every, strict=True):
        total = sum(abs(move.contribution) for move in all_.moves)
        assert one.moves == all_.moves[:1]
        assert one.unexplained == pytest.approx(1 - abs(one.moves[0].contribution) / total)


def test_a_move_says_from_what_to_what_and_which_way_it_pushes() -> None:
    before = customers().iloc[[0]].assign(recency_days=12.0, ipt_median=9.0, active_days=9.0)
    after = before.assign(recency_days=90.0)
    texts = {
        lang: movements(churn(), before, after, 1, lang)[0].moves[0].text
        for lang in ("en", "zh-CN")
    }
    assert texts == {
        "en": "days since last purchase rose from 12 to 90 (usually 9): raises churn_28d",
        "zh-CN": "距上次购买天数从 12 升至 90（通常为 9）：使 churn_28d 升高",
    }


@pytest.mark.parametrize(
    ("name", "before", "after", "en", "zh"),
    [
        ("spend_30d", 84.2, 0.0, "spend, 30 days fell from 84.20 to 0.00", "从 84.20 降至 0.00"),
        (
            "recency_days",
            12.1,
            12.3,
            "days since last purchase still 12, which weighs differently beside the rest",
            "仍为 12",
        ),
        ("nps_last", None, 9.0, " was not known, is 9.0", "由未知变为 9.0"),
        ("nps_last", 9.0, None, " was 9.0, is not known any more", "由 9.0 变为未知"),
        ("nps_last", None, None, "still not known", "仍未知"),
        ("lead_source", "shop", "web", "Source was shop, is web", "来源由 shop 变为 web"),
        ("attr_visits", 2.0, 12.5, "Visits rose from 2 to 12.5", "Visits从 2 升至 12.5"),
    ],
)
def test_every_way_to_move_has_words(
    name: str, before: object, after: object, en: str, zh: str
) -> None:
    assert en in say_moved(name, before, after, None, "en")
    assert zh in say_moved(name, before, after, None, "zh-CN")
