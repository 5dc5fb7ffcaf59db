import json
from pathlib import Path

import pandas as pd
import pytest

from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store
from training import config
from training.dataset import Context
from training.gate import decide
from training.train import pipeline_of, plan_features, today_of

FILE = Path(__file__).parents[4] / "shared" / "data" / "x_education_leads.csv"
WRITTEN_LATER = [
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
CONTRACT = ["Prospect ID", "Lead Number", "Converted", "Lead Origin", "Lead Source"]

pytestmark = pytest.mark.skipif(not FILE.exists(), reason=f"{FILE} is not here")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake that knows leads and nothing else; the order of their numbers stands for time."""
    raw = pd.read_csv(FILE).replace("Select", None).sort_values("Lead Number", ignore_index=True)
    captured = pd.Timestamp("2017-01-01", tz="UTC") + pd.to_timedelta(raw.index, unit="h")
    told = raw.drop(columns=[*WRITTEN_LATER, *CONTRACT])
    attributes = [
        json.dumps({name: value for name, value in row.items() if pd.notna(value)})
        for row in told.to_dict("records")
    ]
    leads = pd.DataFrame(
        {
            "lead_id": raw["Lead Number"].astype(str),
            "created_at": captured,
            "source": raw["Lead Source"],
            "medium": raw["Lead Origin"],
            "attributes": attributes,
        }
    )
    outcomes = pd.DataFrame(
        {
            "lead_id": leads["lead_id"],
            "decided_at": captured + pd.Timedelta(minutes=30),
            "outcome": raw["Converted"].map({1: "converted", 0: "lost"}),
        }
    )
    lake = Lake(tmp_path_factory.mktemp("strangers") / "lake", threads=1)
    lake.append("leads", [leads], source="test", fingerprint="leads")
    lake.append("lead_outcomes", [outcomes], source="test", fingerprint="outcomes")
    return lake


def test_leads_nobody_knows_are_scored_far_better_than_their_source_average(lake: Lake) -> None:
    loaded = config.load("lead_score")
    pipeline = pipeline_of(loaded)
    store = Store(Settings(home=lake.root.parent), lake)
    dataset = pipeline.prepare(Context(lake, store, today_of(lake)))
    assert plan_features(lake, ["lead_score"]) == {}
    assert dataset.known["settled_at"].max() <= dataset.test["created_at"].min()

    bundle = pipeline.fit(dataset)
    found = pipeline.evaluate(bundle, dataset)
    verdict = decide(found, loaded.gate)
    assert verdict.passed, found.text() + verdict.text()

    assert not set(bundle.meta.features) & {f"attr_{name}" for name in WRITTEN_LATER}
    assert found.metrics["auc"] > found.baselines["average by lead_source"]["auc"] + 0.1
    assert found.metrics["log_loss"] < found.baselines["average by lead_source"]["log_loss"]
    stranger = dataset.test.iloc[[0]].assign(lead_source="a source never seen")
    assert 0 <= bundle.predict(stranger)["value"].item() <= 1
