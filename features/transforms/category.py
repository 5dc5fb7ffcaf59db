"""How wide the customer's assortment is."""

import ibis
import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, entropy, given, n_log_n, share

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
    Feature(
        "repeat_category_share_90d",
        "category",
        "share",
        "share of categories bought again, 90 days",
        "近90天复购品类占比",
        "{value} of the categories of the last 90 days were bought more than once",
        "近90天所购品类中 {value} 不止买过一次",
        actionable=True,
    ),
    Feature(
        "departments_90d",
        "category",
        "count",
        "departments, 90 days",
        "近90天部门数",
        "bought in {value} departments in the last 90 days",
        "近90天在 {value} 个部门购买",
        actionable=True,
    ),
    Feature(
        "top_department_share_90d",
        "category",
        "share",
        "share of top department, 90 days",
        "近90天首选部门占比",
        "{value} of recent purchases fall in one department",
        "近90天 {value} 的购买集中在一个部门",
        actionable=False,
    ),
    Feature(
        "own_brand_share_90d",
        "category",
        "share",
        "share of own brands, 90 days",
        "近90天自有品牌占比",
        "{value} of recent purchases are of the shop's own brands",
        "近90天 {value} 的购买为自有品牌",
        actionable=True,
    ),
)
_TOP = 3
_SUMS = ("categories", "new_categories", "repeat_categories", "n_log_n", "category_baskets")


def of_purchases(purchases: ir.Table) -> dict[str, ir.Value]:
    """Return the lines of the last days that are of own brands, where the lake knows brands."""
    if "own_brand_lines" not in purchases.columns:
        return {}
    recent = purchases.age_days <= WINDOWS.recent
    return {"own_brand_lines": purchases.own_brand_lines.sum(where=recent)}


def lately(inputs: Inputs) -> tuple[ir.Table, ...]:
    """Return the spread of what was bought lately, over categories and over departments."""
    bought = inputs.categories.filter(inputs.categories.recent_baskets > 0)
    placed = bought
    if "department" not in bought.columns:
        placed = bought.mutate(department=ibis.null("string"))
    is_new = placed.first_at >= placed.as_of - ibis.interval(days=WINDOWS.recent)
    # Departments first: the many rows are then read but once.
    parts = placed.group_by(*KEY, "department").agg(
        categories=placed.count(),
        new_categories=is_new.sum(),
        repeat_categories=(placed.recent_baskets > 1).sum(),
        lines=placed.recent_lines.sum(),
        sizes=placed.recent_lines.collect(),
        n_log_n=n_log_n(placed.recent_lines).sum(),
        category_baskets=placed.recent_baskets.sum(),
    )
    is_placed = parts.department.notnull()
    sums = parts.group_by(*KEY).agg(
        **{name: parts[name].sum() for name in _SUMS},
        category_lines=parts.lines.sum(),
        category_sizes=parts.sizes.collect(),
        departments=parts.department.count(),
        top_department_lines=parts.lines.max(where=is_placed),
        department_lines=parts.lines.sum(where=is_placed),
    )
    return (sums,)


def columns(row: ir.Table) -> dict[str, ir.Value]:
    """Return the category features from the sums of `lately` and of purchases."""
    sizes = row.category_sizes.flatten().sort()
    return {
        "categories_90d": row.categories.cast("float64"),
        "category_entropy_90d": entropy(row.n_log_n, row.category_lines),
        "top_category_share_90d": share(sizes[-1:].sums(), row.category_lines),
        "top3_category_share_90d": share(sizes[-_TOP:].sums(), row.category_lines),
        "new_category_share_90d": share(row.new_categories, row.categories),
        "repeat_category_share_90d": share(row.repeat_categories, row.categories),
        "departments_90d": row.departments.cast("float64").nullif(0.0),
        "top_department_share_90d": share(row.top_department_lines, row.department_lines),
        "own_brand_share_90d": share(given(row, "own_brand_lines"), row.recent_lines),
    }
