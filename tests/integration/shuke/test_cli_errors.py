"""Bad input on the command line: exit code 2, and a message that says what to do."""

import re
import sqlite3
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from features.lake.lake import Lake
from tests.integration.shuke.conftest import Shuke
from tests.synthetic import ShopConfig, fill, simulate

LINES = "order_id,line_no,customer_id,ordered_at,quantity,net_amount\n"


@pytest.fixture
def shop(home: Path) -> None:
    fill(Lake(home / "lake", threads=1), simulate(ShopConfig(customers=20)))


@pytest.mark.parametrize(
    "command",
    [("nightly",), ("features", "build"), ("train", "churn_28d"), ("drift",)],
    ids=lambda command: command[0],
)
def test_without_data_it_says_what_to_import(shuke: Shuke, command: tuple[str, ...]) -> None:
    said = shuke(*command)
    assert said.code == 2
    assert "what to do" in said.err


def test_an_unknown_model_is_answered_with_the_known_ones(shuke: Shuke) -> None:
    said = shuke("train", "crystal-ball")
    assert said.code == 2
    assert "churn_28d" in said.err


def test_receipts_alone_train_every_model_but_that_of_leads(shuke: Shuke, home: Path) -> None:
    shop = simulate(ShopConfig(customers=150))
    receipts = {"order_lines": shop.tables["order_lines"]}
    fill(Lake(home / "lake", threads=1), replace(shop, tables=receipts))
    said = shuke("train")
    assert said.code == 0
    for model in ("churn_28d", "churn_60d", "clv_90d", "next_purchase"):
        assert f"{model} version 1" in said.out
    with closing(sqlite3.connect(home / "records.db")) as records:
        lines = records.execute("SELECT subject FROM audit_log WHERE route = 'shuke train'")
        told = sorted(subject for (subject,) in lines)
    champions = sorted(re.findall(r"(\w+) version 1: champion", said.out))
    assert champions
    assert told == [f"model:{model}" for model in champions]
    assert "lead_score not trained: Table leads holds no rows yet" in said.out
    named = shuke("train", "lead-score")
    assert named.code == 2
    assert "Table leads holds no rows yet" in named.err


def test_scoring_before_training_says_to_train(shuke: Shuke, shop: None) -> None:
    said = shuke("score", "churn_60d", "1")
    assert said.code == 2
    assert "shuke train churn_60d" in said.err


def test_a_cutoff_outside_the_data_is_refused_with_the_range(shuke: Shuke, shop: None) -> None:
    said = shuke("features", "build", "--as-of", "2035-01-01")
    assert said.code == 2
    assert "outside the data" in said.err


def test_a_file_that_is_no_table_is_named(shuke: Shuke, tmp_path: Path) -> None:
    broken = tmp_path / "broken.csv"
    broken.write_text("a;b\n1;2\n", "utf-8")
    said = shuke("import", "csv", "order_lines", str(broken))
    assert said.code == 2
    assert "broken.csv" in said.err


def test_an_empty_file_is_named(shuke: Shuke, tmp_path: Path) -> None:
    empty = tmp_path / "empty.csv"
    empty.write_text(LINES, "utf-8")
    said = shuke("import", "csv", "order_lines", str(empty))
    assert said.code == 2
    assert "empty.csv" in said.err


def test_bad_rows_are_counted_and_the_rest_goes_on(shuke: Shuke, tmp_path: Path) -> None:
    mixed = tmp_path / "mixed.csv"
    rows = "a,1,7,2024-03-01 10:00:00,1,5.0\nb,1,8,yesterday,1,5.0\n"
    mixed.write_text(LINES + rows, "utf-8")
    said = shuke("import", "csv", "order_lines", str(mixed))
    assert said.code == 0
    cells = [cell.strip() for cell in said.out.splitlines()[-2].split("│")]
    assert cells[1:6] == ["order_lines", "2", "1", "1", "0"]


def test_a_mapping_without_an_equals_sign_is_explained(shuke: Shuke, tmp_path: Path) -> None:
    said = shuke("import", "csv", "order_lines", str(tmp_path / "x.csv"), "--map", "ordered_at")
    assert said.code == 2
    assert "--map" in said.err


def test_a_key_is_printed_alone_and_an_unknown_scope_refused(shuke: Shuke) -> None:
    said = shuke("keys", "create", "--scope", "scores:read")
    assert said.code == 0
    assert said.out.startswith("shuke_")
    assert len(said.out.split()) == 1
    refused = shuke("keys", "create", "--scope", "everything")
    assert refused.code == 2
    assert "scores:read" in refused.err
