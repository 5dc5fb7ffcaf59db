import numpy as np
import pandas as pd
import pytest
from sklearn.metrics import roc_auc_score

from features.lake.lake import Lake
from features.store import Store
from tests.synthetic import Shop
from training import config
from training.dataset import Context, Dataset
from training.pipelines.base import inside
from training.train import pipeline_of

HORIZON = 28


@pytest.fixture(scope="module")
def churn(shop: Shop, shop_lake: Lake, shop_store: Store) -> tuple[pd.DataFrame, pd.Series]:
    """Test rows with the truth, and the model's probabilities."""
    pipeline = pipeline_of(config.load("churn_28d"))
    ctx = Context(shop_lake, shop_store, shop_lake.today())
    shop_store.build((), services=pipeline.moments(shop_lake, ctx.today))
    dataset: Dataset = pipeline.prepare(ctx)
    bundle = pipeline.fit(dataset)
    rows = inside(dataset.test, bundle.meta.population).merge(shop.customers, on="customer_id")
    rows["dead"] = rows["died_at"] <= rows["as_of"]
    return rows, bundle.predict(rows)["value"]


def test_churn_comes_close_to_what_the_true_rates_can_tell(
    churn: tuple[pd.DataFrame, pd.Series],
) -> None:
    rows, value = churn
    best = np.where(rows["dead"], 1.0, np.exp(-rows["rate"] * HORIZON))
    known, found = roc_auc_score(rows["churned"], best), roc_auc_score(rows["churned"], value)
    recency = roc_auc_score(rows["churned"], rows["recency_days"])
    assert found > recency
    assert recency < known
    assert found > recency + 0.3 * (known - recency)


def test_those_who_left_are_seen_as_likelier_to_stay_away(
    churn: tuple[pd.DataFrame, pd.Series],
) -> None:
    rows, value = churn
    assert value[rows["dead"]].mean() > 2 * value[~rows["dead"]].mean()


def test_among_the_living_the_risk_falls_with_the_true_rate(
    churn: tuple[pd.DataFrame, pd.Series],
) -> None:
    rows, value = churn
    alive = ~rows["dead"]
    assert value[alive].corr(rows.loc[alive, "rate"], method="spearman") < -0.5


def test_the_probabilities_add_up_to_what_happened(churn: tuple[pd.DataFrame, pd.Series]) -> None:
    rows, value = churn
    spread = 3 * np.sqrt((value * (1 - value)).sum()) / len(rows)
    assert value.mean() == pytest.approx(rows["churned"].mean(), abs=spread)


def test_lead_scores_rank_by_the_true_chance_to_convert(
    shop: Shop, shop_lake: Lake, shop_store: Store
) -> None:
    pipeline = pipeline_of(config.load("lead_score"))
    ctx = Context(shop_lake, shop_store, shop_lake.today())
    shop_store.build((), services=pipeline.moments(shop_lake, ctx.today))
    dataset = pipeline.prepare(ctx)
    bundle = pipeline.fit(dataset)
    rows = dataset.test.merge(shop.leads, on="lead_id")
    value = bundle.predict(rows)["value"]
    assert len(rows) == len(dataset.test)
    assert value.corr(rows["probability"], method="spearman") > 0.5
