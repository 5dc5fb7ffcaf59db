"""What a basket looks like lately."""

import ibis.expr.types as ir

from features.transforms.base import WINDOWS
from features.transforms.feature import Feature
from features.transforms.formulas import share

FEATURES = (
    Feature(
        "lines_per_basket_90d",
        "basket",
        "count",
        "lines a basket, 90 days",
        "近90天每单行数",
        "{value} lines a basket in the last 90 days",
        "近90天每单 {value} 行商品",
        actionable=True,
    ),
    Feature(
        "units_per_basket_90d",
        "basket",
        "count",
        "units a basket, 90 days",
        "近90天每单件数",
        "{value} units a basket in the last 90 days",
        "近90天每单 {value} 件",
        actionable=True,
    ),
    Feature(
        "categories_per_basket_90d",
        "basket",
        "count",
        "categories a basket, 90 days",
        "近90天每单品类数",
        "{value} categories a basket in the last 90 days",
        "近90天每单 {value} 个品类",
        actionable=True,
    ),
    Feature(
        "price_per_unit_90d",
        "basket",
        "money",
        "price a unit, 90 days",
        "近90天件单价",
        "pays {value} a unit",
        "平均每件 {value}",
        actionable=False,
    ),
    Feature(
        "small_basket_share_90d",
        "basket",
        "share",
        "share of small baskets, 90 days",
        "近90天小单占比",
        "{value} of recent baskets hold at most two lines",
        "近90天 {value} 的订单不超过两行",
        actionable=True,
    ),
    Feature(
        "spend_per_line_90d",
        "basket",
        "money",
        "spend a line, 90 days",
        "近90天每行消费",
        "spends {value} a line of the receipt",
        "小票每行平均 {value}",
        actionable=False,
    ),
)
_SMALL_LINES = 2


def of_purchases(purchases: ir.Table) -> dict[str, ir.Value]:
    """Return what the baskets of the last days hold."""
    recent = purchases.age_days <= WINDOWS.recent
    return {
        "recent_lines": purchases.lines.sum(where=recent),
        "recent_units": purchases.units.sum(where=recent),
        "small_baskets": (recent & (purchases.lines <= _SMALL_LINES)).sum(),
    }


def columns(row: ir.Table) -> dict[str, ir.Value]:
    """Return the basket features from the sums of `of_purchases`, here and of other topics."""
    orders, spend = row.orders_90d, row.spend_90d
    return {
        "lines_per_basket_90d": share(row.recent_lines, orders),
        "units_per_basket_90d": share(row.recent_units, orders),
        "categories_per_basket_90d": share(row.category_baskets.fill_null(0.0), orders),
        "price_per_unit_90d": share(spend, row.recent_units),
        "small_basket_share_90d": share(row.small_baskets, orders),
        "spend_per_line_90d": share(spend, row.recent_lines),
    }
