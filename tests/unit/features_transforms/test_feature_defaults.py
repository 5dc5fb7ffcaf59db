"""What a feature is worth where there is nothing to count."""

import math
from datetime import timedelta

import pytest

from features.catalog import FEATURES, Feature
from tests.unit.features_transforms.comparing import row_of
from tests.unit.features_transforms.records import Line
from tests.unit.features_transforms.worlds import START, World

AGE = 200  # days: longer than any window
CUTOFF = START + timedelta(days=AGE)
TOLD_BY_ONE_PURCHASE = {
    "recency_days": 200.0,
    "tenure_days": 200.0,
    "active_days": 1.0,
    "orders_total": 1.0,
    "spend_total": 8.0,
    "spend_per_30d": 8.0 * 30 / 200,
    "basket_mean": 8.0,
    "basket_max": 8.0,
    "basket_last": 8.0,
    "discount_share_total": 0.2,
    "coupon_basket_share_total": 0.0,
    "stores_total": 1.0,
    "top_store_share_total": 1.0,
    "basket_mean_vs_store": 1.0,
    "recency_days_vs_store": 1.0,
    "recency_days_vs_cohort": 1.0,
}


@pytest.fixture(scope="module")
def row() -> dict[str, float]:
    """Return the features of one old purchase, in a lake that holds receipts alone."""
    line = Line("1", "a", START, net_amount=8.0, discount_amount=2.0)
    return row_of(World([line]), CUTOFF)


@pytest.mark.parametrize("name", FEATURES)
def test_one_old_purchase_gives_the_default_or_what_one_purchase_tells(
    name: str, row: dict[str, float]
) -> None:
    expected = TOLD_BY_ONE_PURCHASE.get(name, FEATURES[name].default)
    assert row[name] == pytest.approx(expected, nan_ok=True)


@pytest.mark.parametrize("feature", FEATURES.values(), ids=lambda feature: feature.name)
def test_a_default_is_nothing_counted_or_not_known(feature: Feature) -> None:
    assert feature.default == 0.0 or math.isnan(feature.default)
