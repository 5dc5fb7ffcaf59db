"""The online store: one row per customer, the newest."""

import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from features.errors import FeaturesMissingError
from features.store import Store
from features.transforms.categories import ARRAYS
from tests.integration.features_store.conftest import CUTOFFS, NEWEST, open_store

SERVICE = "churn_28d_v1"


@pytest.fixture
def time_zone(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[str], None]]:
    """Return a way to move this machine to another time zone."""

    def move(name: str) -> None:
        monkeypatch.setenv("TZ", name)
        time.tzset()

    yield move
    monkeypatch.undo()
    time.tzset()


def test_online_history_and_built_rows_are_the_same(store: Store) -> None:
    ids, names = store.customers(NEWEST), store.feature_names(SERVICE)
    online = store.online(SERVICE, ids)
    history = store.history(SERVICE, pd.DataFrame({"customer_id": ids, "as_of": NEWEST}))
    assert (online["as_of"] == NEWEST).all()
    pd.testing.assert_frame_equal(online[names], history[names], rtol=1e-9, atol=1e-9)


def test_candidate_categories_are_the_same_online(store: Store) -> None:
    ids = store.customers(NEWEST)[:20]
    online = store.online("next_purchase_v1", ids)
    history = store.history("next_purchase_v1", pd.DataFrame({"customer_id": ids, "as_of": NEWEST}))
    for name in ARRAYS:
        assert online[name].map(str).tolist() == history[name].map(str).tolist()
        assert online[name].map(len).min() > 0


def test_rows_come_in_the_order_asked_and_unknown_ids_have_no_moment(store: Store) -> None:
    first, second, *_ = store.customers(NEWEST)
    found = store.online(SERVICE, [second, "nobody", first, second])
    assert list(found["customer_id"]) == [second, "nobody", first, second]
    assert list(found["as_of"].isna()) == [False, True, False, False]
    assert found.loc[1, store.feature_names(SERVICE)].isna().all()
    assert str(found["as_of"].dtype) == "datetime64[us, UTC]"


def test_nobody_asked_for_gives_no_rows(store: Store) -> None:
    found = store.online(SERVICE, [])
    assert found.empty
    assert list(found.columns) == ["customer_id", "as_of", *store.feature_names(SERVICE)]


def test_threads_may_read_at_once(store: Store) -> None:
    ids = store.customers(NEWEST)[:8]
    expected = store.online(SERVICE, ids)
    with ThreadPoolExecutor(4) as pool:
        for found in pool.map(lambda _: store.online(SERVICE, ids), range(12)):
            pd.testing.assert_frame_equal(found, expected)


def test_a_late_materialization_overwrites_no_newer_row(own_home: Path) -> None:
    store = open_store(own_home)
    store.build(CUTOFFS[:2])
    older = CUTOFFS[1]
    assert store.materialize(older) == len(store.customers(older))
    assert store.materialize(NEWEST) == len(store.customers(NEWEST))
    before = store.online(SERVICE, store.customers(NEWEST))
    assert store.materialize(older) == 0
    pd.testing.assert_frame_equal(store.online(SERVICE, store.customers(NEWEST)), before)
    said = store.materialized()
    assert said is not None
    assert said.as_of == NEWEST


def test_a_second_process_reads_what_the_first_put_there(store: Store, small_home: Path) -> None:
    ids = store.customers(NEWEST)[:3]
    other = open_store(small_home)
    pd.testing.assert_frame_equal(other.online(SERVICE, ids), store.online(SERVICE, ids))
    assert other.materialized() == store.materialized()


def test_the_time_zone_of_the_machine_does_not_matter(
    own_home: Path, time_zone: Callable[[str], None]
) -> None:
    time_zone("Asia/Shanghai")
    writer = open_store(own_home)
    writer.build([NEWEST])
    writer.materialize(NEWEST)
    ids = writer.customers(NEWEST)[:2]
    time_zone("America/New_York")
    reader = open_store(own_home)
    found = reader.online(SERVICE, ids)
    asked = pd.DataFrame({"customer_id": ids, "as_of": NEWEST})
    names = reader.feature_names(SERVICE)
    assert (found["as_of"] == NEWEST).all()
    pd.testing.assert_frame_equal(found[names], reader.history(SERVICE, asked)[names])


def test_before_the_first_materialization_online_says_what_to_do(own_home: Path) -> None:
    store = open_store(own_home)
    assert store.materialized() is None
    with pytest.raises(FeaturesMissingError, match="shuke features materialize"):
        store.online(SERVICE, ["anyone"])


def test_materializing_a_moment_that_was_not_built_says_what_to_do(store: Store) -> None:
    with pytest.raises(FeaturesMissingError, match="shuke features build"):
        store.materialize(NEWEST - timedelta(days=1))
