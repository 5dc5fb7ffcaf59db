"""What the customer brings back."""

import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, days_between, share

FEATURES = (
    Feature(
        "return_line_share_180d",
        "returns",
        "share",
        "share of returned lines, 180 days",
        "近180天退货行占比",
        "returned {value} of the lines of the last 180 days",
        "近180天退货占 {value}",
        actionable=True,
    ),
    Feature(
        "returned_amount_180d",
        "returns",
        "money",
        "returned amount, 180 days",
        "近180天退货金额",
        "returned goods worth {value} in the last 180 days",
        "近180天退货 {value}",
        actionable=True,
        default=0.0,
    ),
    Feature(
        "days_since_return",
        "returns",
        "days",
        "days since last return",
        "距上次退货天数",
        "{value} days since the last return",
        "距上次退货 {value} 天",
        actionable=False,
    ),
)


def of_purchases(purchases: ir.Table) -> dict[str, ir.Value]:
    """Return the lines that were kept."""
    return {"kept_lines": purchases.lines.sum()}


def lately(inputs: Inputs) -> tuple[ir.Table, ...]:
    """Return what came back in the last days."""
    taken_back = inputs.baskets.where(lambda t: t.return_lines > 0)
    baskets = taken_back.seen("return_lines", "returned", days=WINDOWS.habit)
    sums = baskets.group_by(*KEY).agg(
        return_lines=baskets.return_lines.sum(), returned=baskets.returned.sum()
    )
    return (sums,)


def columns(row: ir.Table) -> dict[str, ir.Value]:
    """Return the return features from the sums of purchases, of `lately` and of the lifetime."""
    lines = row.return_lines.fill_null(0.0)
    return {
        "return_line_share_180d": share(lines, lines + row.kept_lines.fill_null(0.0)),
        "returned_amount_180d": row.returned.fill_null(0.0),
        "days_since_return": days_between(row.last_return_at, row.as_of),
    }
