from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import pandas as pd
import pytest

from models_registry.judge import judge
from models_registry.score import Score, Status
from tests.unit.models_registry.small_bundles import (
    AS_OF,
    SCORED_AT,
    churn,
    customers,
    next_purchase,
)

DAY = timedelta(days=1)


@dataclass(frozen=True)
class Newest:
    as_of: datetime
    at: datetime


def scored(frame: pd.DataFrame, **how: object) -> list[Score]:
    return judge(churn(), frame, **({"scored_at": SCORED_AT, "max_age_days": 3} | how))


def one(**changed: object) -> pd.DataFrame:
    return customers(1).assign(**({"active_days": 9.0} | changed))


def test_fresh_features_of_a_known_customer_are_ok():
    (score,) = scored(one(), newest=Newest(AS_OF, SCORED_AT))
    assert score.status is Status.OK
    assert (score.customer_id, score.lead_id, score.as_of) == ("c0", None, AS_OF)
    assert score.horizon_days == 28


def test_a_customer_without_a_row_is_unknown_and_gets_no_numbers():
    (score,) = scored(one(as_of=pd.NaT, recency_days=np.nan), top_k=3)
    assert score.status is Status.UNKNOWN_CUSTOMER
    assert score.customer_id == "c0"
    assert {score.value, score.percentile, score.band, score.baseline, score.as_of} == {None}
    assert score.reasons == ()


def test_a_customer_outside_the_population_is_a_cold_start_with_the_rules_value():
    (score,) = scored(one(active_days=1.0), top_k=3, newest=Newest(AS_OF + 9 * DAY, AS_OF))
    assert score.status is Status.COLD_START
    assert score.value == score.baseline
    assert len(score.reasons) == 1


@pytest.mark.parametrize(
    ("newest", "status"),
    [
        (None, Status.OK),
        (Newest(AS_OF + 3 * DAY, SCORED_AT), Status.OK),
        (Newest(AS_OF + 3.1 * DAY, SCORED_AT), Status.STALE),
        (Newest(AS_OF, SCORED_AT - 3 * DAY), Status.OK),
        (Newest(AS_OF, SCORED_AT - 3.1 * DAY), Status.STALE),
    ],
    ids=["asked for the past", "row 3 days behind", "row older", "made 3 days ago", "made earlier"],
)
def test_stale_means_the_row_lags_behind_or_nobody_materialized_lately(
    newest: Newest | None, status: Status
):
    assert scored(one(), newest=newest)[0].status is status


def test_old_data_scored_right_after_materializing_it_is_not_stale():
    now = AS_OF + 3000 * DAY
    (score,) = scored(one(), scored_at=now, newest=Newest(AS_OF, now))
    assert score.status is Status.OK


def test_known_and_unknown_customers_keep_their_places():
    frame = customers(6)
    frame.loc[[1, 4], "as_of"] = pd.NaT
    scores = scored(frame, top_k=2)
    assert [score.customer_id for score in scores] == list(frame.customer_id)
    assert [i for i, s in enumerate(scores) if s.status is Status.UNKNOWN_CUSTOMER] == [1, 4]
    known = scored(frame.drop([1, 4]), top_k=2)
    assert [score for score in scores if score.as_of] == known


def test_one_and_many_give_the_same_score():
    frame = customers(12)
    together = scored(frame, top_k=3)
    for i, expected in enumerate(together):
        (alone,) = scored(frame.iloc[[i]], top_k=3)
        assert alone.value == pytest.approx(expected.value, abs=1e-12)
        assert replace(alone, value=0, percentile=0, reasons=()) == replace(
            expected, value=0, percentile=0, reasons=()
        )
        assert [r.text for r in alone.reasons] == [r.text for r in expected.reasons]


def test_days_come_with_an_interval_and_categories_and_a_probability_with_a_band():
    (days,) = judge(next_purchase(), one(), scored_at=SCORED_AT, max_age_days=3, top_categories=1)
    assert days.interval.low <= days.value <= days.interval.high
    assert days.interval.level == 0.8
    assert days.band is None
    assert len(days.categories) == 1
    (chance,) = scored(one())
    assert chance.interval is None
    assert chance.band in {"low", "medium", "high"}
    assert 0 <= chance.percentile <= 100
    assert chance.categories == ()


def test_a_lead_is_known_by_its_own_moment_of_capture():
    lead = one(lead_id="8:17", customer_id=None)
    (score,) = scored(lead.assign(as_of=pd.Timestamp("2017-12-01 10:00")))
    assert (score.customer_id, score.lead_id) == (None, "8:17")
    assert score.as_of.isoformat() == "2017-12-01T10:00:00+00:00"


def test_a_score_holds_plain_python_numbers():
    (score,) = scored(one(), top_k=1)
    assert type(score.value) is type(score.percentile) is type(score.baseline) is float
    assert type(score.reasons[0].contribution) is float
