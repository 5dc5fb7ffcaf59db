"""Is there enough: days against each model's windows, and customers with a habit."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from itertools import count

from features.errors import CutoffError
from training.config import Windows
from training.cutoffs import Plan, plan
from training.data_check.finding import Finding, Level, Topic, counted, percent
from training.data_check.policy import DataCheckPolicy
from training.data_check.receipts import Receipts
from training.dataset import LEAST_ROWS


def history_of(model: str, windows: Windows, first: datetime, today: datetime) -> Finding:
    """Say whether the history is long enough for a model and, if not, when it will be."""
    span = f"{first:%Y-%m-%d} to {today:%Y-%m-%d}, {counted((today - first).days, 'day')}"
    missing = days_missing(windows, first, today)
    if missing:
        return Finding(
            Topic.HISTORY,
            Level.PROBLEM,
            f"{model} needs {counted(missing, 'more day')} of orders",
            span,
            f"Import older orders, or wait: it will be enough in {_month(today, missing)}.",
        )
    apart = days_missing(windows, first, today, apart=True)
    if apart:
        return Finding(
            Topic.HISTORY,
            Level.WARNING,
            f"The history is short for {model}: what it learns from and what calibrates it overlap",
            span,
            f"It can be trained; {counted(apart, 'more day')} of orders keep the two apart "
            f"({_month(today, apart)}).",
        )
    found = plan(windows, first, today)
    return Finding(
        Topic.HISTORY,
        Level.OK,
        f"{model} has enough history: it learns from "
        f"{counted(len(found.train + found.between), 'moment')}, each with the "
        f"{windows.horizon_days} days that followed",
        span,
    )


def days_missing(windows: Windows, first: datetime, today: datetime, *, apart: bool = False) -> int:
    """Return after how many more days there is a plan of cutoffs; 0 if there is one today.

    Parameters
    ----------
    first, today
        As in `plan`.
    apart
        Ask for a plan whose training and calibration windows do not overlap.
    """
    later = (today + timedelta(days=more) for more in count())
    plans = (_planned(windows, first, moment) for moment in later)
    return next(n for n, found in enumerate(plans) if found and (found.apart or not apart))


def customers_of(receipts: Receipts, policy: DataCheckPolicy) -> Sequence[Finding]:
    """Say whether enough customers came back, and whether one id stands for many people."""
    said = (
        f"{counted(receipts.customers, 'customer')}, {receipts.regulars:,} of them with purchases "
        f"on at least {policy.regular_days} days"
    )
    level, todo = Level.OK, ""
    if receipts.customers < LEAST_ROWS:
        level, todo = Level.PROBLEM, f"Import at least {LEAST_ROWS} customers."
    elif receipts.regulars < policy.least_regulars:
        level = Level.WARNING
        todo = (
            f"With fewer than {policy.least_regulars} such customers chance moves what is "
            "measured; import more shops or a longer history."
        )
    return [Finding(Topic.CUSTOMERS, level, said, "order_lines", todo), *_crowd(receipts, policy)]


def _crowd(receipts: Receipts, policy: DataCheckPolicy) -> Sequence[Finding]:
    share = receipts.busiest_purchases / max(receipts.purchases, 1)
    if share < max(
        policy.one_customer_share, policy.one_customer_times / max(receipts.customers, 1)
    ):
        return []
    return [
        Finding(
            Topic.CUSTOMERS,
            Level.WARNING,
            f"Customer {receipts.busiest} made {percent(share)} of all purchases; "
            "that looks like walk-ins under one number",
            "order_lines.customer_id",
            "Leave these lines out of the import: they are nobody's habit.",
        )
    ]


def _planned(windows: Windows, first: datetime, today: datetime) -> Plan | None:
    try:
        return plan(windows, first, today)
    except CutoffError:
        return None


def _month(today: datetime, days: int) -> str:
    return f"{today + timedelta(days=days):%B %Y}"
