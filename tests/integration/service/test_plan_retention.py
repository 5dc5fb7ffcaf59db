"""`shuke plan retention` on a home in which a night has run, and on homes that are not ready."""

from pathlib import Path

import pytest

from service.bootstrap import App
from tests.integration.shuke import conftest as front_door
from tests.integration.shuke.conftest import Shuke

shuke = front_door.shuke


@pytest.mark.usefixtures("app")
def test_a_plan_is_printed_and_written(shuke: Shuke, tmp_path: Path) -> None:
    html, csv = tmp_path / "out" / "plan.html", tmp_path / "out" / "plan.csv"
    said = shuke(
        *("plan", "retention", "--budget", "20", "--cost", "0.5", "--save-rate", "0.4"),
        *("--html", str(html), "--csv", str(csv)),
    )
    assert said.code == 0
    assert "Retention plan as of 2017-12-30, budget 20.00" in said.out
    assert "recommended" in said.out
    assert "profit-1 with contact_cost 0.5, save_rate 0.4" in said.out
    contacts = csv.read_text("utf-8").splitlines()
    assert 1 < len(contacts) <= 41
    assert html.read_text("utf-8").count("<svg") >= 1
    for told in (said.out, html.read_text("utf-8")):
        assert "The uplift of a contact is NOT measured" in told
        assert "ASSUMED save rate of 40%" in told


def test_holdouts_of_our_own_lists_are_contacts_too(app: App) -> None:
    from service.retention_facts import contacts

    found = contacts(app)
    sent = app.lake.frame("campaign_contacts")
    listed = found[found["campaign_id"].str.startswith("retention-1:")]
    assert len(found) == len(sent) + len(listed)
    with app.records.transaction(read_only=True) as work:
        members = work.lists.ever("retention")
    assert set(listed["customer_id"]) == {member.customer_id for member in members}
    held = set(listed.loc[listed["is_holdout"], "customer_id"])
    assert held == {member.customer_id for member in members if member.group == "holdout"}


@pytest.mark.usefixtures("app")
def test_a_budget_below_one_contact_is_refused_with_both_numbers(shuke: Shuke) -> None:
    said = shuke("plan", "retention", "--budget", "1", "--cost", "1.5")
    assert said.code == 2
    assert "budget 1, one contact costs 1.5" in said.err
    assert shuke("plan", "retention", "--budget", "nan").code == 2


def test_without_a_night_it_says_to_run_one(shuke: Shuke) -> None:
    said = shuke("plan", "retention", "--budget", "100")
    assert said.code == 2
    assert "Run `shuke nightly` first." in said.err
