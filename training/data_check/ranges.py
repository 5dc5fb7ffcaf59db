"""What is missing in the order lines, and which values and dates are odd."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise

import numpy as np
import pandas as pd

from training.data_check.finding import Finding, Level, Topic, counted, listed, percent
from training.data_check.policy import DataCheckPolicy

_NEEDED_FOR: Mapping[str, str] = {
    "store_id": "features of shops and the shop that a task goes to",
    "channel": "features of channels",
    "product_id": "features of departments and brands",
    "category": "features of categories and what a customer buys next",
    "discount_amount": "features of discounts",
    "coupon_amount": "features of coupons",
}
_MONEY_OFF = ("discount_amount", "coupon_amount")
_SOLD = ("quantity", "net_amount")


@dataclass(frozen=True, slots=True)
class Gap:
    """Days in a row without a purchase, `start` and `end` included (naive midnights)."""

    start: datetime
    end: datetime

    @property
    def days(self) -> int:
        """How many days it is long."""
        return (self.end - self.start).days + 1


def missing_columns(
    missing: "pd.Series[float]", numbers: pd.DataFrame, policy: DataCheckPolicy
) -> list[Finding]:
    """Name the columns of `order_lines` that are empty in many lines, or 0 in all of them.

    Parameters
    ----------
    missing, numbers
        As in `Receipts`.
    """
    unfilled = {name: f"empty in {percent(s)} of the lines" for name, s in missing.items()}
    named = [str(name) for name, share in missing.items() if share >= policy.missing_share]
    zeros = [name for name in _MONEY_OFF if numbers.at[name, "zero"] == 1.0 and name not in named]
    found = [
        Finding(
            Topic.MISSING,
            Level.WARNING,
            f"{name} is {'0 in every line' if name in zeros else unfilled[name]}",
            f"order_lines.{name}",
            f"Map it in the import if the till knows it; {_NEEDED_FOR.get(name, 'features')} "
            "need it.",
        )
        for name in (*named, *zeros)
    ]
    if found:
        return found
    most = str(missing.idxmax())
    said = f"Every column is filled; the emptiest is {most}, {unfilled[most]}"
    return [Finding(Topic.MISSING, Level.OK, said, "order_lines")]


def odd_numbers(numbers: pd.DataFrame, policy: DataCheckPolicy) -> list[Finding]:
    """Name the columns whose far tail, zeros or signs look like slips.

    Parameters
    ----------
    numbers
        As in `Receipts`.
    """
    found = [
        Finding(
            Topic.RANGES,
            Level.WARNING,
            f"{counted(int(row['beyond']), 'line')} with a {name} more than "
            f"{policy.tail_times:g} times the usual: {policy.tail_quantile:.0%} are at most "
            f"{row['typical']:,.2f}, the greatest is {row['greatest']:,.2f}",
            f"order_lines.{name}, order {row['order_id']}",
            "See whether the unit changes or a barcode went into this column; take a wrong line "
            "back with a negative one.",
        )
        for name, row in numbers.iterrows()
        if row["beyond"]
    ]
    odd = [
        *((n, "zero", "0", policy.zero_share) for n in _SOLD),
        ("quantity", "negative", "negative (a return)", policy.return_share),
        *((n, "negative", "negative", policy.negative_share) for n in _MONEY_OFF),
    ]
    for name, place, words, limit in odd:
        share = float(numbers[place][name])
        if share >= limit:
            said = f"{name} is {words} in {percent(share)} of the lines"
            todo = "See whether the till writes something else into this column."
            found.append(Finding(Topic.RANGES, Level.WARNING, said, f"order_lines.{name}", todo))
    if found:
        return found
    return [Finding(Topic.RANGES, Level.OK, "No amount or quantity is far out", "order_lines")]


def silent_days(days: pd.DataFrame, policy: DataCheckPolicy) -> list[Finding]:
    """Name the gaps in the days with purchases.

    Parameters
    ----------
    days
        As in `Receipts`.
    """
    found = gaps(days["day"], policy)
    if not found:
        return [Finding(Topic.RANGES, Level.OK, "No days are missing between purchases")]
    spans = [f"{gap.start:%Y-%m-%d} to {gap.end:%Y-%m-%d}" for gap in found]
    total = sum(gap.days for gap in found)
    return [
        Finding(
            Topic.RANGES,
            Level.WARNING,
            f"{counted(total, 'day')} without any purchase between days that have them",
            listed(spans, policy.shown),
            "If the shop was open, import what is missing; if one order carries a wrong date, "
            "take it back. A gap reads as customers who stayed away.",
        )
    ]


def gaps(days: "pd.Series[pd.Timestamp]", policy: DataCheckPolicy) -> list[Gap]:
    """Return the odd gaps: long enough, with a steady span on either side.

    Parameters
    ----------
    days
        Midnights with a purchase, ascending, each once.
    """
    if days.empty:
        return []
    first = days.iloc[0]
    place = (days - first).dt.days.to_numpy()
    sold = np.zeros(place[-1] + 1, dtype=bool)
    sold[place] = True
    found = []
    for before, after in pairwise(place):
        sides = (
            sold[max(0, before - policy.around_days + 1) : before + 1],
            sold[after : after + policy.around_days],
        )
        is_steady = all(side.mean() >= policy.steady_share for side in sides)
        if after - before > policy.gap_days and is_steady:
            start, end = (first + pd.Timedelta(days=int(n)) for n in (before + 1, after - 1))
            found.append(Gap(start.to_pydatetime(), end.to_pydatetime()))
    return found


def future_rows(later: Mapping[str, tuple[int, datetime]], now: datetime) -> list[Finding]:
    """Name the tables that tell of what has not happened yet.

    Parameters
    ----------
    later
        As `later_than` returns it.
    """
    return [
        Finding(
            Topic.RANGES,
            Level.WARNING,
            f"{counted(rows, 'row')} of {table} tell of a time that has not come yet "
            f"(now is {now:%Y-%m-%d %H:%M} UTC)",
            f"{table}, newest {newest:%Y-%m-%d %H:%M}",
            "Name the time zone of the file in the import (--zone), or set the clock right.",
        )
        for table, (rows, newest) in later.items()
    ]
