"""Looking at features on the command line."""

from pathlib import Path

import pytest

from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store
from tests.integration.shuke.conftest import Shuke
from tests.synthetic import ShopConfig, fill, simulate


@pytest.fixture
def built(home: Path) -> None:
    lake = Lake(home / "lake", threads=1)
    fill(lake, simulate(ShopConfig(customers=30)))
    Store(Settings(home=home), lake).build([lake.today()])


@pytest.mark.usefixtures("built")
def test_a_feature_is_described_from_the_newest_build(shuke: Shuke) -> None:
    said = shuke("features", "describe", "recency_days")
    assert said.code == 0
    assert "days since last purchase" in said.out
    assert "距上次购买天数" in said.out
    assert "█" in said.out


@pytest.mark.usefixtures("built")
def test_a_feature_nobody_has_is_said_to_be_missing(shuke: Shuke) -> None:
    said = shuke("features", "describe", "nps_last")
    assert said.code == 0
    assert "Nobody has a value" in said.out


def test_an_unknown_feature_is_answered_by_the_nearest(shuke: Shuke) -> None:
    said = shuke("features", "describe", "recency_dais")
    assert said.code == 2
    assert "recency_days" in said.err


def test_nothing_built_says_what_to_run(shuke: Shuke) -> None:
    said = shuke("features", "describe", "recency_days")
    assert said.code != 0
    assert "shuke features build" in said.err


def test_the_catalogue_is_printed_or_written(shuke: Shuke, tmp_path: Path) -> None:
    printed = shuke("features", "catalogue")
    shuke("features", "catalogue", "--to", str(tmp_path / "features.md"))
    assert (tmp_path / "features.md").read_text("utf-8") == printed.out
