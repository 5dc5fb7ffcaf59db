"""What is summed must not depend on the order in which an engine happens to add it."""

from random import Random

import ibis
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.engine import connect
from features.transforms.formulas import summable

prices = st.lists(st.integers(-99_999, 99_999).map(lambda cents: cents / 100), min_size=2)


def summed(amounts: list[float]) -> float:
    """Return the sum as the engine adds the rows from first to last."""
    rows = ibis.memtable(pd.DataFrame({"amount": amounts}))
    return float(connect(threads=1).execute(summable(rows.amount).sum()))


@given(prices, st.randoms(use_true_random=False))
@settings(max_examples=25, deadline=None)
def test_a_sum_is_the_same_to_the_last_bit_in_any_order(
    amounts: list[float], random: Random
) -> None:
    others = list(amounts)
    random.shuffle(others)
    assert summed(others) == summed(amounts) == pytest.approx(sum(amounts), abs=1e-7)


def test_sums_as_they_are_do_depend_on_it() -> None:
    assert sum([0.1, 0.2, 0.3]) != sum([0.3, 0.2, 0.1])
    assert summed([0.1, 0.2, 0.3]) == summed([0.3, 0.2, 0.1])


def test_whole_numbers_stay_as_they_are() -> None:
    assert summed([3e9, 1.0]) == 3_000_000_001.0
