"""How much the customer leans on discounts and coupons."""

import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, share

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
)


def build(inputs: Inputs) -> ir.Table:
    """Return the promotion features of every customer and cutoff."""
    baskets = inputs.history.filter(inputs.history.is_purchase)
    recent = baskets.age_days <= WINDOWS.recent
    shelf = baskets.spend + baskets.discount + baskets.coupon
    return baskets.group_by(*KEY).agg(
        discount_share_90d=share(baskets.discount.sum(where=recent), shelf.sum(where=recent)),
        discount_share_total=share(baskets.discount.sum(), shelf.sum()),
        discount_basket_share_90d=share((recent & (baskets.discount > 0)).sum(), recent.sum()),
        coupon_share_90d=share(baskets.coupon.sum(where=recent), shelf.sum(where=recent)),
        coupon_basket_share_90d=share((recent & (baskets.coupon > 0)).sum(), recent.sum()),
        coupon_basket_share_total=share((baskets.coupon > 0).sum(), baskets.count()),
    )
