"""What every online store must do, on SQLite, PostgreSQL and Redis alike."""

import multiprocessing
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays as matrices

from features.errors import InputError
from features.online.backend import Backend, Note, keep
from features.online.open import open_backend
from features.online.packing import Kind, PackedRowError, layout_of, pack, unpack
from features.online.store import Materialized, OnlineStore
from tests.online_urls import BACKENDS, online_url

COLUMNS: dict[str, Kind] = {
    "recency_days": "number",
    "item_ids": "texts",
    "amount": "number",
    "prices": "numbers",
}
NOON = datetime(2017, 12, 25, 12, 0, 0, 123457, tzinfo=UTC)
TICK = timedelta(microseconds=1)


@pytest.fixture(params=BACKENDS)
def url(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    with online_url(request.param, tmp_path) as url:
        yield url


@pytest.fixture
def backend(url: str, tmp_path: Path) -> Iterator[Backend]:
    backend = open_backend(url, tmp_path)
    yield backend
    backend.close()


@pytest.fixture
def store(backend: Backend) -> OnlineStore:
    return OnlineStore(backend, "definitions-a")


def frame(ids: list[str], as_of: datetime = NOON, amount: float = 1.5) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "customer_id": ids,
            "as_of": pd.Series([as_of] * len(ids), dtype="datetime64[us, UTC]"),
            "recency_days": np.arange(len(ids), dtype="float64"),
            "amount": amount,
            "prices": [[1.0, 2.5]] * len(ids),
            "item_ids": [["a", "b"]] * len(ids),
        }
    )


def amounts(store: OnlineStore, ids: list[str]) -> list[float]:
    return store.read("customer", COLUMNS, ids)["amount"].tolist()


def test_what_is_put_is_read(store: OnlineStore) -> None:
    ids = ["one", "会员-张三", "", "nul\0inside", "\ud800"]
    put = frame(ids)
    put["amount"] = [np.nan, np.inf, -np.inf, -0.0, 5e-324]
    put["prices"] = [[], None, [np.nan, np.inf], [0.1], [-0.0]]
    put["item_ids"] = [None, [], ["奶粉", ""], ["\0", '"'], ["x" * 1000]]
    assert store.put("customer", COLUMNS, put) == 5
    found = store.read("customer", COLUMNS, ids)
    assert list(found.columns) == ["as_of", *COLUMNS]
    assert isinstance(found.index, pd.RangeIndex)
    assert str(found["as_of"].dtype) == "datetime64[us, UTC]"
    assert (found["as_of"] == NOON).all()
    assert found["amount"].to_numpy().tobytes() == put["amount"].to_numpy().tobytes()
    for name in ("prices", "item_ids"):
        assert found[name].map(repr).tolist() == put[name].map(repr).tolist()


def test_rows_come_in_the_order_asked_and_unknown_ids_have_no_moment(store: OnlineStore) -> None:
    store.put("customer", COLUMNS, frame(["a", "b", "c"]))
    found = store.read("customer", COLUMNS, ["c", "nobody", "a", "c"])
    assert found["recency_days"].tolist()[::2] == [2.0, 0.0]
    assert found["recency_days"].isna().tolist() == [False, True, False, False]
    assert found["as_of"].isna().tolist() == [False, True, False, False]
    assert found["prices"].tolist() == [[1.0, 2.5], None, [1.0, 2.5], [1.0, 2.5]]


def test_a_set_may_hold_only_arrays_or_only_numbers(store: OnlineStore) -> None:
    for kinds in ({"numbers", "texts"}, {"number"}):
        columns = {name: kind for name, kind in COLUMNS.items() if kind in kinds}
        put = frame(["a", "b"])[["customer_id", "as_of", *columns]]
        assert store.put("+".join(kinds), columns, put) == 2
        found = store.read("+".join(kinds), columns, ["b", "nobody", "a"])
        assert list(found.columns) == ["as_of", *columns]
        expected = put.loc[[1, 0], list(columns)].to_numpy().tolist()
        assert found.loc[[0, 2], list(columns)].to_numpy().tolist() == expected


def test_an_empty_store_answers(store: OnlineStore, backend: Backend) -> None:
    assert store.read("customer", COLUMNS, ["a"])["as_of"].isna().all()
    none = store.read("customer", COLUMNS, [])
    assert (len(none), list(none.columns)) == (0, ["as_of", *COLUMNS])
    assert str(none["as_of"].dtype) == "datetime64[us, UTC]"
    assert store.put("customer", COLUMNS, frame([])) == 0
    assert store.materialized() is None
    assert (backend.spaces(), backend.count("none")) == ([], 0)
    backend.drop("none")


def test_a_late_event_never_overwrites_a_newer_row(store: OnlineStore) -> None:
    ids = ["a", "b"]
    assert store.put("customer", COLUMNS, frame(ids, NOON, amount=1)) == 2
    assert store.put("customer", COLUMNS, frame(ids, NOON - TICK, amount=2)) == 0
    assert amounts(store, ids) == [1, 1]
    assert store.put("customer", COLUMNS, frame(["b", "c"], NOON - TICK, amount=3)) == 1
    assert amounts(store, ["a", "b", "c"]) == [1, 1, 3]


def test_an_equally_old_row_is_the_later_word(store: OnlineStore) -> None:
    store.put("customer", COLUMNS, frame(["a"], NOON, amount=1))
    assert store.put("customer", COLUMNS, frame(["a"], NOON, amount=2)) == 1
    assert store.put("customer", COLUMNS, frame(["a"], NOON + TICK, amount=3)) == 1
    assert amounts(store, ["a"]) == [3]


def test_of_two_rows_of_one_customer_in_a_frame_the_newer_counts(store: OnlineStore) -> None:
    moments = [NOON, NOON + TICK, NOON, NOON + TICK]
    put = frame(["a"] * 4).assign(amount=[1.0, 2.0, 3.0, 4.0])
    put["as_of"] = pd.Series(moments, dtype="datetime64[us, UTC]")
    assert store.put("customer", COLUMNS, put) == 1
    assert amounts(store, ["a"]) == [4]


@pytest.mark.parametrize("year", [1, 1969, 2300, 9999])
def test_moments_of_any_year_order_to_the_microsecond(backend: Backend, year: int) -> None:
    since = (datetime(year, 1, 2, tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // TICK
    assert backend.write("space", [("a", since, b"first")]) == 1
    assert backend.write("space", [("a", since - 1, b"late")]) == 0
    assert backend.read("space", ["a"]) == [(since, b"first")]
    assert backend.write("space", [("a", since + 1, b"next")]) == 1


def test_naive_moments_are_utc_as_in_files(store: OnlineStore) -> None:
    put = frame(["a"])
    put["as_of"] = put["as_of"].dt.tz_localize(None)
    store.put("customer", COLUMNS, put)
    assert store.read("customer", COLUMNS, ["a"])["as_of"].tolist() == [pd.Timestamp(NOON)]


def test_a_row_without_customer_or_moment_is_refused(store: OnlineStore) -> None:
    for name in ("customer_id", "as_of"):
        put = frame(["a", "b"])
        put.loc[1, name] = None
        with pytest.raises(InputError, match="customer_id or as_of"):
            store.put("customer", COLUMNS, put)
    assert amounts(store, ["a"])[0] != amounts(store, ["a"])[0]


def test_a_row_of_a_megabyte(store: OnlineStore) -> None:
    put = frame(["big", "small"])
    put["prices"] = [np.arange(131_072.0), np.array([1.0])]
    store.put("customer", COLUMNS, put)
    found = store.read("customer", COLUMNS, ["small", "big"])["prices"]
    assert [len(found[0]), len(found[1]), found[1][-1]] == [1, 131_072, 131_071.0]


def test_more_rows_than_fit_a_batch(store: OnlineStore, backend: Backend) -> None:
    ids = [f"customer-{place}" for place in range(11_000)]
    assert store.put("customer", COLUMNS, frame(ids)) == 11_000
    assert backend.count(store.space("customer")) == 11_000
    found = store.read("customer", COLUMNS, ids[::-1])["recency_days"]
    assert found.tolist() == list(np.arange(11_000.0)[::-1])


def test_rows_of_other_definitions_are_never_read(backend: Backend, store: OnlineStore) -> None:
    store.put("customer", COLUMNS, frame(["a"]))
    store.set_materialized(Materialized(NOON, NOON))
    other = OnlineStore(backend, "definitions-b")
    assert other.read("customer", COLUMNS, ["a"])["as_of"].isna().all()
    assert other.materialized() is None
    assert store.read("categories", COLUMNS, ["a"])["as_of"].isna().all()


def test_only_the_spaces_kept_remain(backend: Backend, store: OnlineStore) -> None:
    old = OnlineStore(backend, "definitions-0")
    for each in (old, store):
        each.put("customer", COLUMNS, frame(["a"]))
        each.set_materialized(Materialized(NOON, NOON))
    assert store.keep(["customer"]) == ["definitions-0", "definitions-0/customer"]
    assert backend.spaces() == ["definitions-a", "definitions-a/customer"]
    assert old.materialized() is None
    assert old.read("customer", COLUMNS, ["a"])["as_of"].isna().all()
    assert amounts(store, ["a"]) == [1.5]
    assert old.put("customer", COLUMNS, frame(["a"])) == 1
    assert keep(backend, []) == [
        "definitions-0/customer",
        "definitions-a",
        "definitions-a/customer",
    ]


def test_rows_are_not_read_with_columns_they_do_not_have(store: OnlineStore) -> None:
    store.put("customer", COLUMNS, frame(["a"]))
    backwards = dict(reversed(COLUMNS.items()))
    found = store.read("customer", backwards, ["a"])
    assert list(found.columns) == ["as_of", *backwards]
    assert found["amount"].tolist() == [1.5]
    fewer = {name: kind for name, kind in COLUMNS.items() if name != "amount"}
    others: list[dict[str, Kind]] = [fewer, {"amount": "number"}, {**COLUMNS, "amount": "texts"}]
    for columns in others:
        with pytest.raises(PackedRowError, match="does not hold the columns"):
            store.read("customer", columns, ["a"])


def test_the_newest_note_wins(backend: Backend, store: OnlineStore) -> None:
    later = NOON + timedelta(hours=1)
    store.set_materialized(Materialized(as_of=NOON, at=later))
    store.set_materialized(Materialized(as_of=NOON - TICK, at=later + TICK))
    assert store.materialized() == Materialized(as_of=NOON, at=later)
    store.set_materialized(Materialized(as_of=NOON, at=later + TICK))
    assert store.materialized() == Materialized(as_of=NOON, at=later + TICK)
    backend.set_note("other", Note(1, 2))
    assert backend.note("other") == Note(1, 2)
    assert backend.spaces() == ["definitions-a", "other"]


def test_another_process_reads_the_same(url: str, store: OnlineStore, tmp_path: Path) -> None:
    store.put("customer", COLUMNS, frame(["a"]))
    store.set_materialized(Materialized(NOON, NOON))
    second = OnlineStore(open_backend(url, tmp_path), "definitions-a")
    assert amounts(second, ["a"]) == [1.5]
    assert second.materialized() == store.materialized()
    second.close()
    assert amounts(second, ["a"]) == [1.5]  # a closed store opens again
    second.close()


IDS = [f"id-{place}" for place in range(40)]


def write_every_other(url: str, parity: int) -> int:
    """Write moments of one parity, in and out of order; return how many rows were stored."""
    backend, stored = open_backend(url, Path()), 0
    for as_of in [*range(parity, 60, 2), *range(parity, 30, 2)]:
        rows = [(each, as_of, str(as_of).encode()) for each in IDS]
        stored += backend.write("space", rows if as_of % 4 < 2 else rows[::-1])
    backend.close()
    return stored


def test_processes_writing_in_turns_end_with_the_newest(url: str, backend: Backend) -> None:
    with ProcessPoolExecutor(2, multiprocessing.get_context("spawn")) as pool:
        stored = list(pool.map(write_every_other, [url] * 2, [0, 1]))
    assert backend.read("space", IDS) == [(59, b"59")] * len(IDS)
    assert backend.count("space") == len(IDS)
    assert sum(stored) <= 60 * len(IDS)  # what was late was refused


def test_threads_may_read_and_write_at_once(backend: Backend) -> None:
    def work(as_of: int) -> list[Any]:
        backend.write("space", [(each, as_of, bytes([as_of]) * 500) for each in IDS])
        return backend.read("space", IDS)

    with ThreadPoolExecutor(8) as pool:
        for seen in pool.map(work, range(60)):
            assert all(packed == bytes([as_of]) * 500 for as_of, packed in seen)
    assert {as_of for as_of, _ in filter(None, backend.read("space", IDS))} == {59}


texts = st.lists(st.text(max_size=8), max_size=4) | st.none()
lists = st.lists(st.floats(width=64), max_size=4) | st.none()


@settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(data=st.data(), count=st.integers(0, 4), names=st.permutations(["b", "a", "é", "c_2"]))
def test_packing_is_undone_by_unpacking(data: st.DataObject, count: int, names: list[str]) -> None:
    kinds = st.sampled_from(["number", "numbers", "texts"])
    columns = tuple((name, data.draw(kinds)) for name in names)
    layout = layout_of(columns)
    bits = data.draw(matrices("uint64", (count, len(layout.numbers))))  # any NaN, too
    drawn = {
        name: data.draw(
            st.lists(texts if kind == "texts" else lists, min_size=count, max_size=count)
        )
        for name, kind in layout.arrays
    }
    packed = pack(layout, bits.view("float64"), drawn)
    numbers, arrays = unpack(layout_of(columns[::-1]), packed)
    assert numbers[:, ::-1].tobytes() == bits.tobytes()
    assert {name: repr(arrays[name]) for name in arrays} == {
        name: repr(drawn[name]) for name in drawn
    }


def test_removed_rows_are_gone_from_every_space_and_others_stay(
    store: OnlineStore, backend: Backend
) -> None:
    other = OnlineStore(backend, "definitions-b")
    assert store.remove("a") == 0
    for each in (store, other):
        each.put("customer", COLUMNS, frame(["a", "b"]))
    assert backend.remove("no such space", ["a"]) == 0
    assert backend.remove(store.space("customer"), []) == 0
    assert store.remove("a") == 2
    for each in (store, other):
        found = each.read("customer", COLUMNS, ["a", "b"])
        assert found["as_of"].isna().tolist() == [True, False]
    assert store.remove("a") == 0
