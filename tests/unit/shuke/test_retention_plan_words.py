"""What a plan says: the assumption in every output, the measured uplift where there is one."""

import csv
import io
from dataclasses import replace
from datetime import UTC, datetime

import numpy as np
import pandas as pd
import pytest

from features.errors import InputError
from service.crm.profit import Contact, ProfitPolicy, profit_curve
from service.csv import rows_to_csv
from service.retention_facts import ScoredCustomers
from shuke.plan_page import page
from shuke.plan_words import CSV_COLUMNS, columns, csv_rows, grounds, rows, verdict
from shuke.retention_plan import RetentionPlan, chosen_policy
from training.cards.card import Estimate
from training.uplift.effect import Uplift, UpliftGroup
from training.uplift.enough import NO_HOLDOUTS
from training.uplift.estimate import Finding
from training.uplift.policy import UPLIFT

POLICY = ProfitPolicy(contact_cost=1.0, margin_rate=0.5, save_rate=0.2)
SCORED = ScoredCustomers(
    datetime(2018, 1, 1, tzinfo=UTC),
    "churn_60d",
    "3",
    "clv_90d",
    pd.DataFrame({"risk": [0.5] * 40}),
)
CHOSEN = Finding(
    UPLIFT, 27, 6589, 0, Estimate(0.83, 0.82, 0.84), randomised=False, refused=(NO_HOLDOUTS,)
)
EFFECT = Uplift(
    qini=Estimate(0.03, 0.01, 0.05),
    average=Estimate(0.08, 0.04, 0.12),
    groups=(UpliftGroup(100, 20, 0.2, Estimate(0.25, 0.1, 0.4)),) * 2,
    predict=lambda frame: np.zeros(len(frame)),
)
MEASURED = Finding(
    UPLIFT, 2, 900, 100, Estimate(0.5, 0.47, 0.53), randomised=True, refused=(), uplift=EFFECT
)
NO_BETTER = replace(MEASURED, uplift=replace(EFFECT, qini=Estimate(0.0, -0.01, 0.01)))


def plan(finding: Finding, budget: float = 15.0) -> RetentionPlan:
    contacts = [Contact(f"{n:02}", 0.1, 100.0 - 4 * n, 1.0) for n in range(25)]
    return RetentionPlan(SCORED, finding, POLICY, budget, profit_curve(contacts, POLICY, budget))


@pytest.mark.parametrize("finding", [CHOSEN, NO_BETTER])
def test_the_assumption_stands_in_every_output(finding: Finding) -> None:
    planned = plan(finding)
    assert "expected saved (assumed)" in columns(planned)
    assert any("ASSUMED save rate of 20%" in sentence for sentence in grounds(planned))
    assert "ASSUMED save rate of 20%" in page(planned)
    assert "ASSUMED: a contact keeps 20%" in rows_to_csv(CSV_COLUMNS, csv_rows(planned))


def test_campaigns_that_chose_their_customers_are_said_not_to_be_randomised() -> None:
    said = " ".join(grounds(plan(CHOSEN)))
    assert "NOT measured" in said
    assert "6,589 contacts of 27 campaigns were not randomised" in said
    assert "AUC 0.830 (0.820 to 0.840)" in said


def test_an_effect_no_better_than_chance_is_told_and_not_used() -> None:
    said = " ".join(grounds(plan(NO_BETTER)))
    assert "does NOT tell better than chance" in said
    assert "0.080 (0.040 to 0.120) on average" in said


def test_a_measured_uplift_is_told_with_qini_and_nothing_is_assumed() -> None:
    planned = plan(MEASURED)
    said = " ".join(grounds(planned))
    assert "900 contacted and 100 held-out customers of 2 campaigns" in said
    assert "Qini 0.030 (0.010 to 0.050)" in said
    assert "ASSUMED" not in said + rows_to_csv(CSV_COLUMNS, csv_rows(planned)) + page(planned)
    assert "Uplift, predicted and measured" in page(planned)


def test_the_page_needs_no_script_and_no_network_and_is_the_same_again() -> None:
    drawn = page(plan(MEASURED))
    assert "<script" not in drawn
    assert "src=" not in drawn
    assert drawn.count("<svg") == 2
    assert "recommended: 15" in drawn
    assert page(plan(MEASURED)) == drawn


def test_the_table_marks_the_recommended_size_and_what_the_budget_does_not_pay() -> None:
    notes = {row[0]: row[-1] for row in rows(plan(CHOSEN))}
    assert notes == {"10": "", "15": "recommended", "20": "over budget", "25": "over budget"}


def test_the_verdict_says_why_the_list_ends_where_it_does() -> None:
    assert "the budget pays no more" in verdict(plan(CHOSEN))
    assert "more would cost more than they bring" in verdict(plan(CHOSEN, budget=1000.0))
    nobody = profit_curve([Contact("a", 0.001, 10.0, 1.0)], POLICY, 5.0)
    assert verdict(replace(plan(CHOSEN), curve=nobody)).startswith("Contact nobody")


def test_the_file_holds_the_recommended_contacts_with_their_sums() -> None:
    planned = plan(CHOSEN)
    text = rows_to_csv(CSV_COLUMNS, csv_rows(planned)).removeprefix("\ufeff")
    read = list(csv.DictReader(io.StringIO(text, newline="")))
    assert [row["customer_id"] for row in read] == [f"{n:02}" for n in range(15)]
    assert float(read[-1]["total_profit"]) == pytest.approx(planned.curve.best.profit, abs=0.01)
    earned = sum(float(row["expected_profit"]) for row in read)
    assert earned == pytest.approx(planned.curve.best.profit, abs=0.01)


def test_what_was_said_on_the_command_line_is_in_the_version() -> None:
    assert chosen_policy(POLICY, None, None, None) == POLICY
    changed = chosen_policy(POLICY, 2.5, None, 0.3)
    assert (changed.contact_cost, changed.margin_rate, changed.save_rate) == (2.5, 0.5, 0.3)
    assert changed.version == "profit-1 with contact_cost 2.5, save_rate 0.3"
    with pytest.raises(InputError, match="margin_rate"):
        chosen_policy(POLICY, None, float("nan"), None)
