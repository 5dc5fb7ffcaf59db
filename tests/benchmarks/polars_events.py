"""Receipts as Polars frames of numbers: baskets, purchase days and category baskets, made once.

Whole numbers stand for customers, shops and categories, ascending with their names; a `key` stands
for a customer at a cutoff. Everything else is grouped by that one column.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import polars as pl
from polars import col

BASKET = ("customer_id", "order_id", "ordered_at")
US_PER_DAY = 86_400.0 * 1e6
Files = Mapping[str, list[Path]]


@dataclass(frozen=True)
class Events:
    """What the features are made from.

    Attributes
    ----------
    customers, cutoffs
        Their numbers: customer_id and customer, as_of and cutoff.
    stores
        store_id and store.
    baskets, purchases
        One row per basket, and those of them with a kept line, ascending by customer and time.
    days
        One row per customer and purchase day, with the days since the one before.
    bought
        One row per basket and category.
    pairs
        One row per customer and category: the first purchase, and the department.
    contacts, interactions
        Lake tables with the number of the customer.
    """

    customers: pl.DataFrame
    cutoffs: pl.DataFrame
    stores: pl.DataFrame
    baskets: pl.DataFrame
    purchases: pl.DataFrame
    days: pl.DataFrame
    bought: pl.DataFrame
    pairs: pl.DataFrame
    contacts: pl.LazyFrame
    interactions: pl.LazyFrame

    def known(self, rows: pl.LazyFrame, time: str = "at", days: int | None = None) -> pl.LazyFrame:
        """Return rows beside the cutoffs after them, at most `days` later: key, as_of, age."""
        near = [col(time) < col("as_of")]
        if days is not None:
            near.append(col(time) >= col("as_of") - pl.duration(days=days))
        # The streaming engine filters a cross join as it goes; its range joins do more work.
        joined = rows.join(self.cutoffs.lazy(), how="cross").filter(near)
        return joined.with_columns(
            key=col("customer") * self.cutoffs.height + col("cutoff"),
            age=age(col(time), col("as_of")),
        )


def age(start: pl.Expr, end: pl.Expr) -> pl.Expr:
    """Return the days between two moments."""
    return (end - start).dt.total_microseconds() / US_PER_DAY


def events(files: Files, cutoffs: Sequence[datetime]) -> Events:
    """Read the lake once and sum its lines."""
    products = pl.scan_parquet(files["products"])
    own = products.filter(col("brand").str.to_lowercase() == "private").select("product_id")
    lines = _marked(pl.scan_parquet(files["order_lines"]), own.collect()["product_id"])
    baskets, bought, placed = pl.collect_all(
        [_baskets(lines), _bought(lines), _departments(products)], engine="streaming"
    )
    customers = baskets.select("customer_id").unique().sort("customer_id")
    customers = customers.with_row_index("customer")
    stores = baskets.select("store_id").drop_nulls().unique().sort("store_id")
    stores = stores.with_row_index("store")
    numbered = (
        baskets.lazy()
        .join(customers.lazy(), on="customer_id")
        .join(stores.lazy(), on="store_id", how="left")
        .sort("customer", "at", "order_id")
        .drop("customer_id", "store_id", "order_id")
        .collect()
    )
    purchases = numbered.filter(col("kept") > 0)
    categories = bought.select("category").unique().sort("category").with_row_index("number")
    in_category = (
        bought.lazy()
        .join(customers.lazy(), on="customer_id")
        .join(categories.lazy(), on="category")
        .select("at", "lines", pair=col("customer") * categories.height + col("number"))
        .collect()
    )
    firsts = in_category.lazy().group_by("pair").agg(first_at=col("at").min())
    department = categories.lazy().join(placed.lazy(), on="category", how="left")
    pairs = firsts.with_columns(
        customer=col("pair") // categories.height, number=col("pair") % categories.height
    ).join(department.select("number", "department"), on="number")
    return Events(
        customers=customers,
        cutoffs=_moments(cutoffs),
        stores=stores,
        baskets=numbered,
        purchases=purchases,
        days=_days(purchases),
        bought=in_category,
        pairs=pairs.collect(),
        contacts=_numbered(files["campaign_contacts"], customers),
        interactions=_numbered(files["interactions"], customers),
    )


def _marked(lines: pl.LazyFrame, own: pl.Series) -> pl.LazyFrame:
    kept = col("quantity") >= 0
    return lines.select(
        *BASKET,
        "store_id",
        "channel",
        "category",
        kept=kept,
        own_brand=kept & col("product_id").is_in(own.implode()),
        units=pl.when(kept).then("quantity").otherwise(0.0),
        spend=pl.when(kept).then("net_amount").otherwise(0.0),
        discount=pl.when(kept).then("discount_amount").otherwise(0.0),
        coupon=pl.when(kept).then("coupon_amount").otherwise(0.0),
        returned=pl.when(~kept).then(-col("net_amount")).otherwise(0.0),
    )


def _baskets(lines: pl.LazyFrame) -> pl.LazyFrame:
    sums = lines.group_by(BASKET).agg(
        col("store_id").min(),
        col("channel").min(),
        col("kept", "own_brand").cast(pl.UInt32).sum(),
        col("units", "spend", "discount", "coupon", "returned").sum(),
        lines=pl.len(),
    )
    return sums.rename({"ordered_at": "at"}).with_columns(
        day=col("at").dt.date(),
        shelf=col("spend") + col("discount") + col("coupon"),
        is_online=(col("channel") == "online").fill_null(False),
    )


def _bought(lines: pl.LazyFrame) -> pl.LazyFrame:
    bought = lines.filter(col("kept") & col("category").is_not_null())
    counted = bought.group_by(*BASKET, "category").agg(lines=pl.len())
    return counted.rename({"ordered_at": "at"}).drop("order_id")


def _departments(products: pl.LazyFrame) -> pl.LazyFrame:
    counted = products.group_by("category", "department").agg(n=pl.len()).drop_nulls()
    ranked = counted.sort("n", "department", descending=[True, False])
    first = ranked.group_by("category", maintain_order=True).agg(col("department").first())
    return first.with_columns(department=col("department").rank("dense"))


def _days(purchases: pl.DataFrame) -> pl.DataFrame:
    days = purchases.lazy().group_by("customer", "day").agg(at=col("at").min())
    gap = (col("day") - col("day").shift(1).over("customer")).dt.total_days()
    return days.sort("customer", "day").with_columns(gap=gap.cast(pl.Float64)).collect()


def _moments(cutoffs: Sequence[datetime]) -> pl.DataFrame:
    moments = pl.DataFrame({"as_of": sorted(cutoffs)}, schema={"as_of": pl.Datetime("us")})
    return moments.with_row_index("cutoff")


def _numbered(parts: list[Path], customers: pl.DataFrame) -> pl.LazyFrame:
    return pl.scan_parquet(parts).join(customers.lazy(), on="customer_id")
