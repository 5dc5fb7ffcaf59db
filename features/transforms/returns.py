"""What the customer brings back."""

import ibis.expr.types as ir

from features.transforms.base import WINDOWS, Inputs
from features.transforms.feature import Feature
from features.transforms.formulas import KEY, share

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


def build(inputs: Inputs) -> ir.Table:
    """Return the return features of every customer and cutoff."""
    baskets = inputs.history
    recent = baskets.age_days <= WINDOWS.habit
    lines = (baskets.lines + baskets.return_lines).sum(where=recent)
    return baskets.group_by(*KEY).agg(
        return_line_share_180d=share(baskets.return_lines.sum(where=recent), lines),
        returned_amount_180d=baskets.returned.sum(where=recent).fill_null(0.0),
        days_since_return=baskets.age_days.min(where=baskets.return_lines > 0),
    )
