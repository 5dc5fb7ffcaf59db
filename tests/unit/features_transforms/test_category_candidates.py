"""What a customer may buy next."""

from datetime import timedelta

import numpy as np
import pandas as pd
import pytest

from features.engine import connect
from features.transforms import categories
from features.transforms.categories import ARRAYS, CandidatePolicy, customer_categories
from tests.unit.features_transforms.records import Line
from tests.unit.features_transforms.worlds import START, World, frames

Offers = dict[str, pd.DataFrame]
CUTOFF = START + timedelta(days=200)


def _line(customer: str, day: int, category: str) -> Line:
    moment = START + timedelta(days=day)
    order = f"{customer}-{day}"
    return Line(order, customer, moment, category=category)


LINES = [
    _line("a", 100, "tea"),
    _line("a", 120, "tea"),
    _line("a", 120, "milk"),
    _line("a", 190, "tea"),
    _line("a", 5, "soap"),  # older than the window
    _line("b", 199, "bread"),
    _line("b", 200, "salt"),  # at the cutoff: not known
]


def _candidates(lines: list[Line]) -> Offers:
    """Return one row per candidate, indexed by category, of each customer."""
    built = connect(1).execute(customer_categories(frames(World(lines)), [CUTOFF]))
    return {
        row["customer_id"]: pd.DataFrame({name: row[name] for name in ARRAYS}).set_index(
            "category_names"
        )
        for row in built.to_dict("records")
    }


@pytest.fixture(scope="module")
def offers() -> Offers:
    """Return the candidates that `LINES` make."""
    return _candidates(LINES)


def test_candidates_are_own_categories_and_the_favourites_of_all(offers: Offers) -> None:
    assert list(offers["a"].index) == ["bread", "milk", "tea"]
    assert list(offers["b"].index) == ["bread", "milk", "tea"]


def test_only_so_many_favourites_join_the_own_categories(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(categories, "POLICY", CandidatePolicy(popular=1))
    assert list(_candidates(LINES)["b"].index) == ["bread", "tea"]


def test_favourites_are_what_was_bought_lately_and_the_long_silent_are_offered_them() -> None:
    lines = [_line("a", 5, "soap"), _line("a", 50, "coal"), _line("b", 199, "bread")]
    offers = _candidates(lines)
    assert list(offers["a"].index) == ["bread", "coal"]
    assert list(offers["b"].index) == ["bread"]


def test_a_candidate_says_how_often_how_lately_and_at_what_interval_it_was_bought(
    offers: Offers,
) -> None:
    tea = offers["a"].loc["tea"]
    assert tea["category_baskets_180d"] == 3
    assert tea["category_days_since"] == 10
    assert tea["category_interval_days"] == pytest.approx(45)
    assert tea["category_overdue_days"] == pytest.approx(-35)
    assert tea["category_share_180d"] == 1
    # Alone, half of a basket with milk, alone.
    assert tea["category_part_180d"] == pytest.approx((1 + 1 / 2 + 1) / 3)


def test_a_favourite_never_bought_has_no_days_and_no_baskets(offers: Offers) -> None:
    bread = offers["a"].loc["bread"]
    assert np.isnan(bread["category_days_since"])
    assert np.isnan(bread["category_interval_days"])
    assert (
        bread["category_baskets_180d"]
        == bread["category_share_180d"]
        == bread["category_part_180d"]
        == 0
    )


def test_popularity_is_the_share_of_all_recent_baskets(offers: Offers) -> None:
    popularity = offers["b"]["category_popularity_90d"]
    assert popularity.to_dict() == pytest.approx({"bread": 1 / 3, "milk": 1 / 3, "tea": 2 / 3})
    part = offers["b"]["category_popular_part_90d"]
    assert part.to_dict() == pytest.approx({"bread": 1 / 3, "milk": 1 / 6, "tea": 1 / 2})


def test_at_most_so_many_candidates_stay_and_the_most_bought_come_first(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(categories, "POLICY", CandidatePolicy(at_most=1))
    assert list(_candidates(LINES)["a"].index) == ["tea"]


def test_arrays_of_a_row_have_one_length_and_the_order_of_the_names() -> None:
    built = connect(1).execute(customer_categories(frames(World(LINES)), [CUTOFF, START]))
    for row in built.to_dict("records"):
        assert len({len(row[name]) for name in ARRAYS}) == 1
        assert list(row["category_names"]) == sorted(row["category_names"])
