"""Feast's own calls on the packed rows: the same rows that OnlineStore reads and writes."""

import asyncio
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
from feast.types import Array, Float64, Int64, String

from features.errors import InputError
from features.online.feast_store import FEAST_TYPE
from features.online.open import open_backend
from features.online.packing import Kind
from features.online.store import OnlineStore
from tests.online_urls import BACKENDS, online_url

NOON = datetime(2017, 12, 25, 12, 0, 0, 123457, tzinfo=UTC)
TICK = timedelta(microseconds=1)
COLUMNS: dict[str, Kind] = {
    "zeta": "number",
    "items": "texts",
    "alpha": "number",
    "prices": "numbers",
}
REFS = [f"customer:{name}" for name in ("alpha", "items", "zeta", "prices")]
CUSTOMER = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)


def view(folder: Path, **types: Any) -> FeatureView:
    types = types or {
        "zeta": Float64,
        "items": Array(String),
        "alpha": Float64,
        "prices": Array(Float64),
    }
    fields = [Field(name=name, dtype=dtype) for name, dtype in types.items()]
    return FeatureView(
        name="customer",
        entities=[CUSTOMER],
        schema=[Field(name="customer_id", dtype=String), *fields],
        source=FileSource(name="files", path=str(folder / "rows.parquet"), timestamp_field="as_of"),
        ttl=timedelta(days=35),
    )


def rows(ids: list[str], as_of: datetime = NOON, alpha: float = 1.5) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ids,
            "as_of": pd.Series([as_of] * len(ids), dtype="datetime64[us, UTC]"),
            "zeta": np.arange(len(ids), dtype="float64"),
            "alpha": alpha,
            "items": [["奶粉", "b"]] * len(ids),
            "prices": [[1.0, 2.5]] * len(ids),
        }
    )


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with online_url(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def feast(url: str, tmp_path: Path) -> Iterator[FeatureStore]:
    """Return Feast over the packed store, with one view applied and one file behind it."""
    config = RepoConfig(
        project="shuke",
        provider="local",
        registry=str(tmp_path / "registry.db"),
        offline_store={"type": "duckdb"},
        online_store={
            "type": FEAST_TYPE,
            "url": url,
            "folder": str(tmp_path / "online"),
            "definitions": "definitions-a",
        },
        entity_key_serialization_version=3,
    )
    rows(["a", "b"]).to_parquet(tmp_path / "rows.parquet")
    store = FeatureStore(config=config)
    store.apply([CUSTOMER, view(tmp_path)])
    yield store
    asyncio.run(store.close())


@pytest.fixture
def ours(url: str, tmp_path: Path) -> Iterator[OnlineStore]:
    store = OnlineStore(open_backend(url, tmp_path / "online"), "definitions-a")
    yield store
    store.close()


def online(feast: FeatureStore, ids: list[str], refs: list[str] = REFS) -> dict[str, list[Any]]:
    answer = feast.get_online_features(features=refs, entity_rows={"customer_id": ids})
    columns: dict[str, list[Any]] = answer.to_dict()
    return columns


def test_rows_come_in_the_order_asked_with_gaps_for_strangers(feast: FeatureStore) -> None:
    feast.write_to_online_store("customer", df=rows(["a", "b", "会员"]))
    assert online(feast, ["会员", "nobody", "a", "会员"]) == {
        "customer_id": ["会员", "nobody", "a", "会员"],
        "alpha": [1.5, None, 1.5, 1.5],
        "items": [["奶粉", "b"], None, ["奶粉", "b"], ["奶粉", "b"]],
        "zeta": [2.0, None, 0.0, 2.0],
        "prices": [[1.0, 2.5], None, [1.0, 2.5], [1.0, 2.5]],
    }


def test_each_column_keeps_its_values_whatever_is_asked_in_whatever_order(
    feast: FeatureStore,
) -> None:
    feast.write_to_online_store("customer", df=rows(["a", "b"]))
    asked = ["customer:zeta", "customer:alpha"]
    for refs in (asked, asked[::-1]):
        found = online(feast, ["b"], refs)
        assert (found["zeta"], found["alpha"]) == ([1.0], [1.5])
        assert set(found) == {"customer_id", "zeta", "alpha"}


def test_a_late_event_never_overwrites_a_newer_row(feast: FeatureStore) -> None:
    feast.write_to_online_store("customer", df=rows(["a"], NOON, alpha=1))
    feast.write_to_online_store("customer", df=rows(["a", "b"], NOON - TICK, alpha=2))
    assert online(feast, ["a", "b"])["alpha"] == [1, 2]
    feast.write_to_online_store("customer", df=rows(["a", "b"], NOON, alpha=3))
    assert online(feast, ["a", "b"])["alpha"] == [3, 3]


def test_moments_are_kept_to_the_microsecond(feast: FeatureStore, ours: OnlineStore) -> None:
    feast.write_to_online_store("customer", df=rows(["a"]))
    answer = feast.get_online_features(features=REFS, entity_rows={"customer_id": ["a", "no"]})
    for column in answer.proto.results[1:]:
        known, unknown = column.event_timestamps
        assert known.ToDatetime(tzinfo=UTC) == NOON
        assert unknown.ToMicroseconds() == 0
    assert ours.read("customer", COLUMNS, ["a"])["as_of"].tolist() == [pd.Timestamp(NOON)]


def test_both_sides_read_what_the_other_wrote(feast: FeatureStore, ours: OnlineStore) -> None:
    odd = rows(["a", "b", "c"])
    odd["alpha"] = [np.inf, np.nan, 0.1]
    odd["prices"] = [[], None, [np.inf]]
    odd["items"] = [None, [], ["x"]]
    ids = list(odd["customer_id"])
    ours.put("customer", COLUMNS, odd)
    before = ours.read("customer", COLUMNS, ids)
    found = online(feast, ids)
    assert found["alpha"] == [np.inf, None, 0.1]
    assert found["prices"] == [[], None, [np.inf]]
    assert found["items"] == [None, [], ["x"]]
    feast.write_to_online_store("customer", df=odd)
    pd.testing.assert_frame_equal(ours.read("customer", COLUMNS, ids), before)


def test_feast_materializes_files_and_ours_keeps_newer_rows(
    feast: FeatureStore, ours: OnlineStore
) -> None:
    ours.put("customer", COLUMNS, rows(["b"], NOON + TICK, alpha=9))
    feast.materialize(NOON - timedelta(days=1), NOON + timedelta(days=1))
    found = ours.read("customer", COLUMNS, ["a", "b", "c"])
    assert found["alpha"].tolist()[:2] == [1.5, 9]
    assert found["as_of"].isna().tolist() == [False, False, True]


def test_another_version_of_the_definitions_sees_nothing(
    feast: FeatureStore, url: str, tmp_path: Path
) -> None:
    feast.write_to_online_store("customer", df=rows(["a"]))
    other = OnlineStore(open_backend(url, tmp_path / "online"), "definitions-b")
    assert other.read("customer", COLUMNS, ["a"])["as_of"].isna().all()
    other.close()


def test_a_view_that_is_no_more_takes_its_rows_along(
    feast: FeatureStore, ours: OnlineStore, tmp_path: Path
) -> None:
    ours.put("customer", COLUMNS, rows(["a"]))
    feast.apply([CUSTOMER], objects_to_delete=[view(tmp_path)], partial=False)
    assert ours.read("customer", COLUMNS, ["a"])["as_of"].isna().all()


def test_a_type_that_cannot_be_packed_is_refused_when_applied(
    feast: FeatureStore, tmp_path: Path
) -> None:
    with pytest.raises(InputError, match="cannot hold the type Int64") as caught:
        feast.apply([CUSTOMER, view(tmp_path, visits=Int64)])
    assert caught.value.where == "customer.visits"
