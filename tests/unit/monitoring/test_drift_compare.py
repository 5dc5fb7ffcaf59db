"""Two hand-made populations and what the comparison says of them."""

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from monitoring.drift import compare, compared, page
from monitoring.verdict import DriftPolicy, Verdict

POLICY = DriftPolicy()
NUMBERS = [f"f{i}" for i in range(10)]


def population(seed: int, rows: int = 1_000) -> pd.DataFrame:
    rng = np.random.default_rng(seed)
    frame = pd.DataFrame(rng.normal(10.0, 2.0, (rows, len(NUMBERS))), columns=NUMBERS)
    frame["channel"] = rng.choice(["store", "online"], rows, p=[0.7, 0.3])
    frame["score"] = rng.beta(2.0, 8.0, rows)
    return frame


@pytest.fixture(scope="module")
def reference() -> pd.DataFrame:
    return population(1)


@pytest.fixture
def current() -> pd.DataFrame:
    return population(2)


def test_two_samples_of_one_population_are_ok(reference, current):
    summary = compare(
        reference, current, columns=[*NUMBERS, "channel"], policy=POLICY, score="score"
    )
    assert (summary.verdict, summary.exit_code, summary.drifted) == (Verdict.OK, 0, ())
    assert summary.score is not None and not summary.score.drifted
    assert "the score is steady" in summary.reason


def test_a_shift_of_a_third_of_a_deviation_in_many_columns_is_drift(reference, current):
    current[NUMBERS[:5]] += 0.3 * 2.0
    summary = compare(reference, current, columns=NUMBERS, policy=POLICY)
    assert (summary.verdict, summary.exit_code, summary.share_drifted) == (Verdict.DRIFT, 1, 0.5)
    assert {column.column for column in summary.drifted} == set(NUMBERS[:5])


def test_the_reason_names_who_moved_furthest_and_by_how_much(reference, current):
    current["f3"] += 5.0
    current["f7"] += 3.0
    summary = compare(reference, current, columns=NUMBERS, policy=POLICY)
    assert [column.column for column in summary.columns[:2]] == ["f3", "f7"]
    assert re.search(r"furthest: f3 1\d\.\dx its threshold \(mean 9.88 -> 15\), f7", summary.reason)


def test_one_moved_column_of_ten_is_a_warning_and_no_alarm(reference, current):
    current["f0"] += 2.0
    summary = compare(reference, current, columns=NUMBERS, policy=POLICY)
    assert (summary.verdict, summary.exit_code) == (Verdict.WARN, 0)


def test_a_moved_score_over_steady_inputs_is_a_warning(reference, current):
    current["score"] += 0.2
    summary = compare(reference, current, columns=NUMBERS, policy=POLICY, score="score")
    assert (summary.verdict, summary.share_drifted) == (Verdict.WARN, 0.0)
    assert "the score moved" in summary.reason


def test_thirty_five_rows_raise_no_alarm_however_far_they_moved(reference):
    few = population(2, 35)[NUMBERS] + 100.0
    summary = compare(reference, few, columns=NUMBERS, policy=POLICY)
    assert (summary.verdict, summary.exit_code) == (Verdict.TOO_FEW_ROWS, 0)
    assert "35 rows against 1,000" in summary.reason


def test_a_constant_column_is_steady_and_a_new_constant_is_not(reference, current):
    before, after = reference.assign(f0=3.0, f1=3.0), current.assign(f0=3.0, f1=4.0)
    summary = compare(before, after, columns=NUMBERS, policy=POLICY)
    assert [column.column for column in summary.drifted] == ["f1"]


def test_a_column_that_lost_all_values_is_said_to_be_missing(reference, current):
    summary = compare(reference, current.assign(f4=np.nan), columns=NUMBERS, policy=POLICY)
    lost = summary.columns[0]
    assert (lost.column, lost.test, lost.statistic, lost.current_mean) == (
        "f4",
        "missing share",
        1.0,
        None,
    )
    assert "f4 10.0x its threshold (missing 0% -> 100%)" in summary.reason


def test_gaps_that_grow_are_drift_even_where_the_values_stay(reference, current):
    gaps = np.arange(len(current)) % 4 == 0
    current.loc[gaps, "f4"] = np.nan
    summary = compare(reference, current, columns=NUMBERS, policy=POLICY)
    assert [(c.column, c.statistic) for c in summary.drifted] == [("f4", 0.25)]


def test_a_column_without_values_on_both_sides_is_steady(reference, current):
    before, after = reference.assign(f4=None), current.assign(f4=np.nan)
    assert compare(before, after, columns=NUMBERS, policy=POLICY).drifted == ()


def test_populations_without_one_comparable_column_need_no_page(reference, current):
    found = compared(reference.assign(f0=1), current.assign(f0=1), columns=["f0"], policy=POLICY)
    assert (found.summary.verdict, found.snapshot) == (Verdict.OK, None)


def test_an_unknown_column_is_an_error_that_names_it_and_the_side(reference, current):
    with pytest.raises(InputError, match=r"current population: f9\b"):
        compare(reference, current.drop(columns="f9"), columns=NUMBERS, policy=POLICY)
    with pytest.raises(InputError, match=r"reference population: f9\b"):
        compare(reference.drop(columns="f9"), current, columns=NUMBERS, policy=POLICY)
    with pytest.raises(InputError, match="No column"):
        compare(reference, current, columns=[], policy=POLICY, score="score")


def test_text_where_numbers_were_is_an_error(reference, current):
    with pytest.raises(InputError, match="f2 holds text"):
        compare(reference, current.assign(f2="many"), columns=NUMBERS, policy=POLICY)


def test_a_new_category_is_drift_once_it_is_frequent(reference, current):
    rare, frequent = current.copy(), current.copy()
    rare.loc[:2, "channel"] = "mini-program"
    frequent.loc[:300, "channel"] = "mini-program"
    columns = ["channel", "f0"]
    assert compare(reference, rare, columns=columns, policy=POLICY).drifted == ()
    moved = compare(reference, frequent, columns=columns, policy=POLICY).drifted
    assert [(column.column, column.test) for column in moved] == [("channel", "jensenshannon")]


def test_a_larger_population_is_sampled_and_its_size_still_told(reference, current):
    policy = replace(POLICY, max_rows=300, number_threshold=0.4)
    first, again = (compare(reference, current, columns=NUMBERS, policy=policy) for _ in range(2))
    assert first == again
    assert (first.reference_rows, first.current_rows) == (1_000, 1_000)


def test_the_page_is_self_contained_and_opens_with_our_verdict(reference, current):
    found = compared(reference, current.assign(f0=np.nan), columns=NUMBERS, policy=POLICY)
    text = page(found.summary, found.snapshot)
    verdict = re.search(r'<body><p id="verdict"[^>]*>([^<]*)</p>', text)
    assert verdict is not None and "f0 10.0x its threshold (missing 0% -&gt; 100%)" in verdict[1]
    fetched = r"<(?:script|img|iframe|link)\b[^>]{0,300}\b(?:src|href)\s*=\s*[\"']?(?:https?:)?//"
    assert re.findall(fetched, text) == []
