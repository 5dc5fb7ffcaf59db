"""The customer features in Polars: lines are summed to baskets once, baskets meet all cutoffs.

As in `pandas_features` the data are a backfill without service cases. Everything runs on the
streaming engine.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from pathlib import Path

import polars as pl
from polars import col

from features.catalog import FEATURES
from tests.benchmarks.polars_events import Events, events
from tests.benchmarks.polars_purchases import (
    PARTS,
    PERIODS,
    WEEK,
    entropy,
    purchases,
    share,
    timing,
)
from tests.benchmarks.polars_topics import assortment, campaigns, returns, stores

STORE_MEASURES = ("spend_90d", "orders_90d", "basket_mean", "recency_days", "discount_share_90d")
COHORT_MEASURES = ("spend_90d", "orders_90d", "active_days_90d", "recency_days", "categories_90d")
COUNTS = (
    *("contacts_30d", "contacts_90d", "contacts_total", "contacts_since_purchase"),
    *("redemptions_90d", "redemptions_total", "contacts_answered", "interactions_90d"),
    *("stores_90d", "new_stores_90d", "active_days_90d", "active_weeks_84d"),
    *("returned_amount_180d", "category_baskets"),
)


def customer_features(files: Mapping[str, list[Path]], cutoffs: Sequence[datetime]) -> pl.DataFrame:
    """Return customer_id, as_of and every feature of the catalogue."""
    seen = events(files, cutoffs)
    topics = (timing(seen), stores(seen), assortment(seen), returns(seen), *campaigns(seen))
    row = purchases(seen)
    for topic in topics:
        row = row.join(topic, on="key", how="left")
    filled = row.with_columns(
        col("^(spend|orders)_\\d+d$").fill_null(0.0), col(COUNTS).fill_null(0)
    )
    return _named(_peers(_finished(_dated(filled, seen))), seen).collect(engine="streaming")


def _dated(row: pl.LazyFrame, seen: Events) -> pl.LazyFrame:
    count = seen.cutoffs.height
    keyed = row.with_columns(customer=col("key") // count, cutoff=col("key") % count)
    return keyed.join(seen.cutoffs.lazy(), on="cutoff")


def _finished(row: pl.LazyFrame) -> pl.LazyFrame:
    """Return features that are shares of sums."""
    return row.with_columns(**_value(), **_baskets(), **_habits(), **_ratios())


def _value() -> dict[str, pl.Expr]:
    reached = [col(f"spend_{30 * (n + 1)}d") for n in PERIODS]
    spend = [reached[0], *(reached[n] - reached[n - 1] for n in PERIODS[1:])]
    slope = pl.sum_horizontal((2.5 - n) * spend[n].log1p() for n in PERIODS) / 17.5
    tenure = pl.max_horizontal(col("tenure_days"), 30.0)
    mean = share(col("spend_90d"), col("orders_90d"))
    return {
        "orders_trend": share(col("orders_30d") * 3.0, col("orders_90d")),
        "spend_trend": share(col("spend_30d") * 3.0, col("spend_90d")),
        "spend_slope_180d": slope,
        "spend_30d_vs_best_180d": share(spend[0], pl.max_horizontal(spend)),
        "spend_per_30d": col("spend_total") * 30.0 / tenure,
        "basket_trend_90d": share(mean, col("basket_mean")),
        "largest_basket_share_180d": share(col("largest"), col("spend_180d")),
    }


def _baskets() -> dict[str, pl.Expr]:
    orders, kept, shelf = col("orders_90d"), col("kept_90"), col("shelf_90")
    reduced = share(col("reduced_spend_90"), col("reduced_90"))
    others = share(col("spend_90d") - col("reduced_spend_90"), orders - col("reduced_90"))
    return {
        "lines_per_basket_90d": share(kept, orders),
        "units_per_basket_90d": share(col("units_90"), orders),
        "categories_per_basket_90d": share(col("category_baskets"), orders),
        "price_per_unit_90d": share(col("spend_90d"), col("units_90")),
        "spend_per_line_90d": share(col("spend_90d"), kept),
        "small_basket_share_90d": share(col("small_90"), orders),
        "own_brand_share_90d": share(col("own_brand_90"), kept),
        "online_share_90d": share(col("is_online_90"), orders),
        "discount_share_90d": share(col("discount_90"), shelf),
        "discount_share_total": share(col("discount"), col("shelf")),
        "discount_basket_share_90d": share(col("reduced_90"), orders),
        "coupon_share_90d": share(col("coupon_90"), shelf),
        "coupon_basket_share_90d": share(col("with_coupon_90"), orders),
        "coupon_basket_share_total": share(col("coupon_orders"), col("orders_total")),
        "discount_depth_90d": share(col("discount_90"), col("reduced_shelf_90")),
        "discounted_basket_ratio_90d": share(reduced, others),
    }


def _habits() -> dict[str, pl.Expr]:
    orders, weekday = col("orders_180d"), col("as_of").dt.weekday() - 1
    part = pl.min_horizontal((col("as_of").dt.day() - 1) // 10, 2)
    same_day = pl.sum_horizontal(pl.when(weekday == day).then(f"on_{day}") for day in WEEK)
    same_part = pl.sum_horizontal(pl.when(part == n).then(f"in_part_{n}") for n in PARTS)
    named = {f"{name}_share_180d": share(col(name), orders) for name in DAYTIMES}
    return {
        **named,
        "weekday_entropy_180d": entropy([col(f"on_{day}") for day in WEEK], orders),
        "same_weekday_share_180d": share(same_day, orders),
        "month_start_share_180d": share(col("in_part_0"), orders),
        "same_month_part_share_180d": share(same_part, orders),
    }


def _ratios() -> dict[str, pl.Expr]:
    return {
        "ipt_trend": share(col("recent_mean"), col("ipt_mean")),
        "gap_ratio": share(col("recency_days"), col("ipt_median")),
        "gap_z": share(col("recency_days") - col("ipt_mean"), col("ipt_std")),
        "top_store_share_total": share(col("main_orders"), col("orders_total")),
        "redemption_rate": share(col("redemptions_total"), col("contacts_total")),
        "contacts_per_order_90d": share(col("contacts_90d"), col("orders_90d")),
        "contact_response_share": share(col("contacts_answered"), col("contacts_total")),
    }


def _peers(row: pl.LazyFrame) -> pl.LazyFrame:
    month = col("first_day").dt.truncate("1mo")
    groups = (("store", col("main_store"), STORE_MEASURES), ("cohort", month, COHORT_MEASURES))
    return row.with_columns(
        share(col(name), col(name).mean().over("cutoff", group)).alias(f"{name}_vs_{suffix}")
        for suffix, group, names in groups
        for name in names
    )


def _named(row: pl.LazyFrame, seen: Events) -> pl.LazyFrame:
    """Return the columns of the catalogue; what no data tell of is missing."""
    named = row.join(seen.customers.lazy(), on="customer")
    known = set(named.collect_schema().names())
    return named.select(
        "customer_id",
        "as_of",
        *((col(n) if n in known else pl.lit(None).alias(n)).cast(pl.Float64) for n in FEATURES),
    )


DAYTIMES = ("weekend", "morning", "afternoon", "evening")
