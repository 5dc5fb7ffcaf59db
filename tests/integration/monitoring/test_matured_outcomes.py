"""Logged churn probabilities against what the customers did next."""

import pytest

from features.errors import InputError
from models_registry.errors import ScoresMissingError
from monitoring.performance import performance, returned
from tests.integration.monitoring.watched_home import HORIZON, MATURED, MODEL, Watched
from training.labels import outcomes


def looked_at(watched: Watched, model: str = MODEL):
    return performance(model, lake=watched.lake, score_log=watched.score_log)


def test_a_matured_batch_is_measured_beside_the_simple_rule(watched):
    watched.score(watched.rows(MATURED), MATURED)
    found = looked_at(watched)
    assert (found.version, f"{found.matured_at:%Y-%m-%d}") == ("1", "2017-12-25")
    assert found.scores is not None and found.rule is not None
    assert 0.6 < found.scores.auc < 1.0
    assert 0.0 < found.scores.brier < 0.2
    assert "left" in found.reason


def test_the_calibration_table_holds_every_customer_once_in_order_of_risk(watched):
    watched.score(watched.rows(MATURED), MATURED)
    found = looked_at(watched)
    table = found.calibration
    assert sum(part.customers for part in table) == found.customers
    predicted = [part.predicted for part in table]
    assert predicted == sorted(predicted)
    observed = sum(part.observed * part.customers for part in table) / found.customers
    assert observed == pytest.approx(found.rate)


def test_a_batch_whose_window_is_open_waits_and_says_until_when(watched):
    today = watched.lake.today()
    watched.score(watched.rows(today), today)
    found = looked_at(watched)
    assert (found.scores, found.calibration) == (None, ())
    assert found.reason == "not matured until 2018-01-29: orders reach 2018-01-01"


def test_the_outcome_is_the_one_that_was_learnt(watched):
    lines = watched.lake.table("order_lines")
    learnt = outcomes(lines, [MATURED], HORIZON).to_pandas()
    stayed = set(learnt[learnt["churned"] == 0.0]["customer_id"])
    came = set(returned(lines, MATURED, HORIZON).to_pandas()["customer_id"])
    assert came & set(learnt["customer_id"]) == stayed


def test_only_churn_is_looked_up_in_the_orders(watched):
    with pytest.raises(InputError, match="clv_90d"):
        looked_at(watched, "clv_90d")
    with pytest.raises(ScoresMissingError):
        looked_at(watched)
