"""The shop a test row belongs to, against a count by hand."""

from datetime import timedelta

import pandas as pd

from features.lake.lake import Lake
from training.dataset import Dataset
from training.stores import MAIN_STORE, with_main_stores


def asked(test: pd.DataFrame) -> Dataset:
    return Dataset(test.iloc[:0], test.iloc[:0], test.iloc[:0], test, features=())


def test_the_main_store_is_where_most_orders_before_the_moment_came_from(shop_lake: Lake) -> None:
    lines = shop_lake.frame("order_lines")
    moments = [shop_lake.today() - timedelta(days=days) for days in (90, 30)]
    people = sorted(lines["customer_id"].unique())
    rows = pd.DataFrame([(who, at) for at in moments for who in people])
    rows.columns = pd.Index(["customer_id", "as_of"])
    found = with_main_stores(asked(rows.iloc[::-1]), shop_lake).test
    assert found.index.equals(rows.index[::-1])
    bought = lines[lines["quantity"] >= 0].drop_duplicates(["customer_id", "order_id"])
    for at in moments:
        before = bought[(bought["ordered_at"] < at) & bought["store_id"].notna()]
        counts = before.groupby(["customer_id", "store_id"]).size().reset_index(name="orders")
        first = counts.sort_values(["orders", "store_id"], ascending=[False, True])
        truth = first.drop_duplicates("customer_id").set_index("customer_id")["store_id"]
        said = found[found["as_of"] == at].set_index("customer_id")[MAIN_STORE].dropna()
        assert said.sort_index().to_dict() == truth.sort_index().to_dict()
        assert len(said) > 100


def test_a_lead_belongs_to_the_shop_it_was_captured_for(shop_lake: Lake) -> None:
    leads = shop_lake.frame("leads").sample(frac=1.0, random_state=1)
    found = with_main_stores(asked(leads[["lead_id", "customer_id"]]), shop_lake).test
    known = leads["store_id"].notna()
    assert found.loc[known, MAIN_STORE].tolist() == leads.loc[known, "store_id"].tolist()
    assert found.loc[~known, MAIN_STORE].isna().all()
