"""Formulas and joins that topics share."""

import math
from collections.abc import Iterable

import ibis
import ibis.expr.types as ir

KEY = ("customer_id", "as_of")
_STEPS = 2.0**32
MICROSECONDS_PER_DAY = 86_400.0 * 1e6


def share(part: ir.NumericValue, whole: ir.NumericValue) -> ir.FloatingValue:
    """Return part / whole as float64, missing where `whole` is 0."""
    return part.cast("float64") / whole.cast("float64").nullif(0.0)


def entropy(n_log_n: ir.NumericValue, total: ir.NumericValue) -> ir.FloatingValue:
    """Return the entropy in nats of counts, from their total and the sum of n ln n."""
    return total.cast("float64").nullif(0.0).ln() - share(n_log_n, total)


def n_log_n(count: ir.NumericValue) -> ir.FloatingValue:
    """Return n ln n, which is 0 for 0, `summable`."""
    n = count.cast("float64")
    return summable((n * n.nullif(0.0).ln()).fill_null(0.0))


def summable(value: ir.NumericValue) -> ir.FloatingValue:
    """Return a value to the nearest 2**-32.

    Sums of such numbers below 2**21 are exact, and those of whole numbers below 2**53, so that
    they do not depend on the order in which an engine adds them.
    """
    exact = value.cast("float64")
    # Engines round to a 64-bit whole number, too small for large sums of money in such steps.
    part = exact % 1.0
    return exact - part + (part * _STEPS).round().cast("float64") / _STEPS


def faded(age_days: ir.NumericValue, half_life: float) -> ir.FloatingValue:
    """Return what something of that age still weighs, 1 when new, `summable`."""
    return summable((age_days.cast("float64") * (-math.log(2) / half_life)).exp())


def days_between(start: ir.TimestampValue, end: ir.TimestampValue) -> ir.FloatingValue:
    """Return the days from `start` to `end`, to the microsecond."""
    # A whole number divided by a literal would be a decimal of few places on Spark.
    return end.delta(start, unit="microsecond").cast("float64") / MICROSECONDS_PER_DAY


def given(row: ir.Table, name: str) -> ir.FloatingValue:
    """Return a column as float64, missing throughout where the lake has nothing to fill it."""
    return row[name].cast("float64") if name in row.columns else ibis.null("float64")


def left_joined(left: ir.Table, tables: Iterable[ir.Table]) -> ir.Table:
    """Return `left` with the other columns of `tables`, matched on customer and cutoff."""
    others = list(tables)
    joined, columns = left, list(left.columns)
    for place, right in enumerate(others):
        columns += (name for name in right.columns if name not in KEY)
        joined = joined.left_join(right, KEY, rname=f"{{name}}_{place}")
    return joined.select(*columns)
