import json
from datetime import UTC, datetime

import ibis
import pandas as pd
import pytest

from features.lake.complete_journey import import_complete_journey
from features.lake.lake import Lake
from features.lake.ledger import Ledger
from tests.conftest import HOUSEHOLDS

TABLES = (
    "products",
    "customers",
    "order_lines",
    "interactions",
    "campaign_contacts",
    "leads",
    "lead_outcomes",
)


def test_every_row_of_the_data_set_keeps_the_contracts(journey_lake):
    ledger = journey_lake.root / "imports.jsonl"
    entries = [json.loads(line) for line in ledger.read_text().splitlines()]
    assert {entry["table"] for entry in entries} == set(TABLES)
    for entry in entries:
        assert entry["read"] == entry["accepted"] == len(journey_lake.frame(entry["table"])) > 0
        report = Ledger(ledger).find(entry["table"], entry["fingerprint"])
        assert report.quarantined == report.duplicates == 0


def test_a_second_import_changes_nothing(journey_lake):
    before = journey_lake.fingerprint()
    reports = import_complete_journey(journey_lake, households=HOUSEHOLDS)
    assert all(report.accepted == 0 and report.duplicates == report.read for report in reports)
    assert journey_lake.fingerprint() == before


def test_households_are_those_with_the_smallest_ids(journey_lake):
    ids = journey_lake.frame("customers")["customer_id"].astype(int)
    assert len(ids) == HOUSEHOLDS
    assert ids.is_unique
    assert set(journey_lake.frame("order_lines")["customer_id"].astype(int)) == set(ids)


def test_today_is_the_last_midnight_of_the_data(journey_lake):
    assert journey_lake.first_moment().date().isoformat() == "2017-01-01"
    assert journey_lake.today() <= journey_lake.last_moment()
    assert journey_lake.today() == datetime(2018, 1, 1, tzinfo=UTC)


def test_lines_are_numbered_within_their_order(journey_lake):
    lines = journey_lake.table("order_lines")
    orders = lines.group_by("order_id").agg(
        first=lines.line_no.min(), last=lines.line_no.max(), lines=lines.count()
    )
    wrong = orders.filter((orders["first"] != 1) | (orders["last"] != orders["lines"]))
    assert journey_lake.con.execute(wrong.count()) == 0


def test_a_customer_registers_with_the_first_receipt(journey_lake):
    lines = journey_lake.frame("order_lines")
    first = lines.groupby("customer_id")["ordered_at"].min()
    registered = journey_lake.frame("customers").set_index("customer_id")["registered_at"]
    pd.testing.assert_series_equal(registered.sort_index(), first.sort_index(), check_names=False)


def test_a_lead_knows_only_the_store_visited_before_it(journey_lake):
    lines, leads = journey_lake.frame("order_lines"), journey_lake.frame("leads")
    visits = lines.drop_duplicates("order_id")[["customer_id", "store_id", "ordered_at"]]
    for lead in leads.sample(40, random_state=0).itertuples():
        mine = visits[visits["customer_id"] == lead.customer_id]
        counts = mine.loc[mine["ordered_at"] < lead.created_at, "store_id"].value_counts()
        best = counts[counts == counts.max()].index.astype(int)
        assert lead.store_id == (str(best.min()) if len(best) else None)


def test_leads_of_campaigns_before_the_data_have_no_store(journey_lake):
    leads = journey_lake.frame("leads")
    early = leads[leads["created_at"] < pd.Timestamp("2017-01-01", tz="UTC")]
    assert len(early) > 0
    assert early["store_id"].isna().all()


def test_leads_are_decided_in_time_and_open_ones_are_not(journey_lake):
    leads = journey_lake.frame("leads").set_index("lead_id")
    outcomes = journey_lake.frame("lead_outcomes").set_index("lead_id")
    both = outcomes.join(leads.drop(columns="ingested_at"))
    won, lost = (both[both["outcome"] == word] for word in ("converted", "lost"))
    assert len(won) > 20
    assert (won["decided_at"] >= won["created_at"]).all()
    assert (won["decided_at"] < won["expires_at"]).all()
    assert (lost["decided_at"] == lost["expires_at"]).all()
    still_open = leads.drop(outcomes.index)
    assert (still_open["expires_at"] > journey_lake.last_moment()).all()


def test_lead_attributes_are_known_at_capture(journey_lake):
    lead = journey_lake.frame("leads").set_index("campaign_id").loc["8"].iloc[0]
    assert json.loads(lead["attributes"]) == {
        "campaign_type": "Type A",
        "duration_days": 49,
        "coupons": 209,
    }


def test_tables_join_on_the_lakes_one_connection(journey_lake):
    leads, customers = journey_lake.table("leads"), journey_lake.table("customers")
    strangers = leads.anti_join(customers, "customer_id")
    assert journey_lake.con.execute(strangers.count()) == 0


def test_more_households_add_to_those_that_stand(tmp_path):
    lake = Lake(tmp_path / "lake", threads=1)
    few = {r.table: r for r in import_complete_journey(lake, households=3)}
    more = {r.table: r for r in import_complete_journey(lake, households=5)}
    assert more["customers"].duplicates == few["customers"].accepted == 3
    assert more["customers"].accepted == 2
    lines = lake.table("order_lines")
    assert lake.con.execute(lines.customer_id.nunique()) == 5
    distinct = ibis.struct({"order": lines.order_id, "line": lines.line_no}).nunique()
    assert lake.con.execute(distinct) == lake.con.execute(lines.count())


@pytest.mark.parametrize("table", TABLES)
def test_moments_are_aware_in_frames_and_naive_in_the_engine(journey_lake, table):
    frame = journey_lake.frame(table).head(0)
    schema = journey_lake.table(table).schema()
    moments = [name for name in frame if name.endswith("_at")]
    assert all(str(frame[name].dtype) == "datetime64[us, UTC]" for name in moments)
    assert all(str(schema[name]) == "timestamp(6)" for name in moments)
