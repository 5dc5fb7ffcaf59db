"""From contacts in a lake to an effect, or to the reason why there is none."""

from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store
from tests.synthetic import Shop, fill
from tests.uplift_truth import persuaded
from training.dataset import Context
from training.uplift.contacts import contact_rows
from training.uplift.estimate import estimate_uplift
from training.uplift.policy import UPLIFT

POLICY = replace(UPLIFT, rounds=60, newest_moments=2)
CAMPAIGNS = ("K2", "K4", "K6")  # the last too young for an outcome


@pytest.fixture(scope="module")
def moved(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> Context:
    """A chain whose contacts make the silent buy, and nobody else."""
    home = tmp_path_factory.mktemp("moved")
    lake = Lake(home / "lake", threads=1)
    whole = shop.tables["campaign_contacts"]
    few = whole[whole["campaign_id"].isin(CAMPAIGNS)].reset_index(drop=True)
    fill(lake, persuaded(replace(shop, tables={**shop.tables, "campaign_contacts": few})))
    return Context(lake, Store(Settings(home=home), lake), lake.today())


def test_contacts_that_move_the_silent_are_found_to(moved: Context) -> None:
    shares: list[float] = []
    contacts = moved.lake.frame("campaign_contacts")
    found = estimate_uplift(moved, contacts, POLICY, shares.append)
    assert found.refused == ()
    assert found.usable is not None
    assert shares == sorted(shares)
    moment = contacts["contacted_at"].min().to_pydatetime()
    asked = pd.DataFrame({"customer_id": moved.store.customers(moment), "as_of": moment})
    known = moved.store.history(POLICY.service, asked)
    uplift = pd.Series(found.usable.predict(known))
    silent = known["recency_days"] > 30
    assert uplift[silent].mean() > uplift[~silent].mean() + 0.2


def test_holding_out_the_rare_customers_is_refused(moved: Context, shop: Shop) -> None:
    contacts = moved.lake.frame("campaign_contacts")
    rate = contacts["customer_id"].map(shop.customers.set_index("customer_id")["rate"])
    found = estimate_uplift(moved, contacts.assign(is_holdout=rate < 0.06), POLICY)
    assert found.uplift is None
    assert any("not left to chance" in reason for reason in found.refused)


def test_what_is_known_of_a_contact_is_of_the_midnight_before(moved: Context) -> None:
    moment = moved.lake.frame("campaign_contacts")["contacted_at"].min().to_pydatetime()
    moved.store.build([moment], service=POLICY.service)
    assigned = pd.DataFrame(
        {
            "customer_id": moved.store.customers(moment)[:8],
            "as_of": moment,
            "campaign": "one",
            "treated": [1.0, 0.0] * 4,
        }
    )
    rows = contact_rows(moved, assigned, [moment], POLICY).frame
    lines = moved.lake.frame("order_lines")
    assert len(rows) == 8
    for _, row in rows.iterrows():
        own = lines[(lines["customer_id"] == row["customer_id"]) & (lines["quantity"] > 0)]
        days = (own["ordered_at"] - moment).dt.total_seconds() / 86_400
        assert abs(row["recency_days"] + days[days < 0].max()) < 1
        assert row["bought"] == float(days.between(0, POLICY.horizon_days, "left").any())


def test_recent_contacts_and_none_at_all_are_no_ground_for_an_effect(moved: Context) -> None:
    contacts = moved.lake.frame("campaign_contacts")
    newest = contacts[contacts["contacted_at"] == contacts["contacted_at"].max()]
    recent = estimate_uplift(moved, newest, POLICY)
    assert any("not 60 days ago yet" in reason for reason in recent.refused)
    nobody = estimate_uplift(moved, contacts[:0], POLICY)
    assert nobody.refused == ("nobody is known to have been contacted yet",)


def test_complete_journey_chose_whom_to_contact(journey_lake: Lake, tmp_path: Path) -> None:
    ctx = Context(journey_lake, Store(Settings(home=tmp_path), journey_lake), journey_lake.today())
    found = estimate_uplift(ctx, journey_lake.frame("campaign_contacts"), POLICY)
    assert found.uplift is None
    assert found.held_out == 0
    assert "held nobody out" in found.refused[0]
    assert found.auc is not None
    assert found.auc.low is not None
    assert found.auc.low > 0.55
