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
)
_ONLINE = "online"


def build(inputs: Inputs) -> ir.Table:
    """Return the shop features of every customer and cutoff."""
    baskets = inputs.history.filter(inputs.history.is_purchase)
    recent = baskets.age_days <= WINDOWS.recent
    by_store = baskets.group_by(*KEY, "store_id").agg(
        orders=baskets.count(),
        orders_90d=recent.sum(),
        online_90d=(recent & (baskets.channel == _ONLINE)).sum().fill_null(0),
    )
    return by_store.group_by(*KEY).agg(
        stores_90d=(by_store.orders_90d > 0).sum().cast("float64"),
        stores_total=by_store.count().cast("float64"),
        top_store_share_90d=share(by_store.orders_90d.max(), by_store.orders_90d.sum()),
        top_store_share_total=share(by_store.orders.max(), by_store.orders.sum()),
        online_share_90d=share(by_store.online_90d.sum(), by_store.orders_90d.sum()),
    )
