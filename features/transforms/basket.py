"""What a basket looks like lately."""

import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, share

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
)
_SMALL_LINES = 2


def build(inputs: Inputs) -> ir.Table:
    """Return the basket features of every customer and cutoff that bought lately."""
    history = inputs.history
    recent = history.filter(history.is_purchase, history.age_days <= WINDOWS.recent)
    return recent.group_by(*KEY).agg(
        lines_per_basket_90d=recent.lines.mean(),
        units_per_basket_90d=recent.units.mean(),
        categories_per_basket_90d=recent.categories.mean(),
        price_per_unit_90d=share(recent.spend.sum(), recent.units.sum()),
        small_basket_share_90d=share((recent.lines <= _SMALL_LINES).sum(), recent.count()),
    )
