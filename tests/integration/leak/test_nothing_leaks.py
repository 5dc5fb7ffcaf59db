"""What happens at or after a cutoff changes no feature at it; what happened before does."""

from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.feature_sets import SETS, FeatureSet
from features.lake.lake import Lake
from features.lake.tables import TABLES
from tests.synthetic import Shop, ShopConfig, fill, simulate

MIDNIGHT = datetime(2017, 9, 1, tzinfo=UTC)
EVENTS = ("order_lines", "campaign_contacts", "interactions")


@pytest.fixture(scope="module")
def shop() -> Shop:
    return simulate(ShopConfig(customers=40))


@pytest.fixture(scope="module")
def noon(shop: Shop) -> datetime:
    """Return the very moment of an order: the sharpest cutoff there is."""
    moments = shop.tables["order_lines"]["ordered_at"]
    return moments[moments > pd.Timestamp(MIDNIGHT)].iloc[0].floor("s").to_pydatetime()


def _with(shop: Shop, change: Callable[[str, pd.DataFrame], pd.DataFrame]) -> Shop:
    tables = {n: change(n, t) if n in EVENTS else t for n, t in shop.tables.items()}
    return Shop(tables, shop.customers, shop.leads, shop.end)


def _corrupted_after(cutoff: datetime) -> Callable[[str, pd.DataFrame], pd.DataFrame]:
    """Return a change that shuffles who did what, and how much, from `cutoff` on."""

    def change(name: str, table: pd.DataFrame) -> pd.DataFrame:
        time = TABLES[name].time
        later = table[time] >= pd.Timestamp(cutoff)
        spoiled = table[later].drop(columns=["customer_id"])
        customers = np.random.default_rng(1).permutation(table.loc[later, "customer_id"])
        spoiled = spoiled.assign(customer_id=customers)
        if name == "order_lines":
            spoiled = spoiled.assign(
                net_amount=spoiled["net_amount"] * 1000 + 1,
                quantity=-spoiled["quantity"],
                category="never seen before",
                order_id="x" + spoiled["order_id"],
            ).iloc[::2]
        return pd.concat([table[~later], spoiled], ignore_index=True)

    return change


def _features(shop: Shop, folder: Path, each: FeatureSet, cutoff: datetime) -> pd.DataFrame:
    lake = Lake(folder, threads=1)
    if not lake.has("order_lines"):
        fill(lake, shop)
    built = lake.con.execute(each.transform(lake, [cutoff]))
    return built.sort_values("customer_id", ignore_index=True)


@pytest.fixture(params=SETS, ids=lambda each: each.name)
def each(request: pytest.FixtureRequest) -> Iterator[FeatureSet]:
    return request.param


@pytest.mark.parametrize("when", ["midnight", "the moment of an order"])
def test_corrupting_every_event_from_the_cutoff_on_changes_nothing(
    shop: Shop, noon: datetime, each: FeatureSet, when: str, tmp_path: Path
) -> None:
    cutoff = MIDNIGHT if when == "midnight" else noon
    true = _features(shop, tmp_path / "true", each, cutoff)
    false = _features(_with(shop, _corrupted_after(cutoff)), tmp_path / "false", each, cutoff)
    assert len(true) > 10
    pd.testing.assert_frame_equal(true, false, rtol=1e-9)


@pytest.mark.parametrize("table", ["order_lines", "campaign_contacts", "interactions"])
def test_changing_one_event_before_the_cutoff_changes_something(
    shop: Shop, table: str, tmp_path: Path
) -> None:
    def forgotten(name: str, rows: pd.DataFrame) -> pd.DataFrame:
        known = rows[TABLES[name].time] < pd.Timestamp(MIDNIGHT)
        is_seen = (
            rows["type"] == "coupon_redeemed"
            if "type" in rows
            else ~rows.get("is_holdout", pd.Series(False, index=rows.index))
        )
        return rows.drop(index=rows[known & is_seen].index[0]) if name == table else rows

    customer, _ = SETS
    true = _features(shop, tmp_path / "true", customer, MIDNIGHT)
    less = _features(_with(shop, forgotten), tmp_path / "less", customer, MIDNIGHT)
    assert not true.equals(less)


def test_the_last_instant_before_the_cutoff_is_known_and_the_cutoff_itself_is_not(
    shop: Shop, tmp_path: Path
) -> None:
    lines = shop.tables["order_lines"]
    some = lines.iloc[[0, 0]].assign(
        customer_id="edge",
        order_id=["before", "at"],
        ordered_at=[pd.Timestamp(MIDNIGHT) - pd.Timedelta("1us"), pd.Timestamp(MIDNIGHT)],
    )
    tables = {"order_lines": pd.concat([lines, some], ignore_index=True)}
    edged = Shop(tables, shop.customers, shop.leads, shop.end)
    built = _features(edged, tmp_path, SETS[0], MIDNIGHT).set_index("customer_id")
    assert built.loc["edge", "orders_total"] == 1
    assert built.loc["edge", "recency_days"] == 1
