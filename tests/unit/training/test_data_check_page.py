import re
from datetime import UTC, datetime

import pandas as pd

from training.data_check.check import DataCheck
from training.data_check.finding import Finding, Level, Topic, listed, percent, ranked
from training.data_check.inputs import Input
from training.data_check.outcomes import PartLabels
from training.data_check.page import page

NASTY = "attr_<script>alert(1)</script>"
DAYS = pd.DataFrame({"day": pd.date_range("2024-01-01", periods=40), "purchases": 3})
FINE = Finding(Topic.HISTORY, Level.OK, "enough")
ODD = Finding(Topic.RANGES, Level.WARNING, "odd", "order_lines", "look")
BAD = Finding(Topic.LEAKS, Level.PROBLEM, f"{NASTY} tells the outcome")


def checked(*findings: Finding) -> DataCheck:
    return DataCheck(
        today=datetime(2024, 2, 9, tzinfo=UTC),
        span="Orders",
        findings=ranked(findings),
        days=DAYS,
        labels=(PartLabels("lead_score", "train", 1_000, 40),),
        outcomes={"lead_score": "converted"},
        inputs={"lead_score": (Input(NASTY, 0.25, 2, 0.99), Input("recency_days", 0.0, 9, 0.6))},
    )


def test_the_page_needs_nothing_from_outside_and_escapes_what_the_shop_wrote() -> None:
    text = page(checked(FINE, ODD, BAD))
    assert re.findall(r"""(?:src|href)\s*=\s*["'](?!#)""", text) == []
    assert re.findall(r"@import|url\((?!#)|<script|<link|<iframe", text) == []
    assert "attr_&lt;script&gt;" in text
    assert "<svg" in text
    assert "1,000" in text
    assert "days since last purchase" in text


def test_a_check_without_orders_and_features_is_a_page_too() -> None:
    text = page(DataCheck(datetime(2024, 2, 9, tzinfo=UTC), "Leads", (FINE,)))
    assert "<svg" not in text
    assert "<h2>Labels" not in text


def test_the_exit_code_is_1_only_for_a_problem() -> None:
    assert [checked(*f).exit_code for f in ((), (FINE,), (FINE, ODD), (ODD, BAD))] == [0, 0, 0, 1]
    assert "1 thing to fix before training; 1 thing worth a look" in checked(ODD, BAD).verdict
    assert checked(FINE).level is Level.OK


def test_the_worst_comes_first() -> None:
    assert ranked([FINE, ODD, BAD]) == (BAD, ODD, FINE)


def test_long_lists_are_cut_and_counted_and_little_is_not_nothing() -> None:
    assert listed(["a", "b", "c"], 2) == "a, b and 1 more"
    assert listed(["a", "b"], 2) == "a, b"
    assert (percent(0.0), percent(0.0001), percent(0.5)) == ("0.0 %", "below 0.1 %", "50.0 %")
