import numpy as np
import pandas as pd
import pytest

from tests.benchmarks.models_bootstrap import OURS, Estimate, Resampling
from tests.benchmarks.models_case import Answered, Case, answered, ece_by_chance, interval
from tests.benchmarks.models_churn import BG, DIGITS, MBG, RECENCY, RFM, prepared
from tests.benchmarks.models_targets import CHURN_SHOP, targets, verdict


def churn(name: str, ours: float) -> Answered:
    """A question that we answer with the truth blurred by so much, and the others by 0.4."""
    random = np.random.default_rng(2)
    risk = random.beta(1, 4, 1_500)

    def blurred(by: float) -> np.ndarray:
        return np.clip(risk + random.normal(0, by, len(risk)), 0, 1)

    rows = pd.DataFrame(
        {
            "customer": np.arange(len(risk)).astype(str),
            "as_of": pd.Timestamp("2017-11-27", tz="UTC"),
            "happened": (random.uniform(size=len(risk)) < risk).astype(float),
            OURS: blurred(ours),
            **{rival: blurred(0.4) for rival in (RECENCY, RFM, BG, MBG)},
        }
    )
    case = Case(name, "Churn", rows, prepared, (RECENCY, RFM, BG, MBG), DIGITS)
    return answered(case, Resampling(draws=100))


def test_a_missed_target_says_by_how_much() -> None:
    assert verdict("x", "t", "m", missed_by=0.0123, digits=3) == "| x | t | m | MISSED by 0.012 |"
    assert verdict("x", "t", "m", missed_by=0.00004, digits=3) == "| x | t | m | MISSED by 4e-05 |"
    assert verdict("x", "t", "m", missed_by=0.0, digits=3) == "| x | t | m | hit |"


def test_every_baseline_and_the_probability_itself_are_judged() -> None:
    lines = list(targets([churn(CHURN_SHOP, ours=0.0)]))
    rows = [line for line in lines if line.startswith(f"| {CHURN_SHOP}")]
    assert len(rows) == 8
    assert (
        sum(f"AUC above {rival}" in row for row in rows for rival in (RECENCY, RFM, BG, MBG)) == 4
    )
    assert sum(f"precision above {rival}" in row for row in rows for rival in (BG, MBG)) == 2
    assert all("hit" in row for row in rows if "above" in row)
    assert "MISSED" in rows[0]  # the truth itself does not rank that well here
    assert list(targets([])) == []


def test_elsewhere_the_best_baseline_must_not_be_ahead() -> None:
    good, bad = (churn("churn 90 days, CDNOW", ours) for ours in (0.0, 2.0))
    told = [next(line for line in targets([each]) if "not below" in line) for each in (good, bad)]
    assert told[0].endswith("| hit |")
    assert "MISSED by 0." in told[1]


def test_a_table_has_a_column_each_and_blanks_for_what_is_not_said() -> None:
    lines = list(churn(CHURN_SHOP, ours=0.1).lines())
    table = [line for line in lines if line.startswith("|")]
    assert {line.count("|") for line in table} == {7}
    ece = next(line for line in table if line.startswith("| ECE"))
    assert ece.endswith("|  |  |")
    assert any("1,500 customers, 1,500 rows; at 2017-11-27: 1,500 rows" in line for line in lines)


def test_an_interval_is_written_with_its_ends() -> None:
    assert interval(Estimate(0.5, 0.25, 0.75), 2) == "0.50 [0.25, 0.75]"
    assert interval(Estimate(-0.5, -1.0, 0.0), 1, "+") == "-0.5 [-1.0, +0.0]"


def test_chance_alone_leaves_an_error_that_falls_with_the_rows() -> None:
    few, many = (ece_by_chance(np.full(count, 0.5)) for count in (100, 10_000))
    # Equal probabilities share one bin: the mean distance of a share from its truth.
    assert few == pytest.approx(np.sqrt(2 / np.pi) * 0.5 / np.sqrt(100), rel=0.15)
    assert many < 0.2 * few
