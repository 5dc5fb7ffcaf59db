"""Where a definition has two readings, the one that is meant."""

import math
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalog import FEATURES
from features.clock import naive
from tests.unit.features_transforms.comparing import (
    Values,
    assert_same,
    fast,
    fast_categories,
    slow,
)
from tests.unit.features_transforms.drawn_moments import TICK, cutoffs_drawn
from tests.unit.features_transforms.histories import (
    CUSTOMERS,
    LATE,
    PUNCTUAL,
    few,
    worlds,
)
from tests.unit.features_transforms.records import Line
from tests.unit.features_transforms.reference import told
from tests.unit.features_transforms.worlds import START, World

EARLY, CUTOFF = START + timedelta(days=10), START + timedelta(days=100)
LEAP = naive(datetime(2016, 2, 29, tzinfo=UTC))


def _line(customer: str, days: float, order: str = "1", **more: Any) -> Line:
    """Return a line of so many days before `CUTOFF`."""
    return Line(order, customer, CUTOFF - timedelta(days=days), **more)


LINES = [
    _line("at the cutoff", 20),
    _line("at the cutoff", 0, "2"),
    _line("at the edge", 30),
    _line("at the edge", 30 + 1e-6, "2"),
    _line("too late", -1),
    _line("once", 7),
    _line("only returned", 7, quantity=-1.0, net_amount=-1.0),
    _line("told at the cutoff", 20),
    _line("told at the cutoff", 10, "2", ingested_at=CUTOFF),
    _line("told just before", 10, ingested_at=CUTOFF - TICK),
    _line("told before", 10, ingested_at=CUTOFF - timedelta(days=30)),
    _line("told before", -1, ingested_at=CUTOFF - timedelta(days=30)),
    _line("corrected", 40, net_amount=10.0),
    _line("corrected", 40, quantity=-1.0, net_amount=-4.0, ingested_at=CUTOFF - timedelta(days=1)),
    _line("in two goes", 20, net_amount=3.0),
    _line("in two goes", 19.5, net_amount=5.0),
    _line("two at once", 20, "10", net_amount=3.0),
    _line("two at once", 20, "9", net_amount=5.0),
    _line("early", 95),
    _line("nowhere", 20, store_id=None, channel=None, category=None),
    _line("nowhere", 21, "2", store_id=None, channel=None, category=None),
    _line("nowhere", 22, "3", store_id="s1"),
]


@pytest.fixture(scope="module")
def rows() -> Values:
    """Return the features of `LINES` at two cutoffs, one of them given twice."""
    return fast(World(LINES), [CUTOFF, EARLY, CUTOFF])


def test_these_rows_are_those_of_the_definitions(rows: Values) -> None:
    assert_same(rows, slow(World(LINES), [CUTOFF, EARLY]))


def test_a_row_exists_for_everybody_with_a_purchase_known_at_the_cutoff(rows: Values) -> None:
    bought = {line.customer_id for line in LINES} - {"too late", "only returned"}
    assert rows.keys() == {*((name, CUTOFF) for name in bought), ("early", EARLY)}


def test_what_happens_at_the_cutoff_itself_is_not_known(rows: Values) -> None:
    assert rows["at the cutoff", CUTOFF]["orders_total"] == 1


def test_an_order_as_old_as_the_window_still_counts_in_it(rows: Values) -> None:
    assert rows["at the edge", CUTOFF]["orders_30d"] == 1


def test_what_one_purchase_cannot_tell_is_missing(rows: Values) -> None:
    names = ("ipt_mean", "ipt_median", "ipt_std", "ipt_last", "gap_ratio", "gap_z", "basket_std")
    assert all(math.isnan(rows["once", CUTOFF][name]) for name in names)


@pytest.mark.parametrize(
    ("customer", "orders"),
    [("told at the cutoff", 1), ("told just before", 1), ("told before", 1), ("corrected", 1)],
)
def test_an_order_is_known_when_it_has_happened_and_was_told(
    rows: Values, customer: str, orders: int
) -> None:
    assert rows[customer, CUTOFF]["orders_total"] == orders


def test_a_correction_is_a_return_and_leaves_the_spend(rows: Values) -> None:
    row = rows["corrected", CUTOFF]
    assert (row["spend_total"], row["returned_amount_180d"]) == (10, 4)


def test_an_order_with_lines_of_two_moments_is_two_baskets(rows: Values) -> None:
    row = rows["in two goes", CUTOFF]
    assert (row["orders_total"], row["basket_last"]) == (2, 5)


def test_of_two_orders_at_one_moment_the_greater_id_is_the_last(rows: Values) -> None:
    assert rows["two at once", CUTOFF]["basket_last"] == 5


def test_an_unknown_shop_is_no_shop(rows: Values) -> None:
    row = rows["nowhere", CUTOFF]
    shops = ("stores_90d", "stores_total", "new_stores_90d")
    assert [row[name] for name in shops] == [1, 1, 1]
    assert row["top_store_share_90d"] == pytest.approx(1 / 3)
    assert not math.isnan(row["recency_days_vs_store"])


def test_a_lake_without_a_table_leaves_what_it_tells_missing(rows: Values) -> None:
    names = [n for n, feature in FEATURES.items() if feature.topic in ("campaigns", "service")]
    names += ["departments_90d", "top_department_share_90d", "own_brand_share_90d"]
    assert all(math.isnan(rows["once", CUTOFF][name]) for name in names)


def test_the_columns_are_the_catalogue_in_its_order_and_float64(rows: Values) -> None:
    row = rows["once", CUTOFF]
    assert list(row) == list(FEATURES)
    assert {type(value) for value in row.values()} == {float}


def test_a_lake_without_an_order_knows_nobody() -> None:
    assert fast(World([]), [CUTOFF]) == {}
    assert fast_categories(World([]), [CUTOFF]) == {}


def _around(night: datetime) -> Iterable[Line]:
    """Return an order every hour of two days around a midnight."""
    for hour in range(-24, 24):
        yield Line(f"{night}{hour}", str(hour % 7), night + timedelta(hours=hour))


def test_days_are_those_of_utc_on_leap_days_and_nights_of_23_and_25_hours() -> None:
    zone = ZoneInfo("America/New_York")
    nights = [
        LEAP,
        naive(datetime(2017, 3, 12, tzinfo=UTC)),
        naive(datetime(2017, 11, 5, tzinfo=UTC)),
        naive(datetime(2020, 2, 29, tzinfo=UTC)),
    ]
    world = World([line for night in nights for line in _around(night)])
    local = [(night.replace(tzinfo=UTC) + timedelta(hours=30)).astimezone(zone) for night in nights]
    assert_same(fast(world, local), slow(world, map(naive, local)))


@given(st.data())
@few(5)
def test_histories_hold_customers_told_late_and_customers_told_in_time(data: st.DataObject) -> None:
    cutoffs = data.draw(cutoffs_drawn())
    lines = data.draw(worlds(cutoffs)).lines
    late = {x.customer_id for x in lines if any(x.at < cutoff <= told(x) for cutoff in cutoffs)}
    assert late <= {*LATE}
    assert len(late) > 1
    assert {*PUNCTUAL} & {line.customer_id for line in lines}
    assert {line.customer_id for line in lines} < {*CUSTOMERS}
