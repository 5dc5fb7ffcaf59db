"""How much the customer leans on discounts and coupons."""

import ibis.expr.types as ir

from features.transforms.base import WINDOWS
from features.transforms.feature import Feature
from features.transforms.formulas import share

FEATURES = (
    Feature(
        "discount_share_90d",
        "promotion",
        "share",
        "discount share, 90 days",
        "近90天折扣占比",
        "discounts are {value} of the shelf price lately; usually {typical}",
        "近90天折扣占原价 {value}，平时约 {typical}",
        actionable=True,
        typical_from="discount_share_total",
    ),
    Feature(
        "discount_share_total",
        "promotion",
        "share",
        "discount share so far",
        "累计折扣占比",
        "discounts are {value} of the shelf price",
        "折扣累计占原价 {value}",
        actionable=False,
    ),
    Feature(
        "discount_basket_share_90d",
        "promotion",
        "share",
        "discounted baskets, 90 days",
        "近90天折扣订单占比",
        "{value} of recent baskets hold a discount",
        "近90天 {value} 的订单含折扣",
        actionable=True,
    ),
    Feature(
        "coupon_share_90d",
        "promotion",
        "share",
        "coupon share, 90 days",
        "近90天优惠券占比",
        "coupons are {value} of the shelf price lately",
        "近90天优惠券占原价 {value}",
        actionable=True,
    ),
    Feature(
        "coupon_basket_share_90d",
        "promotion",
        "share",
        "coupon baskets, 90 days",
        "近90天用券订单占比",
        "{value} of recent baskets used a coupon",
        "近90天 {value} 的订单用券",
        actionable=True,
    ),
    Feature(
        "coupon_basket_share_total",
        "promotion",
        "share",
        "coupon baskets so far",
        "累计用券订单占比",
        "{value} of all baskets used a coupon",
        "累计 {value} 的订单用券",
        actionable=False,
    ),
    Feature(
        "discount_depth_90d",
        "promotion",
        "share",
        "discount within discounted baskets, 90 days",
        "近90天折扣订单的折扣深度",
        "discounts are {value} of the shelf price of discounted baskets",
        "折扣订单平均优惠原价的 {value}",
        actionable=True,
    ),
    Feature(
        "discounted_basket_ratio_90d",
        "promotion",
        "ratio",
        "discounted against other baskets, 90 days",
        "近90天折扣订单与其他订单客单价之比",
        "baskets with a discount are {value} times those without",
        "折扣订单客单价是其他订单的 {value} 倍",
        actionable=True,
    ),
)


def of_purchases(purchases: ir.Table) -> dict[str, ir.Value]:
    """Return discounts and coupons of the last days."""
    recent = purchases.age_days <= WINDOWS.recent
    reduced = recent & (purchases.discount > 0)
    shelf = purchases.spend + purchases.discount + purchases.coupon
    return {
        "recent_shelf": shelf.sum(where=recent),
        "recent_discount": purchases.discount.sum(where=recent),
        "recent_coupon": purchases.coupon.sum(where=recent),
        "coupon_baskets": (recent & (purchases.coupon > 0)).sum(),
        "reduced_baskets": reduced.sum().cast("float64"),
        "reduced_shelf": shelf.sum(where=reduced),
        "reduced_spend": purchases.spend.sum(where=reduced),
        "other_spend": purchases.spend.sum(where=recent & (purchases.discount <= 0)),
    }


def columns(row: ir.Table) -> dict[str, ir.Value]:
    """Return the promotion features from the sums of `of_purchases` and of the lifetime."""
    orders, reduced = row.orders_90d, row.reduced_baskets
    return {
        "discount_share_90d": share(row.recent_discount, row.recent_shelf),
        "discount_share_total": share(row.discount, row.shelf),
        "discount_basket_share_90d": share(reduced, orders),
        "coupon_share_90d": share(row.recent_coupon, row.recent_shelf),
        "coupon_basket_share_90d": share(row.coupon_baskets, orders),
        "coupon_basket_share_total": share(row.coupon_orders, row.orders),
        "discount_depth_90d": share(row.recent_discount, row.reduced_shelf),
        "discounted_basket_ratio_90d": share(
            share(row.reduced_spend, reduced), share(row.other_spend, orders - reduced)
        ),
    }
