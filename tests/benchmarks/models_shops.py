"""The shops that predictions are measured on, each a lake with its feature store."""

from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import pandas as pd

from features.lake.lake import Lake, frame_fingerprint
from features.settings import Settings
from features.store import Store
from features.transforms.events import baskets_of
from tests.benchmarks.journey_times import journey

THREADS = 1  # sums, and so models, come out the same on every run


@dataclass(frozen=True)
class Active:
    """Who is measured: below three purchase days there is no habit, after 90 days nobody is left.

    Fixed here and not read from the models, so that the rows measured stay when a model's own
    population changes.
    """

    least_days: int = 3
    most_silent_days: int = 90

    def of(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the rows of active customers."""
        inside = rows["active_days"].ge(self.least_days) & rows["recency_days"].le(
            self.most_silent_days
        )
        return rows[inside].reset_index(drop=True)


ACTIVE = Active()


@dataclass(frozen=True)
class Shop:
    """A lake under `home`, by the name people know it by."""

    name: str
    home: Path

    @cached_property
    def lake(self) -> Lake:
        """Canonical tables."""
        return Lake(self.home / "lake", THREADS)

    @cached_property
    def store(self) -> Store:
        """Features of its customers."""
        return Store(Settings(home=self.home, threads=THREADS), self.lake)

    @cached_property
    def days(self) -> pd.DataFrame:
        """customer_id, day (naive midnight) and spend, a row for each customer's purchase day."""
        baskets = baskets_of(self.lake.table("order_lines"))
        bought = baskets.filter(baskets.is_purchase).mutate(day=lambda t: t.ordered_at.date())
        days = bought.group_by("customer_id", "day").agg(spend=bought.spend.sum())
        found: pd.DataFrame = self.lake.con.execute(days.order_by(["customer_id", "day"]))
        return found.assign(day=pd.to_datetime(found["day"]))


def journey_shop(folder: Path) -> Shop:
    """Return the Complete Journey."""
    return Shop("Complete Journey", journey(folder))


def cdnow_shop(folder: Path, file: Path) -> Shop:
    """Return CDNOW: everybody who first bought in the first quarter of 1997, to June 1998."""
    shop = Shop("CDNOW", folder / "cdnow")
    lines = cdnow_lines(file)
    shop.lake.append("order_lines", [lines], source="cdnow", fingerprint=frame_fingerprint(lines))
    return shop


def cdnow_lines(file: Path) -> pd.DataFrame:
    """Return the purchases of the file as order lines; those of one day are one order.

    The file tells days and no hours, so that two orders of a day cannot be told from one.
    """
    names = ["customer_id", "day", "quantity", "net_amount"]
    raw = pd.read_csv(file, sep=r"\s+", names=names, skiprows=1, dtype={"customer_id": str})
    merged = raw.groupby(["customer_id", "day"], as_index=False).sum()
    merged = merged.sort_values(["day", "customer_id"], ignore_index=True)
    return pd.DataFrame(
        {
            "order_id": merged["customer_id"] + "-" + merged["day"].astype(str),
            "line_no": 1,
            "customer_id": merged["customer_id"],
            "ordered_at": pd.to_datetime(merged["day"].astype(str), utc=True),
            "category": "CD",
            "quantity": merged["quantity"].astype(float),
            "net_amount": merged["net_amount"],
        }
    )
