"""A shop with everything engines may differ about, and ways to look at it."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Literal

import numpy as np
import pandas as pd

from features.lake.lake import Lake
from features.settings import Settings
from features.store import Store
from tests.synthetic import Shop

# Near enough to each other to start from sums of the past, as every night does.
CUTOFFS = [
    datetime(2017, 11, 6, tzinfo=UTC),
    datetime(2017, 11, 20, 13, 30, tzinfo=UTC),
    datetime(2017, 11, 27, tzinfo=UTC),
]
_MICROSECOND = timedelta(microseconds=1)
_WINDOWS = (0, 1, 7, 30, 90, 180)
_TWINS, _RETURNED, _ONLINE, _NOWHERE = 40, 40, 60, 40
_LATE = 0.1
_CASES = 120


def opened(home: Path, engine: Literal["duckdb", "spark"]) -> Store:
    settings = Settings(home=home, threads=1, engine=engine)
    return Store(settings, Lake(settings.lake_dir, threads=1))


def troubled(shop: Shop) -> Shop:
    """Return the shop with ties, gaps, late news, tickets and moments at and around the cutoffs."""
    rng = np.random.default_rng(3)
    tables = dict(shop.tables)
    tables["order_lines"] = _lines(rng, tables["order_lines"])
    for name, time in (("campaign_contacts", "contacted_at"), ("interactions", "occurred_at")):
        rows = tables[name].copy()
        rows[time] += pd.to_timedelta(rng.integers(0, 10**10, len(rows)), unit="us")
        tables[name] = _told_late(rng, rows, time)
    calls = tables["interactions"].sample(frac=0.5, random_state=3).assign(type="call")
    calls["event_id"] = "call:" + calls["event_id"]
    tables["interactions"] = pd.concat([tables["interactions"], calls])
    tables["products"] = _products(tables["products"])
    tables["tickets"] = _tickets(rng, tables["order_lines"])
    return Shop(tables, shop.customers, shop.leads, shop.end)


def _lines(rng: np.random.Generator, lines: pd.DataFrame) -> pd.DataFrame:
    lines = lines.copy()
    orders = lines["order_id"].drop_duplicates()
    odd = iter(rng.permutation(orders.to_numpy()))

    def some(count: int) -> pd.Series:
        return lines["order_id"].isin([next(odd) for _ in range(count)])

    micro = pd.Series(pd.to_timedelta(rng.integers(0, 10**6, len(orders)), unit="us"), orders)
    lines["ordered_at"] += lines["order_id"].map(micro)
    for cutoff in CUTOFFS:
        for days in _WINDOWS:
            for aside in (-_MICROSECOND, timedelta(0), _MICROSECOND):
                moment = pd.Timestamp(cutoff - timedelta(days=days) + aside)
                lines.loc[some(1), "ordered_at"] = moment
    twins = some(_TWINS)
    middle = lines.groupby("customer_id")["ordered_at"].transform("median").dt.floor("us")
    lines.loc[twins, "ordered_at"] = middle[twins]
    lines.loc[some(_ONLINE), "channel"] = "online"
    lines.loc[some(_NOWHERE), "store_id"] = None
    draw = rng.uniform(size=len(lines))
    lines.loc[some(_RETURNED) | (draw < 0.03), ["quantity", "net_amount"]] *= -1
    lines.loc[(draw > 0.03) & (draw < 0.06), "category"] = None
    lines.loc[(draw > 0.06) & (draw < 0.09), "coupon_amount"] = 0.5
    return _told_late(rng, lines, "ordered_at")


def _told_late(rng: np.random.Generator, rows: pd.DataFrame, time: str) -> pd.DataFrame:
    delay = pd.to_timedelta(rng.integers(-(10**10), 10**12, len(rows)), unit="us")
    is_late = pd.Series(rng.uniform(size=len(rows)) < _LATE, rows.index)
    return rows.assign(ingested_at=(rows[time] + delay).where(is_late))


def _products(products: pd.DataFrame) -> pd.DataFrame:
    place = np.arange(len(products))
    departments = np.array(["food", "home", None], dtype=object)
    brands = np.array(["Private", "private", "Known", None], dtype=object)
    return products.assign(
        department=departments[place % len(departments)], brand=brands[place % len(brands)]
    )


def _tickets(rng: np.random.Generator, lines: pd.DataFrame) -> pd.DataFrame:
    """Cases opened after a purchase, most of them told again when closed and rated."""
    bought = lines.sample(_CASES, random_state=3)
    opened = bought[["customer_id"]].assign(
        ticket_id=[f"T{n // 2}" for n in range(_CASES)],
        opened_at=bought["ordered_at"] + _MICROSECOND,
    )
    cases = opened.drop_duplicates("ticket_id")
    closed = cases.sample(frac=0.7, random_state=3)
    closed = closed.assign(
        closed_at=closed["opened_at"] + pd.to_timedelta(rng.integers(1, 40, len(closed)), unit="D"),
        satisfaction=rng.choice([1.0, 3.0, 5.0, np.nan], len(closed)),
        nps=rng.choice([0.0, 7.0, 10.0, np.nan], len(closed)),
    )
    return _told_late(rng, pd.concat([cases, closed], ignore_index=True), "opened_at")
