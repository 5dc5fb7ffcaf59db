from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from features.errors import TableMissingError
from features.lake.lake import Lake, frame_fingerprint

NO_AMOUNT = pd.DataFrame({"lead_id": ["a", "b"], "decided_at": "2017-03-01", "outcome": "lost"})


def outcomes(*rows):
    return pd.DataFrame(rows, columns=["lead_id", "decided_at", "outcome", "amount"], dtype=object)


def append(lake, *chunks, name="one"):
    return lake.append("lead_outcomes", chunks, source=name, fingerprint=name)


def totals(report):
    return report.read, report.accepted, report.quarantined, report.duplicates


def test_rows_are_accepted_quarantined_or_duplicates(lake):
    good = ("a", "2017-03-01", "won", 1.0), ("b", "2017-03-01", "converted", 1.0)
    report = append(lake, outcomes(*good, ("b", "2017-03-02", "lost", None)))
    assert totals(report) == (3, 1, 1, 1)
    assert pd.read_csv(report.quarantine_file).to_dict("records") == [
        {
            "row": 1,
            "column": "outcome",
            "reason": "is not one of converted, lost",
            "value": "won",
        }
    ]


def test_the_first_of_two_rows_with_one_key_stands(lake):
    append(lake, outcomes(("b", "2017-03-01", "lost", 0)), outcomes(("b", "2018-01-01", "lost", 0)))
    append(lake, outcomes(("b", "2017-06-01", "converted", 9)), name="two")
    assert lake.frame("lead_outcomes")["decided_at"].tolist() == [
        pd.Timestamp("2017-03-01", tz="UTC")
    ]


def test_rows_are_numbered_across_chunks(lake):
    bad = outcomes(("a", "soon", "lost", 0))
    report = append(lake, bad, bad, bad)
    assert pd.read_csv(report.quarantine_file)["row"].tolist() == [1, 2, 3]


def test_a_known_source_is_not_read_again(lake):
    def never():
        raise AssertionError("read again")
        yield

    first = append(lake, NO_AMOUNT)
    again = lake.append("lead_outcomes", never(), source="one", fingerprint="one")
    assert totals(first) == (2, 2, 0, 0)
    assert totals(again) == (2, 0, 0, 2)


def test_a_moved_lake_still_finds_its_quarantine(lake, tmp_path):
    append(lake, outcomes(("a", "soon", "lost", 0)))
    moved = Lake(lake.root.rename(tmp_path / "moved"), threads=1)
    again = append(moved, name="one")
    assert again.quarantine_file.parent == tmp_path / "moved" / "quarantine"
    assert again.quarantine_file.exists()


def test_progress_hears_of_every_row(lake):
    heard = []
    lake.append(
        "lead_outcomes", [NO_AMOUNT, NO_AMOUNT], source="", fingerprint="x", progress=heard.append
    )
    assert heard == [2, 2]


def test_a_crash_while_reading_leaves_no_trace(lake):
    def crashing():
        yield NO_AMOUNT
        raise OSError("disk gone")

    with pytest.raises(OSError, match="disk gone"):
        lake.append("lead_outcomes", crashing(), source="one", fingerprint="one")
    assert not lake.has("lead_outcomes")
    assert totals(append(lake, NO_AMOUNT)) == (2, 2, 0, 0)


def test_a_part_left_by_a_crash_before_the_ledger_is_not_counted_twice(lake):
    append(lake, NO_AMOUNT)
    (lake.root / "imports.jsonl").unlink()
    assert totals(append(lake, NO_AMOUNT)) == (2, 0, 0, 2)
    assert len(lake.frame("lead_outcomes")) == 2


def test_the_fingerprint_changes_with_the_content_and_only_then(lake, tmp_path):
    empty = lake.fingerprint()
    append(lake, NO_AMOUNT)
    filled = lake.fingerprint()
    append(lake, NO_AMOUNT, name="the same under another name")
    other = Lake(tmp_path / "other", threads=1)
    append(other, NO_AMOUNT, name="elsewhere")
    assert filled not in (empty, "")
    assert lake.fingerprint() == other.fingerprint() == filled
    append(lake, outcomes(("c", "2017-03-01", "lost", 0)), name="more")
    assert lake.fingerprint() != filled


def test_a_lake_without_the_table_says_what_to_do(lake):
    with pytest.raises(TableMissingError, match="Import it first"):
        lake.today()
    assert not lake.root.exists()


def test_a_frame_of_other_content_has_another_fingerprint():
    other = NO_AMOUNT.assign(lead_id=["b", "a"])
    assert frame_fingerprint(NO_AMOUNT) == frame_fingerprint(NO_AMOUNT.copy())
    assert frame_fingerprint(NO_AMOUNT) != frame_fingerprint(other)
    assert frame_fingerprint(NO_AMOUNT) != frame_fingerprint(NO_AMOUNT.rename(columns=str.upper))


ROWS = st.tuples(
    st.sampled_from(["a", "b", "c", "", 7, 7.0, None]),
    st.sampled_from(["2017-03-01", "1970-01-01", "soon", None, pd.Timestamp("2018-01-01")]),
    st.sampled_from(["lost", "converted", "won", None]),
    st.sampled_from([None, 1, -1.0, "inf", "1.5", "x"]),
)


@given(st.lists(st.lists(ROWS, max_size=6), max_size=3), st.lists(ROWS, max_size=4))
@settings(max_examples=15, deadline=None)
def test_totals_add_up_and_a_second_import_changes_nothing(chunks, more):
    with TemporaryDirectory() as folder:
        lake = Lake(Path(folder), threads=1)
        frames = [outcomes(*rows) for rows in chunks]
        reports = [append(lake, *frames), append(lake, outcomes(*more), name="more")]
        for report in reports:
            assert report.read == report.accepted + report.quarantined + report.duplicates
        before = lake.fingerprint()
        again = append(lake, *frames), append(lake, *frames, name="other name")
        assert lake.fingerprint() == before
        assert [report.accepted for report in again] == [0, 0]
        stand = lake.frame("lead_outcomes") if lake.has("lead_outcomes") else outcomes()
        assert len(stand) == sum(report.accepted for report in reports)
        assert stand["lead_id"].is_unique
