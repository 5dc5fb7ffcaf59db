"""The customer against others: those of the same shop, and those who came in the same month."""

import ibis
import ibis.expr.types as ir

from features.transforms.feature import Feature
from features.transforms.formulas import share
from features.transforms.transform import at_midnight

STORE, COHORT = "peer_store", "peer_cohort"
_STORE_MEASURES = ("spend_90d", "orders_90d", "basket_mean", "recency_days", "discount_share_90d")
_COHORT_MEASURES = ("spend_90d", "orders_90d", "active_days_90d", "recency_days", "categories_90d")
_MEASURES = {STORE: _STORE_MEASURES, COHORT: _COHORT_MEASURES}
_WORDS = {
    "spend_90d": ("spend of 90 days", "近90天消费"),
    "orders_90d": ("orders of 90 days", "近90天订单数"),
    "basket_mean": ("mean basket", "平均客单价"),
    "recency_days": ("silence", "未购天数"),
    "discount_share_90d": ("discount share of 90 days", "近90天折扣占比"),
    "active_days_90d": ("purchase days of 90 days", "近90天购买天数"),
    "categories_90d": ("categories of 90 days", "近90天品类数"),
}
_GROUPS = {
    STORE: ("store", "the shop's customers", "本店顾客"),
    COHORT: ("cohort", "customers who came in the same month", "同月入店顾客"),
}


def _feature(group: str, measure: str) -> Feature:
    suffix, peers_en, peers_zh = _GROUPS[group]
    en, zh = _WORDS[measure]
    return Feature(
        f"{measure}_vs_{suffix}",
        "peers",
        "ratio",
        f"{en} against {peers_en}",
        f"{zh}与{peers_zh}均值之比",
        f"{en}: {{value}} times the mean of {peers_en}",
        f"{zh}是{peers_zh}均值的 {{value}} 倍",
        actionable=False,
    )


FEATURES = tuple(_feature(group, name) for group, names in _MEASURES.items() for name in names)


def peer_means(own: ir.Table) -> ir.Table:
    """Return the mean of each measure over every group of peers at each midnight.

    Returns
    -------
    ibis.Table
        as_of, group (`STORE` or `COHORT`), name, and one column per measure, missing where the
        group is not compared by it.
    """
    rows = at_midnight(own)
    return _means(rows, STORE).union(_means(rows, COHORT))


def beside_peers(own: ir.Table, means: ir.Table) -> ir.Table:
    """Return `own` with the features of this topic: each measure by the mean of its peers."""
    row = own.mutate(midnight=own.as_of.truncate("D"))
    for group in _MEASURES:
        found = means.filter(means.group == group)
        renamed = found.select(
            midnight="as_of",
            **{group: "name"},
            **{f"{name}_of_{group}": name for name in _MEASURES[group]},
        )
        added = [renamed[name] for name in renamed.columns if name not in ("midnight", group)]
        row = row.left_join(renamed, ["midnight", group]).select(row, *added)
    return row.mutate(
        **{
            f"{name}_vs_{_GROUPS[group][0]}": share(row[name], row[f"{name}_of_{group}"])
            for group, names in _MEASURES.items()
            for name in names
        }
    )


def _means(rows: ir.Table, group: str) -> ir.Table:
    every = sorted(_WORDS)
    named = rows.filter(rows[group].notnull())
    return (
        named.group_by("as_of", name=named[group])
        .agg(**{name: named[name].mean() for name in every})
        .select("as_of", group=ibis.literal(group), name="name", **{n: n for n in every})
    )
