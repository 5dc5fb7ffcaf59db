"""A challenger's scores beside the champion's, from both logs, and what the customers did."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd
import pytest

from models_registry.bundle import Bundle
from models_registry.errors import ScoresMissingError
from models_registry.judge import judge
from models_registry.score import Score
from models_registry.score_log import ScoreLog
from monitoring.performance import performance
from monitoring.shadow import ShadowReport, agreement, shadow_report
from tests.integration.monitoring.watched_home import MATURED, MODEL, Watched

Bands = Sequence[tuple[str, float]]

BANDS: Bands = (("low", 0.0), ("high", 0.2))


@pytest.fixture
def shadow_log(tmp_path: Path) -> ScoreLog:
    return ScoreLog(tmp_path / "shadow")


def report(watched: Watched, shadow_log: ScoreLog) -> ShadowReport:
    return shadow_report(
        MODEL, lake=watched.lake, score_log=watched.score_log, shadow_log=shadow_log
    )


def scores(
    watched: Watched,
    rows: pd.DataFrame,
    version: str,
    at: datetime,
    bands: Sequence[tuple[str, float]],
) -> list[Score]:
    meta = replace(watched.bundle.meta, version=version, bands=tuple(bands))
    return judge(Bundle(meta, watched.bundle.boosters), rows, scored_at=at, max_age_days=7)


def night(watched: Watched, shadow_log: ScoreLog, as_of: datetime, cut: float = 0.2) -> None:
    rows = watched.rows(as_of)
    ours = scores(watched, rows, "1", as_of, BANDS)
    theirs = scores(watched, rows, "2", as_of, (BANDS[0], ("high", cut)))
    flipped = [replace(s, value=None if s.value is None else 1 - s.value) for s in theirs]
    watched.score_log.append_batch(ours, MODEL, "1", as_of)
    shadow_log.append_batch(theirs if cut != 0.2 else flipped, MODEL, "2", as_of)


def test_before_anything_was_scored_it_says_what_to_do(
    watched: Watched, shadow_log: ScoreLog
) -> None:
    with pytest.raises(ScoresMissingError, match="shuke models shadow churn_28d"):
        report(watched, shadow_log)
    rows = watched.rows(MATURED)
    shadow_log.append_batch(scores(watched, rows, "2", MATURED, BANDS), MODEL, "2", MATURED)
    with pytest.raises(ScoresMissingError, match="version 2 and a champion"):
        report(watched, shadow_log)


def test_outcomes_of_both_are_those_performance_finds(
    watched: Watched, shadow_log: ScoreLog
) -> None:
    night(watched, shadow_log, MATURED)
    found = report(watched, shadow_log)
    alone = performance(MODEL, lake=watched.lake, score_log=watched.score_log)
    assert found.foresight is not None
    assert alone.scores is not None
    assert (found.champions, found.challenger) == (("1",), "2")
    assert found.foresight.customers == alone.customers == found.agreement.subjects
    assert found.foresight.champion == alone.scores
    assert found.agreement.rank_correlation == pytest.approx(-1.0)
    assert alone.scores.auc is not None
    assert found.foresight.challenger.auc == pytest.approx(1 - alone.scores.auc)
    assert found.foresight.challenger.brier > alone.scores.brier


def test_the_newest_night_agrees_and_an_older_one_gives_the_outcomes(
    watched: Watched, shadow_log: ScoreLog
) -> None:
    today = watched.lake.today()
    night(watched, shadow_log, MATURED)
    night(watched, shadow_log, today, cut=0.1)
    found = report(watched, shadow_log)
    ours = watched.score_log.batch(MODEL, today).to_pandas()
    judged = ours[ours["status"] == "ok"]["value"]
    between = ((judged >= 0.1) & (judged < 0.2)).mean()
    assert found.agreement.mean_difference == 0.0
    assert found.agreement.band_changes == pytest.approx(between)
    assert between > 0
    assert found.foresight is not None
    assert found.foresight.as_of == MATURED


def test_an_open_window_says_until_when(watched: Watched, shadow_log: ScoreLog) -> None:
    night(watched, shadow_log, watched.lake.today())
    found = report(watched, shadow_log)
    assert found.foresight is None
    assert found.outcomes == "No outcomes until 2018-01-29: orders reach 2018-01-01."


def test_requests_are_paired_by_subject_and_moment(watched: Watched, shadow_log: ScoreLog) -> None:
    rows = watched.rows(MATURED)
    rows = rows[watched.bundle.eligible(rows)].head(6).reset_index(drop=True)
    inputs = rows[watched.bundle.inputs]
    for n in range(2):
        at = MATURED + timedelta(hours=n)
        watched.score_log.append_online(scores(watched, rows, "1", at, BANDS), inputs, list(inputs))
    late = scores(watched, rows[:4], "2", MATURED + timedelta(hours=1), BANDS)
    shadow_log.append_online(
        [replace(score, value=0.5) for score in late], inputs[:4], list(inputs)
    )
    found = report(watched, shadow_log)
    assert found.agreement.subjects == 4
    assert found.agreement.rank_correlation is None
    assert found.since == found.until == MATURED + timedelta(hours=1)
    assert found.outcomes == "Outcomes are looked up for nights; both have scored none yet."


def test_agreement_is_counted_by_hand() -> None:
    pairs = pd.DataFrame(
        {
            "value_champion": [0.1, 0.2, 0.3, 0.4],
            "value_challenger": [0.2, 0.1, 0.4, 0.5],
            "band_champion": ["low", "low", "high", None],
            "band_challenger": ["low", "high", "high", None],
        }
    )
    found = agreement(pairs)
    assert found.subjects == 4
    assert found.mean_difference == pytest.approx(0.1)
    assert found.band_changes == pytest.approx(1 / 3)
    assert found.rank_correlation == pytest.approx(0.8)
