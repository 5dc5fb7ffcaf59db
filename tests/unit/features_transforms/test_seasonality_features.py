"""The time of the week and of the month."""

from datetime import UTC, datetime

from features.clock import naive
from tests.unit.features_transforms.comparing import row_of
from tests.unit.features_transforms.records import Line
from tests.unit.features_transforms.worlds import World


def _row(cutoff: datetime, *days: tuple[int, int]) -> dict[str, float]:
    """Return the features of orders at noon of (month, day) of 2017."""
    lines = [
        Line(str(n), "a", naive(datetime(2017, month, day, 12, tzinfo=UTC)))
        for n, (month, day) in enumerate(days)
    ]
    return row_of(World(lines), cutoff)


MONDAY = naive(datetime(2017, 6, 12, 9, tzinfo=UTC))


def test_orders_on_the_weekday_of_the_cutoff() -> None:
    row = _row(MONDAY, (6, 5), (5, 29), (6, 6), (6, 11))  # Monday twice, Tuesday, Sunday
    assert row["same_weekday_share_180d"] == 0.5


def test_months_have_three_parts() -> None:
    row = _row(MONDAY, (5, 1), (5, 10), (5, 11), (5, 20), (5, 21))
    assert row["month_start_share_180d"] == 0.4
    assert row["same_month_part_share_180d"] == 0.4


def test_the_last_part_of_a_month_is_the_rest_of_it() -> None:
    last = naive(datetime(2017, 5, 31, tzinfo=UTC))
    assert _row(last, (4, 21), (4, 30), (5, 20))["same_month_part_share_180d"] == 2 / 3
