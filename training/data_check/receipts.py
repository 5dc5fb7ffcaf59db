"""What the order lines of a lake add up to: a few small frames, however many lines there are."""

from dataclasses import dataclass
from datetime import datetime

import ibis.expr.types as ir
import pandas as pd

from features.clock import naive, utc
from features.lake.columns import Kind
from features.lake.lake import Lake
from features.lake.tables import INGESTED, TABLES
from training.data_check.policy import DataCheckPolicy

_LINES = TABLES["order_lines"]
NUMBERS = tuple(name for name, kind in _LINES.kinds.items() if kind is Kind.NUMBER)
OPTIONAL = tuple(n for n, c in _LINES.columns.items() if not c.required and n != INGESTED)


@dataclass(frozen=True)
class Receipts:
    """Order lines, summed.

    Attributes
    ----------
    days
        One row per day with a purchase, oldest first: `day` (naive midnight UTC), `purchases`.
    customers, regulars, purchases
        Who ever bought, who did on at least `DataCheckPolicy.regular_days` days, and how often
        all of them did.
    busiest, busiest_purchases
        The customer with the most purchases.
    missing
        Share of the lines without a value, by optional column.
    numbers
        One row per column of numbers: `typical` (the tail quantile of the sizes that are not 0;
        NaN where all are), `greatest` size and the `order_id` it is in, how many lines lie
        `beyond` the tail, and the shares that are `zero` or `negative`.
    """

    days: pd.DataFrame
    customers: int
    regulars: int
    purchases: int
    busiest: str
    busiest_purchases: int
    missing: "pd.Series[float]"
    numbers: pd.DataFrame


def read_receipts(lake: Lake, policy: DataCheckPolicy) -> Receipts:
    """Sum the order lines of a lake, which must have some."""
    lines = lake.table("order_lines")
    # As for features and labels: an order of nothing but returns is no purchase.
    bought = lines.filter(lines.quantity >= 0)
    people = _people(bought)
    regular = people.purchase_days >= policy.regular_days
    total = lake.con.execute(
        people.aggregate(
            customers=people.count(),
            regulars=regular.cast("int64").sum(),
            purchases=people.purchases.sum(),
            busiest=people.customer_id.argmax(people.purchases),
            busiest_purchases=people.purchases.max(),
        )
    ).iloc[0]
    missing = {name: lines[name].isnull().cast("float64").mean() for name in OPTIONAL}
    return Receipts(
        days=lake.con.execute(_days(bought)),
        customers=int(total["customers"]),
        regulars=_whole(total["regulars"]),
        purchases=_whole(total["purchases"]),
        busiest=str(total["busiest"]),
        busiest_purchases=_whole(total["busiest_purchases"]),
        missing=lake.con.execute(lines.aggregate(**missing)).iloc[0].astype("float64"),
        numbers=_numbers(lake, lines, policy),
    )


def later_than(lake: Lake, moment: datetime) -> dict[str, tuple[int, datetime]]:
    """Return, by table with such rows, how many tell of a time after `moment`, and the newest."""
    found = {}
    for name, table in TABLES.items():
        if table.time is None or not lake.has(name):
            continue
        at = lake.table(name)[table.time]
        later = lake.table(name).filter(at > naive(moment))
        row = lake.con.execute(later.aggregate(rows=later.count(), newest=later[table.time].max()))
        if row["rows"].iloc[0]:
            found[name] = (int(row["rows"].iloc[0]), utc(row["newest"].iloc[0].to_pydatetime()))
    return found


def _people(bought: ir.Table) -> ir.Table:
    return bought.group_by("customer_id").agg(
        purchase_days=bought.ordered_at.date().nunique(),
        purchases=bought.order_id.nunique(),
    )


def _days(bought: ir.Table) -> ir.Table:
    dated = bought.mutate(day=bought.ordered_at.truncate("D"))
    return dated.group_by("day").agg(purchases=dated.order_id.nunique()).order_by("day")


def _numbers(lake: Lake, lines: ir.Table, policy: DataCheckPolicy) -> pd.DataFrame:
    asked: dict[str, ir.Value] = {}
    for name in NUMBERS:
        size = lines[name].abs()
        asked |= {
            f"{name}.typical": size.quantile(policy.tail_quantile, where=size > 0),
            f"{name}.greatest": size.max(),
            f"{name}.order_id": lines.order_id.argmax(size),
            f"{name}.zero": (size == 0).cast("float64").mean(),
            f"{name}.negative": (lines[name] < 0).cast("float64").mean(),
        }
    row = lake.con.execute(lines.aggregate(**asked)).iloc[0]
    places = ("typical", "greatest", "order_id", "zero", "negative")
    numbers = pd.DataFrame({p: [row[f"{n}.{p}"] for n in NUMBERS] for p in places}, list(NUMBERS))
    numbers = numbers.astype({p: "float64" for p in places if p != "order_id"})
    limits = {name: float(numbers["typical"][name]) * policy.tail_times for name in NUMBERS}
    # NaN is beyond nothing: a column of zeros has no tail.
    beyond = {
        name: (lines[name].abs() > limit).cast("int64").sum()
        for name, limit in limits.items()
        if limit == limit
    }
    counts = lake.con.execute(lines.aggregate(**beyond)).iloc[0].to_dict() if beyond else {}
    return numbers.assign(beyond=[int(counts.get(name, 0)) for name in NUMBERS])


def _whole(value: float) -> int:
    """Return a sum as int; a sum of nothing is missing."""
    return 0 if pd.isna(value) else int(value)
