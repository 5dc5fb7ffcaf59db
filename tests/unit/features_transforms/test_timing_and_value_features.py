"""Silences, weeks and the course of spend, in histories small enough to work out by hand."""

import math
from datetime import timedelta

import pytest

from tests.unit.features_transforms.comparing import row_of
from tests.unit.features_transforms.records import Line
from tests.unit.features_transforms.worlds import START, World

CUTOFF = START + timedelta(days=300)


def _row(*purchases: tuple[float, float]) -> dict[str, float]:
    """Return the features of purchases given as (days ago, spend)."""
    lines = [
        Line(str(n), "a", CUTOFF - timedelta(days=days), net_amount=spend)
        for n, (days, spend) in enumerate(purchases)
    ]
    return row_of(World(lines), CUTOFF)


def test_the_silence_is_ranked_among_the_customer_s_own_gaps() -> None:
    row = _row((60, 1), (57, 1), (50, 1), (30, 1), (10, 1))  # gaps of 3, 7, 20, 20 days; silent 10
    assert row["gap_percentile"] == 0.5


def test_a_silence_as_long_as_a_gap_counts_that_gap() -> None:
    assert _row((20, 1), (10, 1))["gap_percentile"] == 1.0
    assert _row((20, 1), (9, 1))["gap_percentile"] == 0.0


def test_weeks_are_counted_back_from_the_cutoff() -> None:
    assert _row((1, 1), (7, 1), (8, 1), (14, 1), (84, 1))["active_weeks_84d"] == 3
    assert _row((85, 1))["active_weeks_84d"] == 0


def test_spend_that_doubles_every_month_has_the_slope_of_a_doubling() -> None:
    months = [(15 + 30 * n, 2.0 ** (10 - n) - 1) for n in range(6)]
    assert _row(*months)["spend_slope_180d"] == pytest.approx(math.log(2))


def test_steady_spend_has_no_slope() -> None:
    assert _row(*((15 + 30 * n, 5.0) for n in range(6)))["spend_slope_180d"] == pytest.approx(0)


def test_the_last_30_days_are_set_against_the_best_of_six_periods() -> None:
    row = _row((10, 4), (40, 3), (55, 5), (170, 2))
    assert row["spend_30d_vs_best_180d"] == pytest.approx(0.5)


def test_spend_per_30_days_counts_a_newcomer_as_30_days_old() -> None:
    assert _row((10, 12))["spend_per_30d"] == 12
    assert _row((90, 12))["spend_per_30d"] == 4


def test_recent_baskets_are_set_against_all() -> None:
    assert _row((200, 2), (100, 2), (10, 8))["basket_trend_90d"] == pytest.approx(2)


def test_the_largest_basket_is_a_share_of_the_spend_of_180_days() -> None:
    assert _row((10, 4), (20, 3), (100, 3), (200, 90))["largest_basket_share_180d"] == 0.4
