from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from tests.benchmarks.models_bootstrap import OURS
from tests.benchmarks.models_clv import spent
from tests.benchmarks.models_deciles import drawing, table, tenths


def customers(count: int = 1_000) -> pd.DataFrame:
    random = np.random.default_rng(4)
    truth = random.gamma(2.0, 50.0, count)
    return pd.DataFrame({OURS: truth, "rival": np.full(count, 70.0), "spent": 0.5 * truth})


def test_tenths_go_from_the_least_promised_to_the_most_and_hold_everybody() -> None:
    rows = customers()
    found = tenths(rows, "rival")
    assert len(found) == 10
    assert [one.ours for one in found] == sorted(one.ours for one in found)
    assert np.mean([one.ours for one in found]) == pytest.approx(rows[OURS].mean())
    assert all(one.rival == 70.0 for one in found)


def test_the_table_says_how_much_of_a_promise_was_spent() -> None:
    lines = [line for line in table(tenths(customers(), "rival"), "rival") if line[:2] != "|-"]
    assert len(lines) == 11
    assert all(line.endswith("| 0.50 |") for line in lines[1:])


def test_the_same_tenths_give_the_same_drawing() -> None:
    found = tenths(customers(), "rival")
    assert drawing("money", found) == drawing("money", found)
    assert drawing("money", found).startswith("<svg")


def test_what_is_spent_begins_with_the_first_day_and_ends_before_the_last() -> None:
    days = pd.DataFrame(
        {
            "customer_id": ["a", "a", "a", "b", "b"],
            "day": pd.to_datetime(
                ["1997-09-30", "1997-10-02", "1997-10-03", "1997-09-29", "1997-10-01"]
            ),
            "spend": [1.0, 2.0, 4.0, 8.0, 16.0],
        }
    )
    found = spent(days, datetime(1997, 9, 30, tzinfo=UTC), 3)
    assert found.to_dict() == {"a": 3.0, "b": 16.0}
