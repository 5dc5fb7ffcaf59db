"""The first row of a key stands; one that says something else is reported."""

import json

import pandas as pd

LINE = {
    "order_id": "O1",
    "line_no": 1,
    "customer_id": "C1",
    "ordered_at": "2025-06-01",
    "category": "tea",
    "quantity": 2.0,
    "net_amount": 10.0,
    "discount_amount": 1.0,
}


def append(lake, *rows, name="one"):
    return lake.append("order_lines", [pd.DataFrame(list(rows))], source=name, fingerprint=name)


def without(*names):
    return {name: value for name, value in LINE.items() if name not in names}


def test_a_row_that_differs_from_the_one_that_stands_is_a_conflict_among_the_duplicates(lake):
    append(lake, LINE)
    changed = LINE | {"net_amount": 12.5, "category": "coffee"}
    report = append(lake, LINE, changed, LINE | {"line_no": 2}, name="two")
    assert (report.read, report.accepted, report.duplicates, report.conflicts) == (3, 1, 2, 1)
    assert pd.read_csv(report.conflict_file).to_dict("records") == [
        {"row": 2, "order_id": "O1", "line_no": 1, "column": c, "stands": s, "came": n}
        for c, s, n in [("category", "tea", "coffee"), ("net_amount", "10.0", "12.5")]
    ]
    assert lake.frame("order_lines")["net_amount"].tolist() == [10.0, 10.0]


def test_a_line_break_within_a_value_does_not_split_its_conflict(lake):
    append(lake, LINE | {"category": "a\rb"})
    report = append(lake, LINE | {"category": "a\nb"}, name="two")
    assert pd.read_csv(report.conflict_file)["came"].tolist() == ["a\nb"]


def test_two_rows_of_one_source_may_contradict_each_other(lake):
    report = append(lake, LINE, LINE | {"customer_id": "C2"}, LINE)
    assert (report.accepted, report.duplicates, report.conflicts) == (1, 2, 1)


def test_what_the_source_does_not_say_contradicts_nothing(lake):
    append(lake, LINE)
    report = append(lake, without("discount_amount", "category"), name="narrower")
    assert (report.duplicates, report.conflicts, report.conflict_file) == (1, 0, None)
    report = append(lake, LINE | {"category": None}, name="gap")
    assert (report.duplicates, report.conflicts) == (1, 0)


def test_a_value_for_a_gap_that_stands_is_told(lake):
    append(lake, without("category"))
    report = append(lake, LINE, name="wider")
    assert report.conflicts == 1
    assert pd.read_csv(report.conflict_file)[["column", "came"]].values.tolist() == [
        ["category", "tea"]
    ]


def test_being_told_at_another_moment_is_no_conflict(lake):
    append(lake, LINE | {"ingested_at": "2025-06-02"})
    assert append(lake, LINE | {"ingested_at": "2025-06-03"}, name="two").conflicts == 0


def test_a_correction_is_a_line_taken_back_and_a_new_one(lake):
    append(lake, LINE)
    back = LINE | {"line_no": 2, "quantity": -2.0, "net_amount": -10.0, "discount_amount": -1.0}
    report = append(lake, back, LINE | {"line_no": 3, "net_amount": 12.5}, name="correction")
    assert (report.accepted, report.conflicts) == (2, 0)
    assert lake.frame("order_lines")["net_amount"].sum() == 12.5


def test_the_ledger_keeps_the_conflicts(lake):
    append(lake, LINE)
    report = append(lake, LINE | {"net_amount": 1.0}, name="two")
    entry = json.loads((lake.root / "imports.jsonl").read_text().splitlines()[-1])
    assert entry["conflicts"] == 1
    assert lake.root / entry["conflict_file"] == report.conflict_file
    again = append(lake, LINE | {"net_amount": 1.0}, name="two")
    assert (again.duplicates, again.conflicts, again.conflict_file) == (1, 1, report.conflict_file)
