"""One more day: what stands is kept, the past is summed once, and the numbers stay the same."""

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from features.lake.lake import Lake, frame_fingerprint
from features.sources import shares
from features.store import Store
from tests.integration.features_store.conftest import CUTOFFS, NEWEST, open_store
from tests.synthetic import ShopConfig, fill, simulate

PAIR = ["customer_id", "as_of"]


def built(store: Store, cutoffs: list[datetime], name: str) -> pd.DataFrame:
    """Return the rows of a set that a build of `cutoffs` wrote."""
    store.build(cutoffs)
    folder = store._settings.feature_dir / name
    frames = [pd.read_parquet(file) for file in sorted(folder.glob("as_of=*.parquet"))]
    return pd.concat(frames).sort_values(PAIR, ignore_index=True)


def append_line(store: Store, ordered_at: datetime, ingested_at: datetime | None) -> None:
    """Add an order of a newcomer to the store's lake."""
    lines = store._lake.frame("order_lines").head(1)
    line = lines.assign(
        order_id=f"late-{ordered_at:%m%d}", customer_id="newcomer", ordered_at=ordered_at
    ).drop(columns="ingested_at")
    store._lake.append(
        "order_lines",
        [line],
        source="later",
        fingerprint=frame_fingerprint(line),
        ingested_at=ingested_at,
    )


@pytest.fixture
def shop_home(small_home: Path, tmp_path: Path) -> Path:
    """Return a SHUKE_HOME of its own, to append to."""
    home = tmp_path / "shop"
    shutil.copytree(small_home / "lake", home / "lake")
    return home


@pytest.mark.parametrize("name", ["customer", "categories"])
def test_a_night_that_starts_from_a_checkpoint_gives_what_the_whole_past_gives(
    own_home: Path, tmp_path: Path, name: str
) -> None:
    night = built(open_store(own_home), [NEWEST], name)
    assert list((own_home / "features" / "past").iterdir())
    whole_home = tmp_path / "whole"
    whole_home.mkdir()
    (whole_home / "lake").symlink_to(own_home / "lake", target_is_directory=True)
    # Cutoffs far apart have no checkpoint in common.
    whole = built(open_store(whole_home), [NEWEST, NEWEST - timedelta(days=150)], name)
    assert not (whole_home / "features" / "past").exists()
    expected = whole[whole["as_of"] == NEWEST.replace(tzinfo=None)].reset_index(drop=True)
    pd.testing.assert_frame_equal(night, expected, rtol=1e-9, atol=1e-9)


def test_a_later_month_starts_from_the_checkpoint_before(tmp_path: Path) -> None:
    fill(Lake(tmp_path / "lake", threads=1), simulate(ShopConfig(customers=40)))
    store = open_store(tmp_path)
    for day in (datetime(2017, 11, 15, tzinfo=UTC), datetime(2017, 12, 20, tzinfo=UTC)):
        store.build([day])
    folders = sorted(path.name for path in (tmp_path / "features" / "past").iterdir())
    assert folders == ["2017-05-01", "2017-06-01"]
    fresh = tmp_path / "fresh"
    fresh.mkdir()
    (fresh / "lake").symlink_to(tmp_path / "lake", target_is_directory=True)
    newest = datetime(2017, 12, 20, tzinfo=UTC)
    night = built(store, [newest], "customer")
    whole = built(open_store(fresh), [newest, newest - timedelta(days=172)], "customer")
    day = night["as_of"].max()
    pd.testing.assert_frame_equal(
        night[night["as_of"] == day].reset_index(drop=True),
        whole[whole["as_of"] == day].reset_index(drop=True),
        rtol=1e-9,
        atol=1e-9,
    )


@pytest.mark.parametrize("name", ["customer", "categories"])
def test_shares_of_the_customers_give_what_all_at_once_give(
    own_home: Path, tmp_path: Path, name: str
) -> None:
    whole = built(open_store(own_home), CUTOFFS[:2], name)
    home = tmp_path / "shares"
    home.mkdir()
    (home / "lake").symlink_to(own_home / "lake", target_is_directory=True)
    store = open_store(home)
    engine = store._builder.source.engine
    engine.lines_at_once = 300
    assert len(shares(store._builder.source, None, engine.lines_at_once)) > 1
    pd.testing.assert_frame_equal(built(store, CUTOFFS[:2], name), whole, rtol=1e-9, atol=1e-9)


def test_a_day_told_later_leaves_earlier_cutoffs_as_they_stand(shop_home: Path) -> None:
    store = open_store(shop_home)
    store.build(CUTOFFS)
    append_line(store, NEWEST - timedelta(days=60), ingested_at=NEWEST - timedelta(days=1))
    again = store.build(CUTOFFS)
    assert (again.built, again.reused) == (1, len(CUTOFFS) - 1)
    assert "newcomer" in store.customers(NEWEST)
    assert "newcomer" not in store.customers(CUTOFFS[1])


def test_a_backfill_of_the_past_builds_everything_after_it_anew(shop_home: Path) -> None:
    store = open_store(shop_home)
    store.build(CUTOFFS)
    append_line(store, NEWEST - timedelta(days=20), ingested_at=None)
    assert store.build(CUTOFFS).built == 2
    assert "newcomer" in store.customers(CUTOFFS[1])


def test_a_late_line_from_before_the_checkpoint_makes_it_anew(shop_home: Path) -> None:
    store = open_store(shop_home)
    store.build([NEWEST])
    append_line(store, NEWEST - timedelta(days=300), ingested_at=NEWEST - timedelta(hours=1))
    rows = built(store, [NEWEST], "customer").set_index("customer_id")
    assert rows.loc["newcomer", "tenure_days"] == 300


def test_a_line_told_after_the_cutoff_is_not_taken_from_a_checkpoint(shop_home: Path) -> None:
    store = open_store(shop_home)
    append_line(store, NEWEST - timedelta(days=300), ingested_at=NEWEST + timedelta(hours=1))
    store.build([NEWEST, NEWEST + timedelta(days=1)])
    assert "newcomer" not in store.customers(NEWEST)
    assert "newcomer" in store.customers(NEWEST + timedelta(days=1))
