"""Features folded event by event are those of the batch at the same moment."""

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pandas as pd
import pytest

from features.clock import naive
from features.errors import ContractError, InputError
from features.feature_sets import SETS
from features.lake.lake import Lake, frame_fingerprint
from features.live import LiveFeatures
from tests.synthetic import Shop, ShopConfig, fill, simulate

SHOP = ShopConfig(customers=40, days=200)
MINUTE = timedelta(minutes=1)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return simulate(SHOP)


@pytest.fixture
def lake(shop: Shop, tmp_path: Path) -> Lake:
    lake = Lake(tmp_path / "lake", threads=1)
    fill(lake, shop)
    return lake


@pytest.fixture
def live(lake: Lake) -> LiveFeatures:
    live = LiveFeatures(lake)
    live.catch_up()
    return live


def lines(customer_id: str, at: datetime, order_id: str, **said: Any) -> pd.DataFrame:
    row = {
        "order_id": order_id,
        "line_no": 1,
        "customer_id": customer_id,
        "ordered_at": at,
        "store_id": "2",
        "channel": "online",
        "product_id": "P1-1",
        "category": "category 1",
        "quantity": 2.0,
        "net_amount": 9.5,
        "ingested_at": at + MINUTE,
    }
    return pd.DataFrame([row | said])


def test_folds_equal_the_batch_before_and_after_midnight(
    live: LiveFeatures, lake: Lake, shop: Shop
) -> None:
    def told(at: datetime, name: str) -> dict[str, pd.DataFrame]:
        late, back = at - timedelta(days=40), {"quantity": -1.0, "net_amount": -4.0, "line_no": 7}
        orders = [
            lines("C00001", at, f"{name} now"),
            lines("C00002", late, f"{name} told late", ingested_at=at),
            lines("C00001", at, f"{name} now", **back),
            lines("somebody new", at, f"{name} new"),
        ]
        used = {"event_id": name, "customer_id": "C00003", "type": "coupon_redeemed"}
        moments = {"occurred_at": at, "ingested_at": at}
        return {"order_lines": pd.concat(orders), "interactions": pd.DataFrame([used | moments])}

    for hours, name in ((0, "today"), (5, "tonight")):
        at = shop.end - timedelta(hours=3) + timedelta(hours=hours)
        as_of, new = at + 2 * MINUTE, told(at, name)
        found = live.fold(new, as_of)
        for table, frame in new.items():
            print_of = frame_fingerprint(frame)
            lake.append(table, [frame], source="test", fingerprint=print_of)
        for each in SETS:
            folded = found[each.name].set_index("customer_id").sort_index()
            assert list(folded.index) == ["C00001", "C00002", "C00003", "somebody new"]
            assert (folded["as_of"] == naive(as_of)).all()
            batch = lake.con.execute(each.transform(lake, [as_of])).set_index("customer_id")
            pd.testing.assert_frame_equal(
                folded, batch.loc[folded.index, folded.columns], rtol=1e-12, check_dtype=False
            )


def test_the_same_rows_again_add_nothing_and_the_first_of_a_key_stands(
    live: LiveFeatures, shop: Shop
) -> None:
    at = shop.end
    twice = pd.concat([lines("C00001", at, "x"), lines("C00001", at, "x", net_amount=1e6)])
    first = live.fold({"order_lines": twice}, at + 2 * MINUTE)["customer"]
    again = live.fold({"order_lines": twice}, at + 3 * MINUTE)["customer"]
    assert (len(first), len(again)) == (1, 1)
    assert first["spend_total"].iloc[0] == again["spend_total"].iloc[0] < 1e6


def test_a_fold_that_fails_takes_nothing_in(live: LiveFeatures, shop: Shop) -> None:
    at = shop.end
    before = live.fold({"order_lines": lines("C00001", at, "x")}, at + 2 * MINUTE)["customer"]
    good, bad = lines("C00001", at, "y"), lines("C00001", at, "z", net_amount=-5.0)
    tickets = pd.DataFrame([{"ticket_id": "t", "customer_id": "C00001", "opened_at": at}])
    with pytest.raises(ContractError, match="negative price"):
        live.fold({"tickets": tickets, "order_lines": pd.concat([good, bad])}, at + 3 * MINUTE)
    after = live.fold({"order_lines": lines("C00001", at, "x")}, at + 4 * MINUTE)["customer"]
    assert after["spend_total"].iloc[0] == before["spend_total"].iloc[0]
    assert after["tickets_90d"].isna().all(), "the lake still records no tickets"


def test_time_only_goes_on(live: LiveFeatures, shop: Shop) -> None:
    new = {"order_lines": lines("C00001", shop.end, "x")}
    live.fold(new, shop.end + 2 * MINUTE)
    with pytest.raises(InputError, match="not later"):
        live.fold(new, shop.end + 2 * MINUTE)


def test_an_empty_lake_grows_from_nothing(tmp_path: Path, shop: Shop) -> None:
    live = LiveFeatures(Lake(tmp_path / "empty", threads=1))
    assert live.catch_up() == 0
    found = live.fold({"order_lines": lines("first", shop.end, "x")}, shop.end + 2 * MINUTE)
    assert found["customer"]["orders_total"].tolist() == [1.0]
    nobody = {"event_id": ["e"], "lead_id": ["l"], "occurred_at": [shop.end], "type": ["x"]}
    found = live.fold({"interactions": pd.DataFrame(nobody)}, shop.end + 3 * MINUTE)
    assert all(frame.empty for frame in found.values())


def test_what_others_bring_into_the_lake_is_taken_in_once(
    live: LiveFeatures, lake: Lake, shop: Shop
) -> None:
    mine = lines("C00001", shop.end, "mine")
    live.fold({"order_lines": mine}, shop.end + 2 * MINUTE)
    both = pd.concat([mine, lines("C00001", shop.end, "theirs")])
    lake.append("order_lines", [both], source="test", fingerprint=frame_fingerprint(both))
    assert [live.catch_up(), live.catch_up()] == [1, 0]
    lake.compact("order_lines")
    assert live.catch_up() == 0
