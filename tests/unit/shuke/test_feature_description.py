import math

import pandas as pd
import pytest

from features.description import DescriptionPolicy, described
from shuke.describe import WIDTH, drawn

ALL = DescriptionPolicy(bars=2, trimmed=0.0)


def test_a_description_tells_missing_values_from_others() -> None:
    found = described(pd.Series([1.0, 2.0, 3.0, math.nan]), ALL)
    assert (found.customers, found.missing, found.median) == (4, 1, 2.0)
    assert found.quantiles[0.0] == 1.0
    assert found.quantiles[1.0] == 3.0


def test_every_customer_with_a_value_is_in_one_bar() -> None:
    found = described(pd.Series([0.0, 1.0, 2.0, 4.0]), ALL)
    assert [(bar.low, bar.high, bar.count) for bar in found.bars] == [(0, 2, 2), (2, 4, 2)]


def test_the_outermost_customers_do_not_stretch_the_bars() -> None:
    values = pd.Series([float(n) for n in range(200)] + [1e9])
    assert described(values).bars[-1].high < 1e6


def test_one_value_is_one_bar() -> None:
    assert [bar.count for bar in described(pd.Series([3.0, 3.0])).bars] == [2]


def test_nothing_known_has_no_bars() -> None:
    found = described(pd.Series([math.nan]))
    assert found.bars == ()
    assert math.isnan(found.median)


@pytest.mark.parametrize(
    ("count", "bar"), [(0, ""), (16, "█" * WIDTH), (8, "█" * (WIDTH // 2)), (1, "██▌")]
)
def test_bars_are_drawn_to_an_eighth(count: int, bar: str) -> None:
    assert drawn(count, 16) == bar
