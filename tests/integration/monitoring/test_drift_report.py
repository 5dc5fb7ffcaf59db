"""Drift of real feature rows, from score log and feature store to the report files."""

import json
import re
from datetime import timedelta

import pytest

from models_registry.errors import ScoresMissingError
from monitoring.drift import DriftSummary, drift
from monitoring.verdict import Verdict
from tests.integration.monitoring.watched_home import LEARNT, MODEL, Watched


def watch(watched: Watched) -> DriftSummary:
    return drift(
        MODEL,
        lake=watched.lake,
        store=watched.store,
        registry=watched.registry,
        score_log=watched.score_log,
        settings=watched.settings,
    )


def test_a_batch_like_the_customers_learnt_from_is_ok_and_reported(watched):
    watched.score(watched.rows(LEARNT), LEARNT)
    summary = watch(watched)
    assert (summary.verdict, summary.exit_code, summary.share_drifted) == (Verdict.OK, 0, 0.0)
    assert summary.score is not None and summary.score.statistic == pytest.approx(0.0, abs=1e-9)
    assert summary.html == watched.settings.report("drift", MODEL, LEARNT, ".html")
    assert set(watched.settings.report_dir.iterdir()) == {summary.html, summary.json}
    told = json.loads(summary.json.read_text())
    assert (told["model"], told["verdict"], told["reference_as_of"]) == (
        MODEL,
        "ok",
        "2017-10-02T00:00:00+00:00",
    )
    assert {column["column"] for column in told["columns"]} == set(watched.bundle.meta.features)
    assert re.search(r'<p id="verdict"[^>]*>ok: churn_28d version 1', summary.html.read_text())


def test_a_broken_feed_is_drift_and_an_alarm(watched):
    rows = watched.rows(LEARNT)
    broken = rows.assign(**{name: rows[name] * 0.0 for name in watched.bundle.meta.features})
    broken = broken.assign(active_days=rows["active_days"], recency_days=rows["recency_days"])
    watched.score(broken, LEARNT + timedelta(days=1))
    summary = watch(watched)
    assert (summary.verdict, summary.exit_code) == (Verdict.DRIFT, 1)


def test_three_months_later_the_summary_names_what_grew(watched):
    today = watched.lake.today()
    watched.score(watched.rows(today), today)
    summary = watch(watched)
    moved = {column.column: column for column in summary.drifted}
    assert moved["tenure_days"].current_mean > moved["tenure_days"].reference_mean + 80
    assert summary.reason.startswith(
        "churn_28d version 1, scored at 2018-01-01, against 2017-10-02: "
    )


def test_a_batch_of_a_handful_gets_no_verdict_and_no_page(watched):
    watched.score(watched.rows(LEARNT).head(35), LEARNT)
    summary = watch(watched)
    assert (summary.verdict, summary.exit_code, summary.html) == (Verdict.TOO_FEW_ROWS, 0, None)
    assert json.loads(summary.json.read_text())["columns"] == []


def test_without_a_single_batch_it_says_what_to_run(watched):
    with pytest.raises(ScoresMissingError, match="shuke nightly"):
        watch(watched)
