"""The customer features as a data scientist writes them first: one cutoff in pandas, in a loop.

Written for the benchmark's question alone: the data are a backfill without service cases, so an
event is known when it happened, and what the catalogue says of cases is missing throughout.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from features.catalog import FEATURES
from tests.benchmarks.pandas_topics import (
    assortment,
    campaigns,
    habits,
    peers,
    promotions,
    ratio,
    stores,
)

DAY = pd.Timedelta(days=1)
WINDOWS = (7, 30, 60, 90, 180)
BASKET = ["customer_id", "order_id", "ordered_at"]
Files = Mapping[str, list[Path]]
Tables = dict[str, pd.DataFrame]


def customer_features(files: Files, cutoffs: Sequence[datetime]) -> pd.DataFrame:
    """Return customer_id, as_of and every feature of the catalogue."""
    tables = read(files)
    return pd.concat([features_at(tables, pd.Timestamp(cutoff)) for cutoff in cutoffs])


def read(files: Files) -> Tables:
    """Read the tables once, and say of every line what it adds to its basket."""
    tables = {name: pd.read_parquet(parts) for name, parts in files.items()}
    lines, products = tables["order_lines"], tables["products"]
    kept = lines["quantity"] >= 0
    own = products.loc[products["brand"].str.lower() == "private", "product_id"]
    tables["order_lines"] = lines.assign(
        kept=kept,
        units=lines["quantity"].where(kept, 0.0),
        spend=lines["net_amount"].where(kept, 0.0),
        discount=lines["discount_amount"].where(kept, 0.0),
        coupon=lines["coupon_amount"].where(kept, 0.0),
        own_brand=kept & lines["product_id"].isin(own),
        returned=(-lines["net_amount"]).where(~kept, 0.0),
    )
    return tables


def features_at(tables: Tables, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return the features of everybody who bought before one cutoff."""
    every = tables["order_lines"]
    lines = every[every["ordered_at"] < as_of]
    baskets = baskets_of(lines, as_of)
    purchases = baskets[baskets["kept"] > 0]
    row = timing(purchases, as_of)
    row = row.join(value(purchases))
    tenure = np.maximum(row["tenure_days"], 30.0)
    row["spend_per_30d"] = row["spend_total"] * 30.0 / tenure
    for topic in (
        composition(purchases),
        promotions(purchases),
        stores(purchases, as_of),
        habits(purchases, as_of),
        returns(baskets),
        assortment(lines[lines["kept"]], purchases, tables["products"], as_of),
    ):
        row = row.join(topic)
    row = row.join(campaigns(tables, row["last_at"], as_of))
    row["contacts_per_order_90d"] = ratio(row["contacts_90d"], row["orders_90d"])
    filled = row.fillna({name: each.default for name, each in FEATURES.items()})
    features = peers(filled).reindex(columns=list(FEATURES)).assign(as_of=as_of)
    return features.rename_axis("customer_id").reset_index()


def baskets_of(lines: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return one row per basket, with its age in days."""
    sums = ["kept", "units", "spend", "discount", "coupon", "own_brand", "returned"]
    by_basket = lines.groupby(BASKET)
    baskets = by_basket[sums].sum()
    baskets["lines"] = by_basket.size()
    baskets[["store_id", "channel"]] = by_basket[["store_id", "channel"]].first()
    baskets = baskets.reset_index()
    return baskets.assign(age=(as_of - baskets["ordered_at"]) / DAY)


def timing(purchases: pd.DataFrame, as_of: pd.Timestamp) -> pd.DataFrame:
    """Return when the customers buy, one row each."""
    today = as_of.normalize()
    days = purchases.assign(day=purchases["ordered_at"].dt.normalize())
    days = days.groupby(["customer_id", "day"], as_index=False)["ordered_at"].min()
    days["gap"] = days.groupby("customer_id")["day"].diff() / DAY
    days["age"] = (as_of - days["ordered_at"]) / DAY
    days["back"] = (today - days["day"]) / DAY
    by = days.groupby("customer_id")
    recent = days[days["age"] <= 90].groupby("customer_id")
    week = (np.maximum(days["back"], 1.0) - 1.0) // 7
    lately = days.assign(week=week)[days["back"] <= 84].groupby("customer_id")
    row = pd.DataFrame(
        {
            "recency_days": by["back"].min(),
            "tenure_days": by["back"].max(),
            "active_days": by.size(),
            "active_days_90d": recent.size(),
            "active_weeks_84d": lately["week"].nunique(),
            "orders_total": purchases.groupby("customer_id").size(),
            "ipt_mean": by["gap"].mean(),
            "ipt_median": by["gap"].median(),
            "ipt_std": by["gap"].std(),
            "ipt_last": by["gap"].last(),
            "gap_percentile": by.apply(_gap_percentile, include_groups=False),
            "last_at": purchases.groupby("customer_id")["ordered_at"].max(),
        }
    )
    row["cohort"] = by["day"].min().dt.strftime("%Y-%m")
    row["ipt_trend"] = ratio(recent["gap"].mean(), row["ipt_mean"])
    row["gap_ratio"] = ratio(row["recency_days"], row["ipt_median"])
    row["gap_z"] = ratio(row["recency_days"] - row["ipt_mean"], row["ipt_std"])
    return row


def value(purchases: pd.DataFrame) -> pd.DataFrame:
    """Return how much the customers buy."""
    by = purchases.groupby("customer_id")["spend"]
    last = purchases.sort_values(["ordered_at", "order_id"]).groupby("customer_id")["spend"].last()
    row = pd.DataFrame(
        {
            "spend_total": by.sum(),
            "basket_mean": by.mean(),
            "basket_max": by.max(),
            "basket_std": by.std(),
            "basket_last": last,
        }
    )
    for days in WINDOWS:
        recent = purchases[purchases["age"] <= days].groupby("customer_id")["spend"]
        row[f"orders_{days}d"] = recent.size()
        row[f"spend_{days}d"] = recent.sum()
    row = row.fillna({f"{what}_{days}d": 0.0 for what in ("orders", "spend") for days in WINDOWS})
    row["orders_trend"] = ratio(row["orders_30d"] * 3.0, row["orders_90d"])
    row["spend_trend"] = ratio(row["spend_30d"] * 3.0, row["spend_90d"])
    mean = ratio(row["spend_90d"], row["orders_90d"])
    row["basket_trend_90d"] = ratio(mean, row["basket_mean"])
    habit = purchases[purchases["age"] <= 180]
    best = habit.groupby("customer_id")["spend"].max()
    row["largest_basket_share_180d"] = ratio(best, row["spend_180d"])
    period = (np.ceil(habit["age"] / 30.0) - 1.0).astype(int)
    spend = habit.pivot_table("spend", "customer_id", period, "sum")
    spend = spend.reindex(index=row.index, columns=range(6)).fillna(0.0)
    row["spend_slope_180d"] = np.log1p(spend) @ (2.5 - np.arange(6)) / 17.5
    row["spend_30d_vs_best_180d"] = ratio(spend[0], spend.max(axis="columns"))
    return row


def composition(purchases: pd.DataFrame) -> pd.DataFrame:
    """Return what a basket looks like lately."""
    recent = purchases[purchases["age"] <= 90]
    by = recent.assign(small=recent["kept"] <= 2).groupby("customer_id")
    return pd.DataFrame(
        {
            "lines_per_basket_90d": by["kept"].mean(),
            "units_per_basket_90d": by["units"].mean(),
            "price_per_unit_90d": ratio(by["spend"].sum(), by["units"].sum()),
            "spend_per_line_90d": ratio(by["spend"].sum(), by["kept"].sum()),
            "small_basket_share_90d": by["small"].mean(),
            "own_brand_share_90d": ratio(by["own_brand"].sum(), by["kept"].sum()),
        }
    )


def returns(baskets: pd.DataFrame) -> pd.DataFrame:
    """Return what came back."""
    by = baskets[baskets["age"] <= 180].groupby("customer_id")
    back = baskets[baskets["lines"] > baskets["kept"]].groupby("customer_id")
    lines = by["lines"].sum()
    return pd.DataFrame(
        {
            "return_line_share_180d": ratio(lines - by["kept"].sum(), lines),
            "returned_amount_180d": by["returned"].sum(),
            "days_since_return": back["age"].min(),
        }
    )


def _gap_percentile(days: pd.DataFrame) -> float:
    gaps = days["gap"].dropna()
    return float((gaps <= days["back"].min()).mean())
