"""The set-based features equal those computed one customer at a time by their definitions."""

from datetime import datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.catalog import FEATURES
from tests.unit.features_transforms.histories import START, Line, fast, histories, slow

MOMENTS = st.integers(1, 370).map(lambda day: START + timedelta(days=day))
CUTOFFS = st.lists(MOMENTS | MOMENTS.map(lambda m: m + timedelta(seconds=36_000)), min_size=1)


@given(histories(), CUTOFFS)
@settings(max_examples=12, deadline=None)
def test_every_customer_and_cutoff_has_the_features_of_its_definition(
    lines: list[Line], cutoffs: list[datetime]
) -> None:
    expected = {
        (customer, cutoff): by_hand
        for customer in {line.customer_id for line in lines}
        for cutoff in set(cutoffs)
        if (by_hand := slow(lines, customer, cutoff)) is not None
    }
    built = fast(lines, cutoffs)
    assert set(built.index) == set(expected)
    for key, by_hand in expected.items():
        found = built.loc[key, list(by_hand)].to_dict()
        assert found == pytest.approx(by_hand, abs=1e-9, nan_ok=True), key


def _line(day: int, customer: str = "a", category: str | None = "tea", amount: float = 1.0) -> Line:
    moment = START + timedelta(days=day)
    return Line(
        f"{customer}{day}", customer, moment, "s1", "store", category, 1.0, amount, 0.0, 0.0
    )


def test_an_order_at_the_cutoff_itself_is_not_known() -> None:
    cutoff = START + timedelta(days=10)
    built = fast([_line(3), _line(10)], [cutoff])
    assert built.loc[("a", cutoff), "orders_total"] == 1


def test_an_order_as_old_as_the_window_still_counts_in_it() -> None:
    cutoff = START + timedelta(days=37)
    built = fast([_line(7), _line(6)], [cutoff])
    assert built.loc[("a", cutoff), "orders_30d"] == 1


def test_a_customer_without_a_purchase_before_the_cutoff_has_no_row() -> None:
    cutoff = START + timedelta(days=10)
    assert list(fast([_line(3), _line(12, "b")], [cutoff]).index) == [("a", cutoff)]


def test_what_one_purchase_cannot_tell_is_missing() -> None:
    cutoff = START + timedelta(days=10)
    row = fast([_line(3)], [cutoff]).loc[("a", cutoff)]
    assert row[["ipt_mean", "ipt_median", "ipt_std", "gap_ratio", "basket_std"]].isna().all()


def test_a_lake_without_campaigns_leaves_campaign_features_missing() -> None:
    cutoff = START + timedelta(days=10)
    row = fast([_line(3)], [cutoff]).loc[("a", cutoff)]
    names = [name for name, feature in FEATURES.items() if feature.topic == "campaigns"]
    assert row[names].isna().all()


def test_the_columns_are_exactly_the_catalogue_in_its_order_and_float64() -> None:
    built = fast([_line(3)], [START + timedelta(days=10)])
    assert list(built.columns) == list(FEATURES)
    assert set(map(str, built.dtypes)) == {"float64"}


def test_a_cutoff_given_twice_counts_once() -> None:
    cutoff = START + timedelta(days=10)
    assert len(fast([_line(3)], [cutoff, cutoff])) == 1
