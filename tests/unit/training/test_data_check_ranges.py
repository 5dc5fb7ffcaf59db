from datetime import UTC, datetime

import numpy as np
import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from training.data_check.finding import Level
from training.data_check.plots import weekly, weekly_svg
from training.data_check.policy import DataCheckPolicy
from training.data_check.ranges import (
    future_rows,
    gaps,
    missing_columns,
    odd_numbers,
    silent_days,
)

POLICY = DataCheckPolicy()
FIRST = pd.Timestamp("2024-01-01")


def dates(*open_days: range) -> "pd.Series[pd.Timestamp]":
    return pd.Series([FIRST + pd.Timedelta(days=n) for some in open_days for n in some])


def numbers(**changed: dict[str, object]) -> pd.DataFrame:
    usual = {"typical": 10.0, "greatest": 20.0, "order_id": "O1", "zero": 0.0, "negative": 0.0}
    names = ("quantity", "net_amount", "discount_amount", "coupon_amount")
    return pd.DataFrame({n: {**usual, "beyond": 0, **changed.get(n, {})} for n in names}).T


def test_a_hole_in_a_steady_history_is_named_with_its_dates() -> None:
    days = dates(range(60), range(66, 120))
    (gap,) = gaps(days, POLICY)
    assert (gap.days, gap.start) == (6, pd.Timestamp("2024-03-01"))
    (found,) = silent_days(pd.DataFrame({"day": days}), POLICY)
    assert found.level is Level.WARNING
    assert found.where == "2024-03-01 to 2024-03-06"


def test_closed_sundays_short_holes_and_irregular_shops_are_not_odd() -> None:
    assert gaps(dates(*(range(7 * w, 7 * w + 6) for w in range(20))), POLICY) == []
    assert gaps(dates(range(60), range(62, 120)), POLICY) == []
    assert gaps(dates(range(0, 200, 10)), POLICY) == []
    assert gaps(dates(), POLICY) == []


def test_an_order_dated_years_before_the_others_leaves_a_gap() -> None:
    (gap,) = gaps(dates(range(1), range(2_000, 2_060)), POLICY)
    assert gap.days == 1_999


@given(st.sets(st.integers(0, 200), min_size=1))
def test_no_gap_holds_a_day_with_purchases(some: set[int]) -> None:
    days = dates(*(range(n, n + 1) for n in sorted(some)))
    for gap in gaps(days, POLICY):
        assert not days.between(gap.start, gap.end).any()
        assert gap.days >= POLICY.gap_days


def test_a_far_tail_names_the_column_the_order_and_the_amount() -> None:
    far = numbers(net_amount={"beyond": 2, "greatest": 1234.5, "order_id": "O7"})
    (found,) = odd_numbers(far, POLICY)
    assert found.level is Level.WARNING
    assert "2 lines with a net_amount more than 100 times the usual" in found.what
    assert "1,234.50" in found.what
    assert "O7" in found.where


def test_zeros_returns_and_negative_discounts_beyond_their_share_are_named() -> None:
    odd = numbers(
        quantity={"negative": 0.5},
        net_amount={"zero": 0.5},
        discount_amount={"negative": 0.5},
    )
    assert [found.where for found in odd_numbers(odd, POLICY)] == [
        "order_lines.net_amount",
        "order_lines.quantity",
        "order_lines.discount_amount",
    ]


def test_usual_numbers_give_one_ok() -> None:
    assert [found.level for found in odd_numbers(numbers(), POLICY)] == [Level.OK]


def test_empty_columns_say_what_needs_them() -> None:
    missing = pd.Series({"store_id": 0.1, "category": 1.0, "discount_amount": 0.0})
    found = missing_columns(missing, numbers(coupon_amount={"zero": 1.0}), POLICY)
    assert [each.where for each in found] == ["order_lines.category", "order_lines.coupon_amount"]
    assert "buys next" in found[0].todo
    (fine,) = missing_columns(missing.drop("category"), numbers(), POLICY)
    assert fine.level is Level.OK
    assert "store_id" in fine.what


def test_what_has_not_come_yet_is_told_with_the_newest_moment() -> None:
    now = datetime(2024, 5, 1, 9, tzinfo=UTC)
    (found,) = future_rows({"order_lines": (3, datetime(2024, 5, 1, 17, tzinfo=UTC))}, now)
    assert "3 rows of order_lines" in found.what
    assert "2024-05-01 17:00" in found.where
    assert future_rows({}, now) == []


def test_weeks_are_whole_and_end_today() -> None:
    days = pd.DataFrame({"day": dates(range(24)), "purchases": np.ones(24, dtype=int)})
    weeks = weekly(days, datetime(2024, 1, 23, tzinfo=UTC))
    assert weeks.tolist() == [7, 7, 7]
    assert weeks.index[0] == pd.Timestamp("2024-01-02")
    assert weekly_svg(weeks).startswith("<svg role=")
    assert weekly_svg(weeks) == weekly_svg(weeks)
    assert weekly_svg(weeks[:1]) == ""


def test_a_week_without_purchases_is_drawn_as_nothing() -> None:
    days = pd.DataFrame({"day": dates(range(7), range(14, 21)), "purchases": [2] * 14})
    assert weekly(days, datetime(2024, 1, 22, tzinfo=UTC)).tolist() == [14, 0, 14]
