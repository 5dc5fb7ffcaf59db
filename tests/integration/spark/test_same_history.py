"""Built, stored and joined on Spark or embedded: the history is the same."""

from datetime import timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from features.feature_sets import CUSTOMER
from features.spark.engine import SparkEngine
from tests.integration.spark.alike import differing
from tests.integration.spark.shops import CUTOFFS, opened

SERVICE = "next_purchase_v1"  # the one that reads every set


@pytest.fixture(scope="session")
def asked(built_home: Path) -> pd.DataFrame:
    """Everybody at the cutoffs, between them and as late as features last; and strangers."""
    moments = [*CUTOFFS, CUTOFFS[1] - timedelta(seconds=1), CUTOFFS[-1] + timedelta(days=35)]
    ids = [*opened(built_home, "duckdb").customers(CUTOFFS[-1]), "nobody", None]
    return pd.DataFrame({"customer_id": ids * len(moments), "as_of": np.repeat(moments, len(ids))})


def test_the_history_of_spark_is_that_of_the_embedded_engine(
    built_home: Path, spark_home: Path, asked: pd.DataFrame
) -> None:
    ours = opened(built_home, "duckdb").history(SERVICE, asked)
    store = opened(spark_home, "spark")
    theirs = store.history(SERVICE, asked)
    assert store._feast._store.config.offline_store.type == "spark"
    assert list(ours.columns) == list(theirs.columns)
    assert differing(ours, theirs, list(ours.columns)) == {}
    assert ours["recency_days"].notna().sum() > len(CUTOFFS)
    assert ours["recency_days"].isna().any()


def test_expressions_still_run_after_feast_had_the_session(
    spark_home: Path, asked: pd.DataFrame, spark: SparkEngine
) -> None:
    store = opened(spark_home, "spark")
    store.history(SERVICE, asked.head(1))
    folder = spark_home / "features" / CUSTOMER.name
    rows = spark.read_parquet(sorted(folder.glob("as_of=*.parquet")), "built")
    assert spark.execute(rows.recency_days.max()) > 0
