"""How wide the customer's assortment is."""

import ibis
import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, entropy, n_log_n, share

FEATURES = (
    Feature(
        "categories_90d",
        "category",
        "count",
        "categories, 90 days",
        "近90天品类数",
        "bought {value} categories in the last 90 days",
        "近90天购买 {value} 个品类",
        actionable=True,
    ),
    Feature(
        "category_entropy_90d",
        "category",
        "nats",
        "spread over categories, 90 days",
        "近90天品类分散度",
        "spread of purchases over categories: {value}",
        "品类分散度为 {value}",
        actionable=False,
    ),
    Feature(
        "top_category_share_90d",
        "category",
        "share",
        "share of top category, 90 days",
        "近90天首选品类占比",
        "{value} of recent purchases fall in one category",
        "近90天 {value} 的购买集中在一个品类",
        actionable=False,
    ),
    Feature(
        "top3_category_share_90d",
        "category",
        "share",
        "share of top 3 categories, 90 days",
        "近90天前三品类占比",
        "{value} of recent purchases fall in three categories",
        "近90天 {value} 的购买集中在三个品类",
        actionable=False,
    ),
    Feature(
        "new_category_share_90d",
        "category",
        "share",
        "share of new categories, 90 days",
        "近90天新品类占比",
        "{value} of the categories of the last 90 days are new to the customer",
        "近90天所购品类中 {value} 为首次购买",
        actionable=True,
    ),
)
_TOP = 3


def build(inputs: Inputs) -> ir.Table:
    """Return the category features of every customer and cutoff that bought lately."""
    lines = inputs.categories
    counts = lines.group_by("pair", "as_of").agg(n=lines.lines.sum().cast("int32"))
    named = counts.inner_join(inputs.pairs, "pair")
    is_new = named.first_at >= named.as_of - ibis.interval(days=WINDOWS.recent)
    sums = named.group_by(*KEY).agg(
        categories=named.count(),
        new=is_new.sum(),
        total=named.n.sum(),
        largest=named.n.max(),
        sizes=named.n.collect(),
        n_log_n=n_log_n(named.n).sum(),
    )
    return sums.select(
        *KEY,
        categories_90d=sums.categories.cast("float64"),
        category_entropy_90d=entropy(sums.n_log_n, sums.total),
        top_category_share_90d=share(sums.largest, sums.total),
        top3_category_share_90d=share(sums.sizes.sort()[-_TOP:].sums(), sums.total),
        new_category_share_90d=share(sums.new, sums.categories),
    )
