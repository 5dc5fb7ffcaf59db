from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.clock import naive
from features.lake.lake import Lake
from tests.synthetic import Shop, ShopConfig, fill, simulate
from training.labels import outcomes

HORIZON = 28


@pytest.fixture(scope="module")
def small() -> Shop:
    return simulate(ShopConfig(customers=80, seed=3))


def labels(shop: Shop, home: Path, lines: pd.DataFrame) -> pd.DataFrame:
    lake = Lake(home / "lake", threads=1)
    changed = Shop({**shop.tables, "order_lines": lines}, shop.customers, shop.leads, shop.end)
    fill(lake, changed)
    asked = outcomes(lake.table("order_lines"), [cutoff(shop)], HORIZON)
    return lake.con.execute(asked.order_by("customer_id"))


def cutoff(shop: Shop) -> pd.Timestamp:
    return pd.Timestamp(shop.end) - timedelta(days=100)


def times(shop: Shop) -> tuple[pd.DataFrame, pd.Series, pd.Timestamp]:
    lines = shop.tables["order_lines"]
    return lines, lines["ordered_at"], cutoff(shop)


def test_events_after_the_window_cannot_change_a_label(small: Shop, tmp_path: Path) -> None:
    lines, at, start = times(small)
    after = at >= start + timedelta(days=HORIZON)
    corrupt = lines.assign(
        net_amount=np.where(after, 99_999.0, lines["net_amount"]),
        category=np.where(after, "corrupt", lines["category"]),
    )
    assert after.any()
    honest = labels(small, tmp_path / "honest", lines)
    pd.testing.assert_frame_equal(honest, labels(small, tmp_path / "changed", corrupt))
    pd.testing.assert_frame_equal(honest, labels(small, tmp_path / "cut", lines[~after]))


def test_events_before_the_cutoff_cannot_change_a_label(small: Shop, tmp_path: Path) -> None:
    lines, at, start = times(small)
    before = at < start
    corrupt = lines.assign(
        net_amount=np.where(before, 99_999.0, lines["net_amount"]),
        quantity=np.where(before, 77.0, lines["quantity"]),
        ordered_at=at.where(~before, at - timedelta(days=1)),
    )
    honest = labels(small, tmp_path / "honest", lines)
    pd.testing.assert_frame_equal(honest, labels(small, tmp_path / "changed", corrupt))


def test_events_inside_the_window_do_change_labels(small: Shop, tmp_path: Path) -> None:
    lines, at, start = times(small)
    inside = (at >= start) & (at < start + timedelta(days=HORIZON))
    honest = labels(small, tmp_path / "honest", lines)
    silent = labels(small, tmp_path / "silent", lines[~inside])
    assert honest["churned"].mean() < 1.0
    assert (silent["churned"] == 1.0).all()
    assert (silent["spend"] == 0.0).all()
    assert (honest["as_of"] == naive(start.to_pydatetime())).all()
