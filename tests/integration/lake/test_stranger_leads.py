import json
from pathlib import Path

import pandas as pd
import pytest

from features.lake.csv_files import import_csv

FILE = Path(__file__).parents[4] / "shared/data/x_education_leads.csv"
LEADS = 9_240
# Written by sales staff after contact: at capture nobody knows them.
AFTERWARDS = [
    "Tags",
    "Lead Quality",
    "Lead Profile",
    "Last Activity",
    "Last Notable Activity",
    "Asymmetrique Activity Index",
    "Asymmetrique Profile Index",
    "Asymmetrique Activity Score",
    "Asymmetrique Profile Score",
]


@pytest.fixture
def file(tmp_path):
    """Return the file with a `created_at`, which it lacks: lead numbers rise with time, so the
    leads are put one minute apart in their order."""
    leads = pd.read_csv(FILE, dtype=str, keep_default_na=False)
    order = leads["Lead Number"].astype(int).rank(method="first")
    minutes = pd.to_timedelta(order, unit="min")
    path = tmp_path / "x_education.csv"
    leads.assign(created_at=pd.Timestamp("2017-01-01") + minutes).to_csv(path, index=False)
    return path


@pytest.mark.skipif(not FILE.exists(), reason=f"{FILE} is not here")
def test_a_strangers_leads_come_in_without_what_was_known_afterwards(lake, file):
    columns = {"lead_id": "Prospect ID", "source": "Lead Source", "medium": "Lead Origin"}
    drop = [*AFTERWARDS, "Converted"]
    report = import_csv(lake, "leads", file, {**columns, "region": "City"}, drop)
    assert (report.read, report.accepted) == (LEADS, LEADS)
    leads = lake.frame("leads")
    names = {name for text in leads["attributes"] for name in json.loads(text)}
    assert {"TotalVisits", "Country", "Lead Number"} <= names
    assert not names & set(drop)
    assert leads["lead_id"].nunique() == LEADS
    again = import_csv(lake, "leads", file, {**columns, "region": "City"}, drop)
    assert again.duplicates == LEADS
