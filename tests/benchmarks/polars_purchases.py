"""Timing, value, baskets, promotions and habits in Polars: all that comes from purchases alone."""

from functools import reduce
from operator import add

import polars as pl
from polars import col

from tests.benchmarks.polars_events import Events

WINDOWS = (7, 30, 60, 90, 180)
PERIODS = range(6)
WEEK, PARTS = range(7), range(3)


def share(part: pl.Expr, whole: pl.Expr) -> pl.Expr:
    """Return part / whole, missing where the whole is 0."""
    return part.cast(pl.Float64) / pl.when(whole != 0).then(whole)


def entropy(counts: list[pl.Expr], total: pl.Expr) -> pl.Expr:
    """Return the entropy of counts in nats."""
    terms = [pl.when(n > 0).then(n / total * (total / n).log()).otherwise(0.0) for n in counts]
    return pl.when(total > 0).then(reduce(add, terms))


def timing(seen: Events) -> pl.LazyFrame:
    """Return, per key, what the purchase days tell."""
    today = col("as_of").dt.date()
    back = (today - col("day")).dt.total_days()
    known = seen.known(seen.days.lazy()).with_columns(back=back.cast(pl.Float64))
    recent = col("age") <= 90
    week = (pl.max_horizontal(col("back"), 1.0) - 1.0) // 7
    opens = col("gap").is_null() | (
        week != (pl.max_horizontal(col("back") + col("gap"), 1.0) - 1.0) // 7
    )
    marked = known.with_columns(
        recent_gap=pl.when(recent).then("gap"), opens=opens & (col("back") <= 84), recent=recent
    )
    gaps = col("gap")
    return marked.group_by("key").agg(
        recency_days=col("back").min(),
        tenure_days=col("back").max(),
        active_days=pl.len(),
        active_days_90d=col("recent").sum(),
        active_weeks_84d=col("opens").sum(),
        ipt_mean=gaps.mean(),
        ipt_median=gaps.median(),
        ipt_std=gaps.std(),
        ipt_last=gaps.sort_by("day").last(),
        recent_mean=col("recent_gap").mean(),
        gap_percentile=(gaps <= col("back").min()).mean(),
    )


def purchases(seen: Events) -> pl.LazyFrame:
    """Return, per key, every feature that is a sum over purchases, and the parts of others."""
    ever = seen.known(seen.purchases.lazy().with_row_index("place")).group_by("key").agg(*_ever())
    marked = seen.known(_described(seen.purchases.lazy()), days=180)
    lately = marked.group_by("key").agg(*_windows(), *_recent(), *_habits())
    spent = seen.purchases.lazy().select(basket_last="spend").with_row_index("place")
    return ever.join(spent, on="place").join(lately, on="key", how="left")


def _described(purchases: pl.LazyFrame) -> pl.LazyFrame:
    """Say of each purchase, before it meets the cutoffs, what it counts for."""
    at, reduced = col("at").dt, col("discount") > 0
    part = pl.min_horizontal((at.day() - 1) // 10, 2)
    hour, weekday = at.hour(), at.weekday() - 1
    return purchases.with_columns(
        reduced=reduced,
        reduced_shelf=pl.when(reduced).then("shelf").otherwise(0.0),
        reduced_spend=pl.when(reduced).then("spend").otherwise(0.0),
        with_coupon=col("coupon") > 0,
        small=col("kept") <= 2,
        weekend=weekday >= 5,
        morning=hour.is_between(5, 11),
        afternoon=hour.is_between(12, 17),
        evening=hour >= 18,
        **{f"on_{day}": weekday == day for day in WEEK},
        **{f"in_part_{n}": part == n for n in PARTS},
    )


def _ever() -> list[pl.Expr]:
    spend = col("spend")
    return [
        pl.len().alias("orders_total"),
        spend.sum().alias("spend_total"),
        spend.mean().alias("basket_mean"),
        spend.max().alias("basket_max"),
        spend.std().alias("basket_std"),
        col("discount").sum(),
        col("shelf").sum(),
        (col("coupon") > 0).sum().alias("coupon_orders"),
        col("day").min().alias("first_day"),
        col("place").max(),  # of the last one: purchases ascend with time
    ]


def _windows() -> list[pl.Expr]:
    reaches = sorted({*WINDOWS, *(30 * (n + 1) for n in PERIODS)})
    within = {days: col("age") <= days for days in reaches}
    spend = {
        d: pl.when(w).then("spend").otherwise(0.0).sum().alias(f"spend_{d}d")
        for d, w in within.items()
    }
    orders = [within[days].sum().alias(f"orders_{days}d") for days in WINDOWS]
    return [*spend.values(), *orders, col("spend").max().alias("largest")]


def _recent() -> list[pl.Expr]:
    recent = col("age") <= 90
    sums = ("kept", "units", "own_brand", "discount", "coupon", "shelf")
    parts = ("reduced_shelf", "reduced_spend")
    counts = ("reduced", "with_coupon", "small", "is_online")
    return [
        *(pl.when(recent).then(n).otherwise(0.0).sum().alias(f"{n}_90") for n in (*sums, *parts)),
        *((recent & col(n)).sum().alias(f"{n}_90") for n in counts),
    ]


def _habits() -> list[pl.Expr]:
    names = ("weekend", "morning", "afternoon", "evening")
    counted = (*names, *(f"on_{day}" for day in WEEK), *(f"in_part_{n}" for n in PARTS))
    return [col(name).sum() for name in counted]
