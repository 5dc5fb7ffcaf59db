"""Several processes on one lake, and processes that are killed."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pandas as pd
import pytest
from filelock import FileLock

from features.errors import StateError
from features.lake.lake import Lake
from features.lake.locks import Patience, exclusive, staging

ROWS = 400
WRITER = """
import sys
from pathlib import Path
import pandas as pd
from features.lake.lake import Lake

root, name, first, count, appends = Path(sys.argv[1]), sys.argv[2], *map(int, sys.argv[3:])
lake = Lake(root, threads=1)
lake.con
print("ready", flush=True)
sys.stdin.readline()
for number in range(appends):
    ids = [f"P{i}" for i in range(first + number * count, first + (number + 1) * count)]
    name_of = f"{name}-{number}"
    lake.append("products", [pd.DataFrame({"product_id": ids})], source=name, fingerprint=name_of)
    if number % 4 == 3:
        lake.compact("products")
print("done", flush=True)
"""


def writer(root: Path, name: str, first: int = 0, count: int = ROWS, appends: int = 1):
    arguments = [str(root), name, str(first), str(count), str(appends)]
    return subprocess.Popen(
        [sys.executable, "-W", "ignore", "-c", WRITER, *arguments],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def begin(process) -> None:
    assert process.stdout.readline() == "ready\n"
    process.stdin.write("go\n")
    process.stdin.flush()


def told(lake: Lake, total: str) -> int:
    lines = (lake.root / "imports.jsonl").read_text().splitlines()
    entries = [json.loads(line) for line in lines]
    for entry in entries:
        assert entry["read"] == entry["accepted"] + entry["quarantined"] + entry["duplicates"]
    return sum(entry[total] for entry in entries)


def left_over(lake: Lake) -> list[Path]:
    return list(lake.root.glob(".staging-*"))


def test_two_processes_that_bring_the_same_rows_add_them_once(lake):
    both = [writer(lake.root, name, appends=6) for name in ("one", "other")]
    for process in both:
        begin(process)
    assert [process.communicate(timeout=100)[0] for process in both] == ["done\n"] * 2
    ids = lake.frame("products")["product_id"]
    assert ids.is_unique
    assert len(ids) == told(lake, "accepted") == told(lake, "duplicates") == 6 * ROWS
    assert left_over(lake) == []


def test_two_processes_that_bring_different_rows_lose_none(lake):
    both = [writer(lake.root, name, first, appends=6) for name, first in [("a", 0), ("b", 10**6)]]
    for process in both:
        begin(process)
    assert [process.communicate(timeout=100)[0] for process in both] == ["done\n"] * 2
    assert len(lake.frame("products")) == told(lake, "accepted") == 12 * ROWS


def test_a_killed_process_leaves_nothing_half_done_and_a_rerun_completes(lake):
    chance, appends = random.Random(5), 12
    for _ in range(6):
        process = writer(lake.root, "again", appends=appends)
        begin(process)
        time.sleep(chance.uniform(0.02, 0.5))
        process.kill()
        process.communicate()
        seen = lake.frame("products")["product_id"] if lake.has("products") else pd.Series()
        assert seen.is_unique
        assert len(seen) % ROWS == 0
    process = writer(lake.root, "again", appends=appends)
    begin(process)
    assert process.communicate(timeout=100)[0] == "done\n"
    ids = lake.frame("products")["product_id"]
    assert ids.is_unique
    assert len(ids) == appends * ROWS == told(lake, "accepted") == told(lake, "read")
    assert left_over(lake) == []


def test_an_import_that_a_crash_kept_from_the_ledger_is_told_later_and_once(lake):
    rows = pd.DataFrame({"product_id": ["a", "b"]})
    lake.append("products", [rows], source="one", fingerprint="one")
    (lake.root / "imports.jsonl").unlink()
    lake.append("products", [rows.tail(1)], source="two", fingerprint="two")
    again = lake.append("products", [rows], source="one", fingerprint="one")
    assert (told(lake, "accepted"), told(lake, "duplicates")) == (2, 1)
    assert (again.accepted, again.duplicates) == (0, 2)


def test_folders_of_killed_imports_are_swept_and_those_at_work_are_not(lake):
    dead = lake.root / ".staging-dead"
    dead.mkdir(parents=True)
    (dead / "good.parquet").write_bytes(b"half")
    with staging(lake.root) as at_work:
        lake.append("products", [pd.DataFrame({"product_id": ["a"]})], source="", fingerprint="one")
        assert left_over(lake) == [at_work]
    assert left_over(lake) == []


def test_a_writer_that_waits_too_long_says_so(lake):
    lake.root.mkdir(parents=True)
    with (
        FileLock(lake.root / ".lock"),
        pytest.raises(StateError, match=r"Another process.*try again"),
        exclusive(lake.root, Patience(seconds=0.1)),
    ):
        raise AssertionError("two writers at once")


def test_reading_does_not_wait_for_writers(lake):
    lake.append("products", [pd.DataFrame({"product_id": ["a"]})], source="", fingerprint="one")
    with exclusive(lake.root):
        assert len(lake.frame("products")) == 1
