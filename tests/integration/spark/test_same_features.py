"""The same expressions give the same values on both engines."""

from datetime import datetime
from pathlib import Path

import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from pyarrow.dataset import dataset

from features.catalog import FEATURES
from features.engine import Engine
from features.feature_sets import CUSTOMER, SETS, FeatureSet
from features.lake.lake import Lake
from features.sources import Source
from features.spark.engine import SparkEngine
from tests.integration.spark.alike import differing
from tests.integration.spark.shops import CUTOFFS

KEY = ["as_of", "customer_id"]


def rows(home: Path, each: FeatureSet) -> pd.DataFrame:
    files = sorted((home / "features" / each.name).glob("as_of=*.parquet"))
    built = pd.concat(map(pd.read_parquet, files))
    return built.sort_values(KEY).reset_index(drop=True)


@pytest.mark.parametrize("each", SETS, ids=lambda each: each.name)
def test_both_engines_know_the_same_customers(
    each: FeatureSet, built_home: Path, spark_home: Path
) -> None:
    ours, theirs = rows(built_home, each), rows(spark_home, each)
    assert list(ours.columns) == list(theirs.columns)
    assert_frame_equal(ours[KEY], theirs[KEY])
    assert ours["as_of"].nunique() == len(CUTOFFS)


@pytest.mark.parametrize("each", SETS, ids=lambda each: each.name)
def test_every_column_of_every_set_is_the_same(
    each: FeatureSet, built_home: Path, spark_home: Path
) -> None:
    ours, theirs = rows(built_home, each), rows(spark_home, each)
    assert differing(ours, theirs, list(each.columns)) == {}


def test_every_feature_of_the_catalogue_is_compared() -> None:
    assert set(FEATURES) <= {name for each in SETS for name in each.columns}


def test_the_shop_gives_most_features_something_to_say(built_home: Path) -> None:
    said = rows(built_home, CUSTOMER)[list(FEATURES)].nunique()
    assert (said > 1).mean() > 0.9


def test_both_start_from_the_same_sums_of_the_past(built_home: Path, spark_home: Path) -> None:
    ours, theirs = (
        {path.name for path in (home / "features" / "past").iterdir()}
        for home in (built_home, spark_home)
    )
    assert ours == theirs
    assert ours


def test_both_engines_write_the_same_files(
    shop_lake: Lake, duck: Engine, spark: SparkEngine, tmp_path: Path
) -> None:
    ours, theirs = (
        written(shop_lake, engine, tmp_path / name)
        for name, engine in (("duckdb", duck), ("spark", spark))
    )
    assert ours["as_of"].nunique() > 1
    assert_frame_equal(ours, theirs)


def written(lake: Lake, engine: Engine, folder: Path) -> pd.DataFrame:
    """Return what a query leaves in a folder it was written to twice."""
    lines = Source(lake, engine).table("order_lines")
    days = lines.mutate(as_of=lines.ordered_at.truncate("D"))
    sums = days.group_by("as_of", "customer_id").agg(largest=days.net_amount.max())
    for _ in range(2):
        engine.write_parquet(sums.filter(sums.as_of < datetime(2017, 1, 6)), folder, "as_of")  # noqa: DTZ001
    found = dataset(folder, format="parquet", partitioning="hive").to_table().to_pandas()
    return found.astype({"as_of": "string"}).sort_values(KEY).reset_index(drop=True)
