"""Report files appear whole, under names that sort by time."""

import json
from datetime import datetime, timedelta, timezone
from pathlib import Path

from monitoring.reports import as_json, write
from monitoring.settings import Settings


def test_a_second_report_replaces_the_first_and_leaves_nothing_behind(tmp_path):
    file = tmp_path / "reports" / "drift.json"
    assert write(file, "first") == write(file, "第二") == file
    assert file.read_text(encoding="utf-8") == "第二"
    assert list(file.parent.iterdir()) == [file]


def test_what_is_missing_is_null_and_a_path_is_text():
    told = json.loads(as_json({"mean": float("nan"), "file": Path("a/b")}))
    assert told == {"mean": None, "file": "a/b"}


def test_a_report_is_named_by_its_moment_in_utc():
    beijing = timezone(timedelta(hours=8))
    file = Settings(home=Path("x")).report(
        "drift", "churn_60d", datetime(2018, 1, 1, 8, tzinfo=beijing), ".html"
    )
    assert file == Path("x/reports/drift-churn_60d-2018-01-01T000000.html")
