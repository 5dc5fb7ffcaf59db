"""Spark's scores are those of the night: the same judge, however the customers are dealt out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import lightgbm as lgb
import numpy as np
import orjson
import pandas as pd
import pytest

from features.clock import naive
from features.spark.engine import SparkEngine
from features.store import Store
from models_registry.bundle import Bundle
from models_registry.families import Named, Standing
from models_registry.meta import CategoryHead
from models_registry.score_log import ScoreLog
from service.champions import Champions
from service.lake_reader import LakeReader
from service.scoring import Scorer, Spread
from service.spark_night import SparkNight
from service.spark_scoring import Asked, SparkBatch, score_customers
from tests.integration.service.tiny_models import tiny_bundles
from tests.integration.spark.alike import differing
from tests.integration.spark.shops import CUTOFFS, opened

MOMENT = CUTOFFS[-1]
SCORED_AT = datetime(2017, 11, 27, 3, tzinfo=UTC)
TOP_K = 3
TASKS = 6
CORES = 2


class Shelf:
    """Bundles by model name, as the registry gives them."""

    def __init__(self, bundles: list[Bundle]) -> None:
        self._bundles = {bundle.meta.model: bundle for bundle in bundles}

    def standing(self) -> Standing:
        champions = {model: Named(b.meta.version) for model, b in self._bundles.items()}
        return Standing(champions, {})

    def stamp(self) -> None:
        return None

    def load(self, model: str, version: str) -> Bundle:
        return self._bundles[model]


@pytest.fixture(scope="session")
def store(built_home: Path) -> Store:
    return opened(built_home, "duckdb")


@pytest.fixture(scope="session")
def bundles(store: Store) -> list[Bundle]:
    made = [bundle.registered("1") for bundle in tiny_bundles(store, MOMENT)]
    return [with_categories(b) if b.meta.model == "next_purchase" else b for b in made]


@pytest.fixture(scope="session")
def files(built_home: Path) -> Mapping[str, list[Path]]:
    named = f"as_of={naive(MOMENT):%Y-%m-%dT%H%M%S}.parquet"
    return {each.name: [each / named] for each in (built_home / "features").iterdir()}


def with_categories(bundle: Bundle) -> Bundle:
    rng = np.random.default_rng(2)
    x = rng.exponential(5.0, (400, 2))
    told = {"objective": "binary", "num_leaves": 5, "verbosity": -1, "num_threads": 1}
    booster = lgb.train(told, lgb.Dataset(x, (x[:, 0] > 5).astype(float)), 10)
    head = CategoryHead(
        key="category_names",
        arrays=("category_baskets_180d", "category_days_since"),
        features=("category_baskets_180d", "category_days_since"),
    )
    return Bundle(replace(bundle.meta, category=head), {**bundle.boosters, "category": booster})


def scorer(store: Store, bundles: list[Bundle], log: Path, spread: Spread | None = None) -> Scorer:
    return Scorer(
        store=store,
        champions=Champions(Shelf(bundles)),
        score_log=ScoreLog(log),
        find_leads=lambda ids: [None for _ in ids],
        lake=LakeReader(store._lake),
        clock=lambda: SCORED_AT,
        max_feature_age_days=3.0,
        spread=spread,
    )


def nightly(store: Store, bundles: list[Bundle], model: str, log: Path) -> pd.DataFrame:
    """Return what the night writes to its score log."""
    embedded = scorer(store, bundles, log)
    assert embedded.batch(model, store.customers(MOMENT), MOMENT, top_k=TOP_K).added
    return ordered(ScoreLog(log).batch(model).to_pandas())


def ordered(scores: pd.DataFrame) -> pd.DataFrame:
    return scores.sort_values("customer_id").reset_index(drop=True)


@dataclass(frozen=True)
class Run:
    """One model's scores of the moment, given by Spark into a score log and by the night."""

    done: SparkBatch
    log: ScoreLog
    theirs: pd.DataFrame
    ours: pd.DataFrame


@pytest.fixture(scope="session", params=["churn_28d", "next_purchase"])
def run(
    request: pytest.FixtureRequest,
    store: Store,
    bundles: list[Bundle],
    files: Mapping[str, list[Path]],
    spark: SparkEngine,
    tmp_path_factory: pytest.TempPathFactory,
) -> Run:
    [bundle] = [each for each in bundles if each.meta.model == request.param]
    logs = tmp_path_factory.mktemp("scores")
    named = f"batches/{request.param}/{naive(MOMENT):%Y-%m-%dT%H%M%S}/1.parquet"
    asked = Asked(scored_at=SCORED_AT, max_age_days=3.0, top_k=TOP_K)
    done = score_customers(spark.session, bundle, files, logs / named, asked, tasks=TASKS)
    ours = nightly(store, bundles, request.param, logs / "night")
    return Run(done, ScoreLog(logs), ordered(pd.read_parquet(logs / named)), ours)


def test_scores_and_reasons_are_those_of_the_night(run: Run) -> None:
    assert run.done.scores == len(run.ours) == len(run.theirs) > TASKS
    assert list(run.theirs.columns) == list(run.ours.columns)
    assert differing(run.ours, run.theirs, list(run.ours.columns)) == {}
    assert run.ours["value"].nunique() > 1
    assert all(orjson.loads(told) for told in run.theirs["reasons"])


def test_the_model_is_loaded_once_a_worker_and_not_once_a_task(run: Run) -> None:
    assert run.done.tasks == TASKS
    assert 1 <= run.done.loads <= CORES < TASKS


def test_the_score_log_reads_what_spark_wrote(run: Run) -> None:
    model = run.ours["model"].iloc[0]
    assert run.log.batches(model) == [(MOMENT, "1")]
    assert run.log.batch(model).count().execute() == run.done.scores


def test_a_night_on_spark_goes_on_with_the_same_scores(
    store: Store, bundles: list[Bundle], spark: SparkEngine, tmp_path: Path
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    spread = SparkNight(store, ScoreLog(there), lambda: spark.session, lambda: SCORED_AT, 3.0)
    ids = store.customers(MOMENT)
    ours = scorer(store, bundles, here).batch("churn_28d", ids, MOMENT, top_k=TOP_K)
    night = scorer(store, bundles, there, spread)
    theirs = night.batch("churn_28d", ids, MOMENT, top_k=TOP_K)
    assert [score.customer_id for score in theirs.scores] == ids
    for mine, other in zip(ours.scores, theirs.scores, strict=True):
        assert other.value == pytest.approx(mine.value, abs=1e-9)
        assert [reason.text for reason in other.reasons] == [r.text for r in mine.reasons]
    assert theirs.rows["recency_days"].tolist() == ours.rows["recency_days"].tolist()
    again = night.batch("churn_28d", ids, MOMENT, top_k=TOP_K)
    assert theirs.added
    assert not again.added
    assert again.scores == theirs.scores
    assert len(ScoreLog(there).history(ids[0])) == 1
