"""Parts, their list, and merging them."""

import json
from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from features.lake import manifest
from features.lake.compaction import Compaction, mergeable
from features.lake.lake import Lake
from features.lake.ledger import ImportReport, Ledger
from features.lake.manifest import Part

PAIRS = Compaction(fan_in=2, growth=1)


def append(lake, *ids, name=None):
    frame = pd.DataFrame({"product_id": list(ids)})
    name = name or "".join(ids)
    return lake.append("products", [frame], source=name, fingerprint=name)


def ids(table):
    return table.execute()["product_id"].tolist()


def test_parts_are_listed_in_the_order_they_came_in(lake):
    assert lake.parts("products") == []
    for name in "qazwsx":
        append(lake, name)
    held = [pq.read_table(p, columns=["product_id"])[0][0].as_py() for p in lake.parts("products")]
    assert held == list("qazwsx")
    assert ids(lake.table("products")) == held


def test_a_file_on_no_list_does_not_exist(lake):
    append(lake, "a")
    part = lake.parts("products")[0]
    part.with_name("part-0123456789abcdef.parquet").write_bytes(part.read_bytes())
    assert ids(lake.table("products")) == ["a"]


def test_a_lake_of_an_earlier_version_has_every_file_on_its_list(lake):
    for name in "cab":
        append(lake, name)
    before = lake.fingerprint()
    (lake.root / "products" / "manifest.json").unlink()
    assert ids(lake.table("products")) == list("cab")
    assert lake.fingerprint() == before
    append(lake, "d")
    assert ids(lake.table("products")) == list("cabd")
    assert (lake.root / "products" / "manifest.json").exists()


def test_compaction_keeps_rows_order_and_fingerprint(lake):
    for name in "hgfedcba":
        append(lake, name)
    before = lake.fingerprint()
    assert lake.compact("products") == 7
    assert len(lake.parts("products")) == 1
    assert ids(lake.table("products")) == list("hgfedcba")
    assert lake.fingerprint() == before
    assert lake.compact("products") == 0
    assert append(lake, "a", name="again").duplicates == 1
    append(lake, "z")
    assert lake.fingerprint() != before
    assert ids(lake.table("products")) == list("hgfedcbaz")


def test_who_reads_while_parts_are_merged_sees_every_row_once(lake):
    for name in "ab":
        append(lake, name)
    reading = Lake(lake.root, threads=1)
    begun = reading.table("products")
    assert lake.compact("products", PAIRS) == 1
    assert ids(begun) == ids(lake.table("products")) == ["a", "b"]


def test_merged_parts_are_removed_when_no_reader_can_be_at_them_any_more(lake):
    for name in "ab":
        append(lake, name)
    old = lake.parts("products")
    lake.compact("products", PAIRS)
    assert all(part.exists() for part in old)
    file = lake.root / "products" / manifest.NAME
    state = json.loads(file.read_text())
    left = datetime.now(UTC) - PAIRS.keep - timedelta(minutes=1)
    state["retired"] = dict.fromkeys(state["retired"], left.isoformat())
    file.write_text(json.dumps(state))
    assert lake.compact("products", PAIRS) == 0
    assert not any(part.exists() for part in old)
    assert ids(lake.table("products")) == ["a", "b"]


def test_merging_parts_of_two_versions_gives_every_column(lake):
    for name in "ab":
        append(lake, name)
    part = lake.parts("products")[0]
    pq.write_table(pq.read_table(part).drop_columns(["brand"]), part)
    lake.compact("products", PAIRS)
    assert "brand" in pq.read_schema(lake.parts("products")[0]).names


def test_nothing_to_merge_changes_nothing(lake):
    assert lake.compact("products") == 0
    append(lake, "a")
    assert lake.compact("products") == 0


def sizes(parts):
    return [part.rows for part in parts]


@pytest.mark.parametrize(
    ("rows", "merged"),
    [
        ([1] * 7, []),
        ([1] * 8, [1] * 8),
        ([100, *[1] * 8], [1] * 8),
        ([2_000_000, *[900_000] * 20], [900_000] * 8),
        ([1_000_000] * 20, []),
        ([*[9] * 4, 1, *[9] * 4], [*[9] * 4, 1, *[9] * 4]),
        ([100, *[1] * 7, 100], []),
    ],
)
def test_small_parts_side_by_side_are_merged_and_large_ones_left(rows, merged):
    assert sizes(mergeable([Part(str(i), n) for i, n in enumerate(rows)])) == merged


def rows_of_flushes(kind, count=2_000):
    rng = np.random.default_rng(1)
    night = np.arange(count) % 600 < 300
    return {
        "alike": np.full(count, 100),
        "any": rng.integers(1, 5_000, count),
        "by day and by night": rng.integers(1, np.where(night, 10, 2_000)),
    }[kind].tolist()


@pytest.mark.parametrize("kind", ["alike", "any", "by day and by night"])
def test_a_table_that_is_appended_to_often_has_few_parts_and_rarely_rewrites_a_row(kind):
    state, written, most = manifest.Manifest(), 0, 0
    flushes = rows_of_flushes(kind)
    for number, rows in enumerate(flushes):
        state = state.added(Part(f"a{number}", rows), {})
        while run := mergeable(state.parts):
            into = Part(f"m{number}-{written}", sum(sizes(run)))
            written += into.rows
            state = state.merged(run, into, datetime(2026, 1, 1, tzinfo=UTC))
        most = max(most, len(state.parts))
    assert sum(sizes(state.parts)) == sum(flushes)
    assert most < 60
    assert written < 4 * sum(flushes)


def report(table="leads"):
    return ImportReport(table, "a file", 3, 1, 1, 1)


def test_a_line_of_the_ledger_torn_by_a_crash_is_ignored_and_replaced(tmp_path):
    ledger = Ledger(tmp_path / "imports.jsonl")
    ledger.add(ledger.entry(report(), "first"))
    whole = ledger.path.read_bytes()
    ledger.path.write_bytes(whole + whole[: len(whole) // 2].replace(b"first", b"torn"))
    assert ledger.find("leads", "first") == report()
    assert ledger.find("leads", "torn") is None
    ledger.add(ledger.entry(report(), "second"))
    lines = [json.loads(line) for line in ledger.path.read_text().splitlines()]
    assert [line["fingerprint"] for line in lines] == ["first", "second"]


@pytest.mark.parametrize("torn", [b"x", b"x" * 10_000])
def test_a_ledger_that_is_nothing_but_a_torn_line_starts_anew(tmp_path, torn):
    ledger = Ledger(tmp_path / "imports.jsonl")
    ledger.path.write_bytes(torn)
    ledger.add(ledger.entry(report(), "first"))
    assert len(ledger.path.read_text().splitlines()) == 1
    assert ledger.find("leads", "first") == report()


def test_adding_to_the_ledger_leaves_what_stands_as_it_is(tmp_path):
    ledger = Ledger(tmp_path / "imports.jsonl")
    ledger.path.write_text("what stands\n" * 1_000)
    file = ledger.path.stat().st_ino
    ledger.add(ledger.entry(report(), "first"))
    assert ledger.path.stat().st_ino == file
    assert ledger.path.read_text().startswith("what stands\n" * 1_000)


def test_the_ledger_of_an_earlier_version_is_read(tmp_path):
    ledger = Ledger(tmp_path / "imports.jsonl")
    old = {"table": "leads", "source": "a file", "read": 3, "accepted": 1, "quarantined": 1}
    old |= {"duplicates": 1, "quarantine_file": None, "fingerprint": "f", "at": "2025-01-01"}
    ledger.path.write_text(json.dumps(old) + "\n")
    assert ledger.find("leads", "f") == report()
    assert ledger.find("order_lines", "f") is None
