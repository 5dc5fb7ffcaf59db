"""Building: what stands is reused, what changed is built again, nothing is half written."""

from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from features import feature_sets
from features import store as store_module
from features.errors import CutoffError, FeaturesMissingError, TableMissingError
from features.lake.lake import Lake, frame_fingerprint
from features.settings import Settings
from features.store import Store
from tests.integration.features_store.conftest import CUTOFFS, NEWEST, open_store
from tests.synthetic import ShopConfig, fill, simulate

SERVICE = "churn_28d_v1"


def _names(home: Path) -> list[str]:
    """Return the feature files; checkpoints of the past lie beside them."""
    folder = home / "features"
    return sorted(str(path.relative_to(home)) for path in folder.glob("c*/**/*") if path.is_file())


def test_a_rebuild_reuses_every_file(own_home: Path) -> None:
    first = open_store(own_home).build(CUTOFFS, service=SERVICE)
    again = open_store(own_home).build(CUTOFFS, service=SERVICE)
    assert (first.built, first.reused) == (len(CUTOFFS), 0)
    assert (again.built, again.reused) == (0, len(CUTOFFS))
    assert again.rows == first.rows > 0


def test_one_file_per_cutoff_and_nothing_else(own_home: Path) -> None:
    open_store(own_home).build([NEWEST], service=SERVICE)
    assert _names(own_home) == ["features/customer/as_of=2017-12-25T000000.parquet"]


def test_new_data_is_built_anew(tmp_path: Path) -> None:
    shop = simulate(ShopConfig(customers=30))
    fill(Lake(tmp_path / "lake", threads=1), shop)
    store = open_store(tmp_path)
    store.build([NEWEST], service=SERVICE)
    more = shop.tables["order_lines"].head(1).assign(order_id="late", customer_id="newcomer")
    store._lake.append("order_lines", [more], source="late", fingerprint=frame_fingerprint(more))
    assert store.build([NEWEST], service=SERVICE).built == 1
    assert "newcomer" in store.customers(NEWEST)


def test_other_definitions_are_built_anew_and_never_served(
    own_home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    store = open_store(own_home)
    store.build(CUTOFFS[:2])
    store.materialize(NEWEST)
    [customer, *_] = store.customers(NEWEST)
    monkeypatch.setattr(store_module, "definitions_fingerprint", lambda: "changed")
    changed = open_store(own_home)
    asked = pd.DataFrame({"customer_id": [customer], "as_of": [NEWEST]})
    with pytest.raises(FeaturesMissingError):
        changed.history(SERVICE, asked)
    with pytest.raises(FeaturesMissingError):
        changed.online(SERVICE, [customer])
    assert changed.build([NEWEST]).built == 1
    assert changed.history(SERVICE, asked)["recency_days"].notna().all()
    assert len(_names(own_home)) == len(feature_sets.SETS)


def test_cutoffs_of_several_services_are_built_in_one_go(own_home: Path) -> None:
    store = open_store(own_home)
    report = store.build([NEWEST], services={SERVICE: CUTOFFS[1:3]})
    assert report.built == 3
    folders = [name.split("/")[1] for name in _names(own_home)]
    assert folders.count("customer") == 3
    assert folders.count("categories") == 1


def test_progress_counts_every_file(own_home: Path) -> None:
    counted: list[int] = []
    open_store(own_home).build(CUTOFFS[:2], progress=counted.append)
    assert sum(counted) == 2 * len(feature_sets.SETS)


@pytest.mark.parametrize("days", [-400, 400])
def test_a_cutoff_outside_the_data_names_what_is_allowed(store: Store, days: int) -> None:
    first, last = store._lake.first_moment(), store._lake.last_moment()
    with pytest.raises(CutoffError) as caught:
        store.build([NEWEST + timedelta(days=days)])
    assert f"{first:%Y-%m-%d}" in str(caught.value)
    assert f"{last:%Y-%m-%d}" in str(caught.value)


def test_without_orders_there_is_nothing_to_build(tmp_path: Path) -> None:
    store = Store(Settings(home=tmp_path), Lake(tmp_path / "lake"))
    with pytest.raises(TableMissingError, match="order_lines"):
        store.build([NEWEST])


def test_a_torn_file_is_built_again(own_home: Path) -> None:
    store = open_store(own_home)
    store.build([NEWEST], service=SERVICE)
    [path] = (own_home / "features" / "customer").glob("as_of=*.parquet")
    path.write_bytes(path.read_bytes()[:200])
    assert store.build([NEWEST], service=SERVICE).built == 1
    assert store.customers(NEWEST)


def test_opening_a_store_makes_nothing(tmp_path: Path) -> None:
    open_store(tmp_path)
    assert list(tmp_path.iterdir()) == []
