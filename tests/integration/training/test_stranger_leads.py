import pytest

from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store
from tests.benchmarks.models_leads import SCHOOL, WRITTEN_LATER, school_shop
from training import config
from training.dataset import Context
from training.gate import decide
from training.train import pipeline_of, plan_features, today_of

pytestmark = pytest.mark.skipif(not SCHOOL.exists(), reason=f"{SCHOOL} is not here")


@pytest.fixture(scope="module")
def lake(tmp_path_factory: pytest.TempPathFactory) -> Lake:
    """A lake that knows leads and nothing else."""
    return school_shop(tmp_path_factory.mktemp("strangers")).lake


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
