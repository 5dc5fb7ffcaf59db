"""Taking one person out of the lake, whatever state its files are in."""

from pathlib import Path

import pandas as pd
import pytest

from features.lake.compaction import Compaction
from features.lake.erasure import Person, erase, leads_of, rows_of
from features.lake.lake import Lake, frame_fingerprint


def add(lake: Lake, table: str, rows: list[dict]) -> None:
    frame = pd.DataFrame(rows)
    lake.append(table, [frame], source="test", fingerprint=frame_fingerprint(frame))


def line(order: str, who: str, amount: float = 1.0) -> dict:
    return {
        "order_id": order,
        "line_no": 1,
        "customer_id": who,
        "ordered_at": "2017-01-01T00:00:00Z",
        "quantity": 1,
        "net_amount": amount,
    }


@pytest.fixture
def filled(lake: Lake) -> Lake:
    """Return a lake of two people, with parts that were merged and rows that differed."""
    for number in range(4):
        add(lake, "order_lines", [line(f"R{number}", "annika"), line(f"S{number}", "bob")])
    lake.compact("order_lines", Compaction(fan_in=2, growth=1.0))
    add(lake, "order_lines", [line("R0", "annika", 2.0), line("S0", "bob", 3.0)])
    add(
        lake,
        "customers",
        [
            {"customer_id": "annika", "city": "Wuhan"},
            {"customer_id": "bob", "city": "Xi'an", "referrer_id": "annika"},
        ],
    )
    created = "2017-01-01T00:00:00Z"
    add(lake, "leads", [{"lead_id": "L1", "created_at": created, "customer_id": "annika"}])
    add(lake, "lead_outcomes", [{"lead_id": "L1", "decided_at": created, "outcome": "lost"}])
    return lake


def everything(root: Path) -> bytes:
    """Return what all files hold: Parquet as rows, the rest as it is."""
    found = b""
    for file in sorted(root.rglob("*")):
        if file.suffix == ".parquet":
            found += pd.read_parquet(file).to_csv().encode()
        elif file.is_file():
            found += file.read_bytes()
    return found


def test_every_row_and_every_old_file_of_a_person_goes(filled: Lake) -> None:
    root = filled.root
    assert b"annika" in everything(root)
    assert len(list((root / "order_lines").glob("part-*"))) > len(filled.parts("order_lines"))
    person = Person("annika", leads_of(root, "annika"))
    assert set(rows_of(root, person)) == {"order_lines", "customers", "leads", "lead_outcomes"}
    before = filled.fingerprint()
    assert erase(root, person) == {
        "order_lines": 4,
        "customers": 1,
        "leads": 1,
        "lead_outcomes": 1,
    }
    left = everything(root)
    assert b"annika" not in left
    assert b"R0" not in left
    assert b"L1" not in left
    assert filled.fingerprint() != before


def test_others_keep_their_rows_their_order_and_their_differences(filled: Lake) -> None:
    lines = filled.frame("order_lines")
    erase(filled.root, Person("annika", frozenset({"L1"})))
    kept = lines[lines.customer_id == "bob"].reset_index(drop=True)
    pd.testing.assert_frame_equal(filled.frame("order_lines"), kept)
    [bob] = filled.frame("customers").to_dict("records")
    assert (bob["customer_id"], bob["city"], bob["referrer_id"]) == ("bob", "Xi'an", None)
    assert not filled.has("leads")
    [conflicts] = (filled.root / "conflicts").glob("order_lines-*.csv")
    assert pd.read_csv(conflicts).order_id.tolist() == ["S0"]


def test_a_second_time_nothing_changes(filled: Lake) -> None:
    person = Person("annika", frozenset({"L1"}))
    erase(filled.root, person)
    before = {file: file.stat().st_mtime_ns for file in filled.root.rglob("part-*")}
    content = filled.fingerprint()
    assert erase(filled.root, person) == {}
    assert {file: file.stat().st_mtime_ns for file in filled.root.rglob("part-*")} == before
    assert filled.fingerprint() == content


def test_an_erasure_that_broke_off_before_the_old_files_went_is_finished(filled: Lake) -> None:
    person = Person("annika", frozenset({"L1"}))
    [old, *_] = filled.parts("order_lines")
    kept = old.read_bytes()
    erase(filled.root, person)
    old.write_bytes(kept)
    erase(filled.root, person)
    assert not old.exists()


def test_the_same_file_again_does_not_bring_a_person_back(filled: Lake) -> None:
    erase(filled.root, Person("annika", frozenset({"L1"})))
    add(filled, "order_lines", [line("R0", "annika"), line("S0", "bob")])
    assert set(filled.frame("order_lines").customer_id) == {"bob"}


def test_a_lake_that_holds_nothing_of_a_person_is_left_alone(lake: Lake) -> None:
    assert erase(lake.root, Person("annika")) == {}
    assert rows_of(lake.root, Person("annika")) == {}
