"""What is in baskets, where it stands, and what promotion does to it."""

import math
from datetime import timedelta
from typing import Any

import pytest

from tests.unit.features_transforms.comparing import row_of
from tests.unit.features_transforms.records import Line, Product
from tests.unit.features_transforms.worlds import START, World

CUTOFF = START + timedelta(days=300)
PRODUCTS = [
    Product("p1", "tea", "GROCERY", "National"),
    Product("p2", "tea", "GROCERY", "Private"),
    Product("p3", "tea", "DRUG", "National"),
    Product("p4", "soap", "DRUG", "private"),
    Product("p5", "milk", "GROCERY", None),
]


def _line(order: str, days: float, **more: Any) -> Line:
    return Line(order, "a", CUTOFF - timedelta(days=days), **more)


def _row(*lines: Line, products: list[Product] | None = PRODUCTS) -> dict[str, float]:
    return row_of(World(lines, products), CUTOFF)


def test_spend_is_told_by_the_line() -> None:
    row = _row(_line("1", 9, net_amount=6.0), _line("1", 9), _line("2", 8, net_amount=2.0))
    assert row["spend_per_line_90d"] == 3.0


def test_a_category_is_bought_again_by_another_basket_not_by_another_line() -> None:
    row = _row(
        _line("1", 9), _line("1", 9), _line("1", 9, category="soap"), _line("2", 8, category="soap")
    )
    assert row["repeat_category_share_90d"] == 0.5


def test_a_category_stands_in_the_department_of_most_of_its_products() -> None:
    row = _row(_line("1", 9), _line("1", 9, category="milk"), _line("1", 9, category="soap"))
    assert row["departments_90d"] == 2
    assert row["top_department_share_90d"] == pytest.approx(2 / 3)


def test_a_category_without_a_department_is_left_out() -> None:
    row = _row(_line("1", 9), _line("1", 9, category="books"))
    assert (row["departments_90d"], row["top_department_share_90d"]) == (1, 1)
    assert math.isnan(_row(_line("1", 9, category="books"))["departments_90d"])


def test_own_brands_are_a_share_of_all_lines() -> None:
    lines = [_line("1", 9, product_id=name) for name in ("p1", "p2", "p4", "p5", "p9", None)]
    assert _row(*lines)["own_brand_share_90d"] == pytest.approx(2 / 6)


def test_a_lake_without_products_knows_no_departments_and_no_brands() -> None:
    row = _row(_line("1", 9), products=None)
    names = ("departments_90d", "top_department_share_90d", "own_brand_share_90d")
    assert all(math.isnan(row[name]) for name in names)


def test_discounts_are_told_of_discounted_baskets_alone() -> None:
    row = _row(
        _line("1", 9, net_amount=6.0, discount_amount=2.0),
        _line("2", 8, net_amount=4.0),
        _line("3", 7, net_amount=0.0),
    )
    assert row["discount_depth_90d"] == 0.25
    assert row["discounted_basket_ratio_90d"] == 3.0


def test_without_discounts_there_is_nothing_to_compare() -> None:
    row = _row(_line("1", 9))
    assert math.isnan(row["discount_depth_90d"])
    assert math.isnan(row["discounted_basket_ratio_90d"])


def test_a_shop_is_new_when_its_first_purchase_is() -> None:
    row = _row(
        _line("1", 91), _line("2", 9), _line("3", 90, store_id="s2"), _line("4", 8, store_id=None)
    )
    assert row["new_stores_90d"] == 1
