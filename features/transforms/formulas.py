"""Formulas and joins that topics share."""

from collections.abc import Iterable
from functools import reduce

import ibis.expr.types as ir

KEY = ("customer_id", "as_of")


def share(part: ir.NumericValue, whole: ir.NumericValue) -> ir.FloatingValue:
    """Return part / whole as float64, missing where `whole` is 0."""
    return part.cast("float64") / whole.cast("float64").nullif(0.0)


def entropy(n_log_n: ir.NumericValue, total: ir.NumericValue) -> ir.FloatingValue:
    """Return the entropy in nats of counts, from their total and the sum of n ln n."""
    return total.cast("float64").nullif(0.0).ln() - share(n_log_n, total)


def n_log_n(count: ir.NumericValue) -> ir.FloatingValue:
    """Return n ln n, which is 0 for 0."""
    n = count.cast("float64")
    return (n * n.nullif(0.0).ln()).fill_null(0.0)


def left_joined(left: ir.Table, tables: Iterable[ir.Table]) -> ir.Table:
    """Return `left` with the other columns of `tables`, matched on customer and cutoff."""
    return reduce(_left_joined, tables, left)


def _left_joined(left: ir.Table, right: ir.Table) -> ir.Table:
    added = [right[name] for name in right.columns if name not in KEY]
    return left.left_join(right, KEY).select(left, *added)
