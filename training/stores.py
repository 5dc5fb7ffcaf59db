"""The shop a customer goes to: a label to cut test rows by, and no feature."""

from dataclasses import replace

import ibis
import ibis.expr.types as ir
import pandas as pd

from features.clock import naive
from features.lake.lake import Lake
from features.transforms.events import baskets_of
from features.transforms.formulas import KEY
from training.dataset import Dataset

MAIN_STORE = "main_store"


def with_main_stores(dataset: Dataset, lake: Lake) -> Dataset:
    """Return the data set with the shop of each test row in the column `main_store`.

    A customer's is the shop most orders before the moment came from, a lead's the shop it was
    captured for. None where no shop is known.
    """
    of_rows = _of_leads if "lead_id" in dataset.test else _of_customers
    return replace(dataset, test=dataset.test.assign(**{MAIN_STORE: of_rows(dataset.test, lake)}))


def main_stores(order_lines: ir.Table, moments: pd.DataFrame) -> ir.Table:
    """Return `customer_id`, `as_of` and `main_store`; of shops with as many orders the first name.

    Parameters
    ----------
    moments
        Column `as_of`, naive UTC: one row per moment.
    """
    baskets = baskets_of(order_lines)
    at = ibis.memtable(moments, schema={"as_of": "timestamp(6)"})
    placed = baskets.filter(baskets.is_purchase, baskets.store_id.notnull())
    before = placed.join(at, placed.ordered_at < at.as_of)
    counted = before.group_by(*KEY, "store_id").agg(orders=before.count())
    order = [counted.orders.desc(), counted.store_id]
    ranked = counted.mutate(place=ibis.row_number().over(group_by=KEY, order_by=order))
    return ranked.filter(ranked.place == 0).select(*KEY, main_store=ranked.store_id)


def _of_customers(rows: pd.DataFrame, lake: Lake) -> "pd.Series[str]":
    moments = pd.DataFrame({"as_of": [naive(at) for at in sorted(rows["as_of"].unique())]})
    found = lake.con.execute(
        main_stores(lake.table("order_lines"), moments.astype("datetime64[us]"))
    )
    keyed = found.set_index([found["customer_id"], found["as_of"].dt.tz_localize("UTC")])
    asked = pd.MultiIndex.from_frame(rows[list(KEY)])
    return pd.Series(keyed[MAIN_STORE].reindex(asked).to_numpy(), rows.index, dtype="object")


def _of_leads(rows: pd.DataFrame, lake: Lake) -> "pd.Series[str]":
    return rows["lead_id"].map(lake.frame("leads").set_index("lead_id")["store_id"])
