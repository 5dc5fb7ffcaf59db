"""Where the customer buys."""

import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, share

FEATURES = (
    Feature(
        "stores_90d",
        "stores",
        "count",
        "shops visited, 90 days",
        "近90天到店数",
        "bought in {value} shops in the last 90 days",
        "近90天在 {value} 家门店购买",
        actionable=False,
        default=0.0,
    ),
    Feature(
        "stores_total",
        "stores",
        "count",
        "shops visited so far",
        "累计到店数",
        "bought in {value} shops so far",
        "累计在 {value} 家门店购买",
        actionable=False,
        default=0.0,
    ),
    Feature(
        "top_store_share_90d",
        "stores",
        "share",
        "share of main shop, 90 days",
        "近90天主门店占比",
        "{value} of recent orders come from one shop; usually {typical}",
        "近90天 {value} 的订单来自同一门店，平时约 {typical}",
        actionable=False,
        typical_from="top_store_share_total",
    ),
    Feature(
        "top_store_share_total",
        "stores",
        "share",
        "share of main shop so far",
        "累计主门店占比",
        "{value} of all orders come from one shop",
        "累计 {value} 的订单来自同一门店",
        actionable=False,
    ),
    Feature(
        "online_share_90d",
        "stores",
        "share",
        "share of online orders, 90 days",
        "近90天线上订单占比",
        "{value} of recent orders were online",
        "近90天 {value} 的订单来自线上",
        actionable=False,
    ),
    Feature(
        "new_stores_90d",
        "stores",
        "count",
        "shops visited for the first time, 90 days",
        "近90天首次到店的门店数",
        "bought in {value} new shops in the last 90 days",
        "近90天新到 {value} 家门店",
        actionable=False,
        default=0.0,
    ),
)
_ONLINE = "online"


def of_purchases(purchases: ir.Table) -> dict[str, ir.Value]:
    """Return the online orders of the last days."""
    recent = purchases.age_days <= WINDOWS.recent
    return {"recent_online": (recent & (purchases.channel == _ONLINE)).sum()}


def lately(inputs: Inputs) -> tuple[ir.Table, ...]:
    """Return the shops of the last days; an order of which no shop is known counts for none."""
    placed = inputs.purchases.where(lambda t: t.store_id.notnull())
    named = placed.seen("store_id", days=WINDOWS.recent)
    by_store = named.group_by(*KEY, "store_id").agg(orders=named.count())
    sums = by_store.group_by(*KEY).agg(
        recent_stores=by_store.count(), recent_store_orders=by_store.orders.max()
    )
    return (sums,)


def columns(row: ir.Table) -> dict[str, ir.Value]:
    """Return the shop features from the sums of purchases, of `lately` and of the lifetime."""
    return {
        "stores_90d": row.recent_stores.fill_null(0),
        "stores_total": row.stores.fill_null(0.0),
        "top_store_share_90d": share(row.recent_store_orders, row.orders_90d),
        "top_store_share_total": share(row.store_orders, row.orders),
        "online_share_90d": share(row.recent_online.fill_null(0), row.orders_90d),
        "new_stores_90d": row.new_stores.fill_null(0.0),
    }
