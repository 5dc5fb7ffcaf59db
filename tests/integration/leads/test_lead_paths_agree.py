"""Training, a batch and a single request see the same lead."""

from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pandas as pd
import pytest

from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store
from models_registry.bundle import Bundle
from models_registry.errors import BundleError
from service.lake_reader import LakeReader
from service.lead_rows import lead_rows
from tests.integration.leads.conftest import fill_leads
from training import config
from training.dataset import Context, Dataset
from training.lead_dataset import lead_dataset
from training.pipelines.lead_score import LeadScore
from training.train import pipeline_of, today_of

AGES = (0, 3)


@pytest.fixture(scope="module")
def store(lead_lake: Lake) -> Store:
    return Store(Settings(home=lead_lake.root.parent), lead_lake)


@pytest.fixture(scope="module")
def dataset(lead_lake: Lake, store: Store) -> Dataset:
    loaded = config.load("lead_score").model_copy(update={"leave_out": ()})
    return lead_dataset(Context(lead_lake, store, today_of(lead_lake)), loaded, AGES)


@pytest.fixture(scope="module")
def bundle(dataset: Dataset) -> Bundle:
    pipeline = pipeline_of(config.load("lead_score"))
    assert isinstance(pipeline, LeadScore)
    return pipeline.fit(dataset)


@pytest.fixture
def reader(lead_lake: Lake) -> LakeReader:
    return LakeReader(Lake(lead_lake.root, threads=1))


def test_history_and_behaviour_are_inputs_of_the_model(bundle: Bundle) -> None:
    expected = {"lead_source_lift", "lead_source_leads", "lead_conversion", "lead_age_days"}
    expected |= {"lead_touches_after", "lead_before_call", "lead_after_form_sent"}
    assert expected <= set(bundle.inputs)


@pytest.mark.parametrize("age", AGES)
def test_training_batch_and_request_read_the_same_values(
    age: int, dataset: Dataset, bundle: Bundle, store: Store, reader: LakeReader
) -> None:
    learnt = dataset.test[dataset.test["as_of"] - dataset.test["created_at"] == timedelta(days=age)]
    some = learnt.sample(12, random_state=1).reset_index(drop=True)
    leads = reader.leads(some["lead_id"].tolist())
    found = []
    for row in some.itertuples():
        as_of = row.as_of.to_pydatetime() if age else None
        one = [leads[row.lead_id]]
        found.append(lead_rows(store, bundle, one, as_captured=True, lake=reader, as_of=as_of))
    single = pd.concat(found, ignore_index=True)
    inputs = bundle.inputs
    expected = some[inputs]
    pd.testing.assert_frame_equal(single[inputs], expected, check_dtype=False, rtol=0, atol=1e-12)
    assert (single["as_of"] == some["as_of"]).all()
    if not age:
        whole = lead_rows(store, bundle, list(leads.values()), as_captured=True, lake=reader)
        batch = whole.set_index("lead_id").loc[some["lead_id"]].reset_index(drop=True)
        pd.testing.assert_frame_equal(batch[inputs], expected, check_dtype=False, atol=1e-12)
    assert bundle.predict(single)["value"].tolist() == pytest.approx(
        bundle.predict(some)["value"].tolist(), abs=1e-12
    )


def test_a_lead_that_is_not_in_the_lake_has_the_history_of_its_source(
    bundle: Bundle, store: Store, reader: LakeReader
) -> None:
    [known] = reader.leads(["L00850"]).values()
    new = replace(known, lead_id="just captured")
    [a, b] = (
        lead_rows(store, bundle, [lead], as_captured=True, lake=reader).iloc[0]
        for lead in (known, new)
    )
    assert a["lead_source_lift"] == b["lead_source_lift"]
    assert b["lead_source_leads"] > 100
    assert b["lead_touches_before"] == 0


def test_leads_that_come_in_later_are_seen(tmp_path: Path) -> None:
    lake = Lake(tmp_path / "lake", threads=1)
    reader = LakeReader(Lake(tmp_path / "lake", threads=1))
    asked = pd.DataFrame({"lead_id": ["new"], "source": ["fair"], "medium": ["form"]})
    asked = asked.assign(created_at=pd.Timestamp("2018-01-01", tz="UTC"))

    def history() -> pd.Series:
        return reader.lead_features(asked, asked["created_at"], ()).iloc[0]

    assert history()["lead_source_leads"] == 0
    fill_leads(lake, count=60)
    first = history()
    assert first["lead_medium_leads"] == 60
    assert 0 < first["lead_source_conversion"] < 1
    assert first["lead_source_lift"] > 1


def test_a_model_that_reads_the_lake_is_not_scored_without_it(
    bundle: Bundle, store: Store, reader: LakeReader
) -> None:
    leads = list(reader.leads(["L00001"]).values())
    with pytest.raises(BundleError, match="what the lake knows"):
        lead_rows(store, bundle, leads, as_captured=True)


def test_a_scoring_moment_before_capture_is_the_capture(
    bundle: Bundle, store: Store, reader: LakeReader
) -> None:
    leads = list(reader.leads(["L00500"]).values())
    early = leads[0].created_at - timedelta(days=9)
    rows = lead_rows(store, bundle, leads, as_captured=True, lake=reader, as_of=early)
    assert rows["as_of"].item() == leads[0].created_at
