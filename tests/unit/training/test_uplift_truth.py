"""Effects that are known because they were simulated."""

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from tests.uplift_truth import ContactsConfig, contacts
from training.cards.card import Estimate
from training.uplift.chance import assignment_auc, drawn_customers, within
from training.uplift.contacts import assignments, with_holdouts
from training.uplift.effect import Uplift, calibrated, measure_uplift, qini
from training.uplift.enough import enough
from training.uplift.policy import UPLIFT

POLICY = replace(UPLIFT, rounds=60)
TRUE = ContactsConfig()
BY_CHANCE = Estimate(0.5, 0.47, 0.53)


@pytest.fixture(scope="module")
def found() -> Uplift:
    return measure_uplift(contacts(TRUE), POLICY)


def test_the_persuadable_are_ranked_first(found: Uplift) -> None:
    assert found.qini.low is not None
    assert found.qini.low > 0
    shown = [group.measured.value for group in found.groups]
    assert np.mean(shown[:3]) > np.mean(shown[-3:]) + 0.1
    rows = contacts(replace(TRUE, seed=99)).frame
    predicted = found.predict(rows)
    assert predicted[rows["lapsed"] > 0.75].mean() > predicted[rows["lapsed"] < 0.65].mean() + 0.1
    assert np.corrcoef(predicted, rows["truth"])[0, 1] > 0.5


def test_whom_a_contact_drives_away_gets_a_negative_uplift() -> None:
    driven = contacts(replace(TRUE, gain=0.0, loss=0.3, share=0.5))
    found, rows = measure_uplift(driven, POLICY), driven.frame
    assert found.predict(rows)[rows["frequency"] > 2].mean() < -0.05


def test_the_average_effect_lies_inside_its_interval(found: Uplift) -> None:
    truth = contacts(TRUE).frame["truth"].mean()
    assert found.average.low is not None
    assert found.average.high is not None
    assert found.average.low <= truth <= found.average.high


def test_where_a_contact_changes_nothing_both_intervals_hold_zero() -> None:
    found = measure_uplift(contacts(replace(TRUE, gain=0.0, loss=0.0)), POLICY)
    for measured in (found.qini, found.average):
        assert measured.low is not None
        assert measured.high is not None
        assert measured.low <= 0 <= measured.high


def test_spend_can_be_the_outcome() -> None:
    rows = contacts(replace(TRUE, loss=0.0, share=0.5))
    found = measure_uplift(rows, replace(POLICY, outcome="spend"))
    frame = rows.frame
    truth = (frame["truth"] * 20 * (1 + frame["frequency"])).mean()
    assert found.average.low is not None
    assert found.average.high is not None
    assert 0 < found.average.low < truth < found.average.high


def test_who_is_held_out_by_chance_cannot_be_told_and_is_enough() -> None:
    rows = contacts(TRUE)
    auc = assignment_auc(rows, POLICY)
    assert auc.low is not None
    assert auc.low <= POLICY.chance_auc
    assert enough(rows, auc, POLICY) == ()


def test_who_is_held_out_by_habit_is_refused() -> None:
    rows = contacts(replace(TRUE, by_habit=True))
    (reason,) = enough(rows, assignment_auc(rows, POLICY), POLICY)
    assert "not left to chance" in reason


def test_too_few_customers_are_refused_with_what_is_needed() -> None:
    few = contacts(replace(TRUE, customers=200))
    reasons = enough(few, BY_CHANCE, POLICY)
    assert any("were held out, at least 100 are needed" in reason for reason in reasons)
    assert any("of those held out bought within 60 days" in reason for reason in reasons)


@pytest.mark.parametrize("auc", [Estimate(None), Estimate(0.5, 0.3, 0.7)])
def test_chance_that_cannot_be_made_sure_of_is_refused(auc: Estimate) -> None:
    (reason,) = enough(contacts(TRUE), auc, POLICY)
    assert reason.startswith("too few customers")


def test_campaigns_that_hold_out_different_shares_of_different_people_are_still_by_chance() -> None:
    rng = np.random.default_rng(1)
    campaign = pd.Series(["a"] * 1000 + ["b"] * 1000)
    score = np.where(campaign == "a", 1.0, 2.0) + rng.uniform(size=2000)
    place = within(score, campaign)
    assert place[:1000].mean() == pytest.approx(0.5)
    assert place[1000:].mean() == pytest.approx(0.5)


def test_a_draw_takes_all_rows_of_a_customer_equally_often() -> None:
    who = pd.Series(["a", "b", "a", "c"])
    for drawn in drawn_customers(who, replace(POLICY, rounds=5)):
        times = np.bincount(drawn, minlength=4)
        assert times[0] == times[2]
        assert times[0] + times[1] + times[3] == 3


def test_a_ranking_by_the_effect_itself_gains_and_the_reverse_loses() -> None:
    effect = np.random.default_rng(2).normal(size=500)
    assert qini(effect, effect) > 0 > qini(-effect, effect)
    assert qini(np.zeros(500), effect) == pytest.approx(0.0)


def test_predictions_too_sure_of_themselves_are_drawn_to_the_average() -> None:
    truth = np.random.default_rng(3).normal(size=5000)
    scale = calibrated(3 * truth, truth)
    assert scale(np.array([3.0]))[0] == pytest.approx(1.0, abs=0.05)
    backwards = calibrated(-truth, truth)
    assert backwards(np.array([5.0]))[0] == pytest.approx(truth.mean())


def test_runs_of_a_campaign_are_one_and_campaigns_without_holdouts_are_left_out() -> None:
    day = pd.Timestamp("2017-05-01 15:00", tz="UTC")
    told = pd.DataFrame(
        [
            ("list-1:may", "a", day, False),
            ("list-1:june", "b", day, True),
            ("mailing", "a", day, False),
        ],
        columns=["campaign_id", "customer_id", "contacted_at", "is_holdout"],
    )
    kept = with_holdouts(assignments(told))
    assert set(kept["campaign"]) == {"list-1"}
    assert kept["share"].tolist() == [0.5, 0.5]
    assert (kept["as_of"] == pd.Timestamp("2017-05-01", tz="UTC")).all()
