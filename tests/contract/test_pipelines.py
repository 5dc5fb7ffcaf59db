"""One contract, every pipeline."""

from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store
from models_registry.bundle import Bundle
from models_registry.groups import group_of
from models_registry.reasons import ReasonPolicy
from tests.synthetic import ShopConfig, fill, simulate
from training import config
from training.config import ModelConfig
from training.dataset import Context, Dataset
from training.pipelines.base import Pipeline, inside
from training.train import pipeline_of, plan_features

MODELS = config.models()


@dataclass(frozen=True)
class Case:
    """One pipeline with its rows and its model."""

    config: ModelConfig
    pipeline: Pipeline
    dataset: Dataset
    bundle: Bundle
    store: Store


@pytest.fixture(scope="module")
def context(tmp_path_factory: pytest.TempPathFactory) -> Context:
    home = tmp_path_factory.mktemp("pipelines")
    lake = Lake(home / "lake", threads=1)
    fill(lake, simulate(ShopConfig(customers=250)))
    store = Store(Settings(home=home), lake)
    for service, cutoffs in plan_features(lake, MODELS).items():
        store.build(cutoffs, service=service)
    return Context(lake, store, lake.today())


@pytest.fixture(scope="module", params=MODELS)
def case(request: pytest.FixtureRequest, context: Context) -> Case:
    loaded = config.load(request.param)
    pipeline = pipeline_of(loaded)
    dataset = pipeline.prepare(context)
    return Case(loaded, pipeline, dataset, pipeline.fit(dataset), context.store)


def trees(bundle: Bundle) -> dict[str, str]:
    return {name: booster.model_to_string() for name, booster in bundle.boosters.items()}


def test_the_pipeline_and_its_bundle_carry_the_names_of_the_configuration(case: Case) -> None:
    assert (case.pipeline.name, case.pipeline.service) == (case.config.model, case.config.service)
    assert case.bundle.meta.model == case.config.model
    assert case.bundle.meta.feature_service == case.config.service


def test_the_bundle_reads_the_numbers_of_its_feature_service_in_their_order(case: Case) -> None:
    names = case.store.feature_names(case.pipeline.service)
    numbers = [name for name in names if case.dataset.test[name].dtype == "float64"]
    assert list(case.bundle.meta.features)[: len(numbers)] == numbers


def test_the_test_begins_after_everything_that_was_learnt_had_happened(case: Case) -> None:
    known, test = case.dataset.known, case.dataset.test
    if "settled_at" in known:
        settled, begins = known["settled_at"], test["created_at"]
    else:
        horizon = pd.Timedelta(days=case.bundle.meta.horizon_days or 0)
        settled, begins = known["as_of"] + horizon, test["as_of"]
    assert settled.max() <= begins.min()
    assert case.bundle.meta.trained_as_of < begins.min()


def test_the_same_rows_and_seed_give_the_same_bytes(case: Case) -> None:
    again = case.pipeline.fit(case.dataset)
    assert trees(again) == trees(case.bundle)
    now = case.bundle.meta.trained_at
    assert replace(again.meta, trained_at=now) == case.bundle.meta


def test_a_fit_never_looks_at_the_test(case: Case) -> None:
    blind = replace(case.dataset, test=case.dataset.test.iloc[:0])
    assert trees(case.pipeline.fit(blind)) == trees(case.bundle)


def test_every_known_row_gets_a_finite_value_inside_its_bounds(case: Case) -> None:
    test = case.dataset.test.set_index(np.arange(len(case.dataset.test)) + 1000)
    said = case.bundle.predict(test)
    assert said.index.equals(test.index)
    assert np.isfinite(said[["value", "baseline"]].to_numpy()).all()
    assert (said["value"] >= 0).all()
    ceiling = {"probability": 1.0, "days": case.bundle.meta.horizon_days, "amount": np.inf}
    assert (said["value"] <= ceiling[case.bundle.meta.kind]).all()
    between = said[said["eligible"] & said["low"].notna()]
    assert ((between["low"] <= between["value"]) & (between["value"] <= between["high"])).all()


def test_a_row_outside_the_population_gets_the_baseline(case: Case) -> None:
    if not case.bundle.meta.population:
        assert case.bundle.predict(case.dataset.test)["eligible"].all()
        return
    rows = case.dataset.test.assign(active_days=1.0)
    said = case.bundle.predict(rows)
    assert not said["eligible"].any()
    assert said["value"].tolist() == said["baseline"].tolist()


def test_a_row_of_which_nothing_is_known_still_gets_a_value(case: Case) -> None:
    row = case.dataset.test.iloc[[0]].copy()
    row[list(case.dataset.features)] = np.nan
    for name in case.dataset.texts:
        row[name] = "never seen"
    assert np.isfinite(case.bundle.predict(row)["value"].item())


def test_nothing_is_promoted_without_a_baseline_for_each_claim(case: Case) -> None:
    found = case.pipeline.evaluate(case.bundle, case.dataset)
    assert found.rows > 0
    assert all(np.isfinite(value) for value in found.metrics.values())
    for asked in case.config.gate:
        assert asked.metric in found.metrics
        if asked.beats_baselines_by is not None:
            assert any(asked.metric in measures for measures in found.baselines.values())


def test_a_saved_bundle_says_the_same(case: Case, tmp_path: Path) -> None:
    case.bundle.save(tmp_path / "bundle")
    loaded = Bundle.load(tmp_path / "bundle")
    pd.testing.assert_frame_equal(
        loaded.predict(case.dataset.test), case.bundle.predict(case.dataset.test)
    )


def test_percentiles_spread_over_the_population(case: Case) -> None:
    said = case.bundle.predict(case.dataset.valid)
    ranks = case.bundle.percentile(said.loc[said["eligible"], "value"].to_numpy())
    assert ranks.min() >= 0
    assert ranks.max() <= 100
    assert 40 < np.median(ranks) < 60


# What the field agrees on, all else equal: longer silence, more spent.
PROMISED = {
    "churn_28d": {"recency_days": 1},
    "churn_60d": {"recency_days": 1},
    "clv_90d": {"recency_days": -1, "spend_90d": 1},
}
STEPS = 12


def test_all_reasons_and_the_base_add_up_to_the_raw_margin(case: Case) -> None:
    bundle = case.bundle
    rows = inside(case.dataset.test, bundle.meta.population).head(100)
    every = len(bundle.meta.features)
    told = bundle.explain(rows, every, policy=ReasonPolicy(min_share=0.0))
    base = bundle.contributions(rows)[:, -1]
    said = np.array([sum(reason.contribution for reason in reasons) for reasons in told])
    np.testing.assert_allclose(said + base, bundle.predict(rows)["margin"], atol=1e-9)
    of = group_of(bundle.meta.groups)
    assert of
    for reasons in told:
        speakers = [of.get(reason.feature, (reason.feature,)) for reason in reasons]
        assert len(set(speakers)) == len(speakers)


def test_what_the_field_agrees_on_holds_for_every_customer(case: Case) -> None:
    rows = inside(case.dataset.test, case.bundle.meta.population)
    for feature, sign in PROMISED.get(case.config.model, {}).items():
        levels = np.quantile(rows[feature], np.linspace(0, 1, STEPS))
        values = np.column_stack([_supposing(case.bundle, rows, feature, x) for x in levels])
        assert (sign * np.diff(values, axis=1)).min() >= -1e-12
        assert np.ptp(values, axis=1).max() > 0


def test_longer_silence_and_a_newer_purchase_move_churn_their_way(case: Case) -> None:
    if not case.config.model.startswith("churn"):
        return
    rows = inside(case.dataset.test, case.bundle.meta.population)
    silent = rows["recency_days"]
    value = case.bundle.predict(rows)["value"].to_numpy()
    limit = max(c.value for c in case.bundle.meta.population if c.feature == "recency_days")
    for days in (1, 7, 30):
        later = _supposing(case.bundle, rows, "recency_days", (silent + days).clip(upper=limit))
        sooner = _supposing(case.bundle, rows, "recency_days", (silent - days).clip(lower=0))
        assert (later >= value - 1e-12).all()
        assert (sooner <= value + 1e-12).all()
        assert later.sum() > value.sum() > sooner.sum()


def test_names_order_and_company_change_nothing(case: Case) -> None:
    rows = case.dataset.test.head(60)
    said = case.bundle.predict(rows)
    renamed = rows.assign(customer_id=[f"someone {n}" for n in range(len(rows))])
    turned = renamed[sorted(rows, reverse=True)].iloc[::-1]
    pd.testing.assert_frame_equal(case.bundle.predict(turned).iloc[::-1], said, rtol=1e-9)
    alone = pd.concat([case.bundle.predict(rows.iloc[[n]]) for n in range(5)])
    pd.testing.assert_frame_equal(alone, said.head(5), rtol=1e-9)


def _supposing(
    bundle: Bundle, rows: pd.DataFrame, feature: str, x: "float | pd.Series[float]"
) -> np.ndarray:
    return bundle.predict(rows.assign(**{feature: x}))["value"].to_numpy()
