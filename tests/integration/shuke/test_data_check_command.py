"""`shuke data check` on the command line: what it prints, writes and ends with."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from features.lake.lake import Lake
from tests.integration.shuke.conftest import Shuke
from tests.synthetic import Shop, ShopConfig, fill, simulate


@pytest.fixture(scope="module")
def receipts() -> Shop:
    shop = simulate(ShopConfig(customers=60))
    return replace(shop, tables={"order_lines": shop.tables["order_lines"]})


def test_an_empty_lake_says_what_to_import(shuke: Shuke) -> None:
    said = shuke("data", "check")
    assert said.code == 2
    assert "shuke import csv order_lines" in said.err


def test_data_that_will_do_end_with_0_and_a_page(
    shuke: Shuke, receipts: Shop, home: Path, tmp_path: Path
) -> None:
    fill(Lake(home / "lake", threads=1), receipts)
    page = tmp_path / "reports" / "check.html"
    said = shuke("data", "check", "--html", str(page))
    assert said.code == 0
    assert "Nothing stands in the way of training" in said.out
    assert "lead_score cannot be trained" in said.out
    assert str(page) in said.out
    assert page.read_text("utf-8").startswith("<!doctype html>")


def test_a_short_history_ends_with_1_and_says_how_many_days(
    shuke: Shuke, receipts: Shop, home: Path
) -> None:
    lines = receipts.tables["order_lines"]
    kept = lines["ordered_at"] < lines["ordered_at"].min() + timedelta(days=100)
    fill(Lake(home / "lake", threads=1), replace(receipts, tables={"order_lines": lines[kept]}))
    said = shuke("data", "check", "--model", "churn-28d")
    assert said.code == 1
    assert "churn_28d needs" in said.out
    assert "churn_60d" not in said.out


def test_an_unknown_model_is_bad_input(shuke: Shuke) -> None:
    said = shuke("data", "check", "--model", "weather")
    assert said.code == 2
    assert "churn_28d" in said.err
