"""Shops, assortment, returns and campaigns in Polars; see `polars_features`."""

import polars as pl
from polars import col

from tests.benchmarks.polars_events import Events, age
from tests.benchmarks.polars_purchases import share


def stores(seen: Events) -> pl.LazyFrame:
    """Return, per key, the shops, and the one with most orders (of several the first by name)."""
    known = seen.known(seen.purchases.lazy().filter(col("store").is_not_null()))
    by_store = known.group_by("key", "store").agg(
        n=pl.len(),
        lately=(col("age") <= 90).sum(),
        is_new=(col("at").min() >= col("as_of").first() - pl.duration(days=90)),
    )
    # The most orders, and of several the least number: one maximum finds both.
    best = col("n").cast(pl.Int64) * seen.stores.height + (seen.stores.height - 1 - col("store"))
    sums = (
        by_store.with_columns(best=best)
        .group_by("key")
        .agg(
            stores_90d=(col("lately") > 0).sum(),
            stores_total=pl.len(),
            lately_most=col("lately").max(),
            lately_all=col("lately").sum(),
            new_stores_90d=col("is_new").sum(),
            best=col("best").max(),
        )
    )
    return sums.with_columns(
        top_store_share_90d=share(col("lately_most"), col("lately_all")),
        main_orders=col("best") // seen.stores.height,
        main_store=seen.stores.height - 1 - col("best") % seen.stores.height,
    ).drop("best")


def assortment(seen: Events) -> pl.LazyFrame:
    """Return, per key, how wide the assortment of the last days is."""
    count = seen.cutoffs.height
    bought = seen.bought.lazy().with_columns(customer=col("pair"))
    known = seen.known(bought, days=90)  # here a key stands for a pair at a cutoff
    by_pair = known.group_by("key").agg(lines=col("lines").sum(), baskets=pl.len())
    named = by_pair.with_columns(pair=col("key") // count, cutoff=col("key") % count)
    placed = named.join(seen.pairs.lazy(), on="pair").join(seen.cutoffs.lazy(), on="cutoff")
    rows = placed.with_columns(
        key=col("customer") * count + col("cutoff"),
        is_new=col("first_at") >= col("as_of") - pl.duration(days=90),
        n_log_n=col("lines") * col("lines").log(),
    )
    sums = rows.group_by("key").agg(
        categories_90d=pl.len(),
        category_baskets=col("baskets").sum(),
        category_lines=col("lines").sum(),
        n_log_n=col("n_log_n").sum(),
        most=col("lines").max(),
        top3=col("lines").top_k(3).sum(),
        new_category_share_90d=col("is_new").mean(),
        repeat_category_share_90d=(col("baskets") > 1).mean(),
    )
    in_department = rows.filter(col("department").is_not_null())
    by_department = in_department.group_by("key", "department").agg(col("lines").sum())
    departments = by_department.group_by("key").agg(
        departments_90d=pl.len(),
        top_department_share_90d=col("lines").max() / col("lines").sum(),
    )
    total = col("category_lines")
    return sums.join(departments, on="key", how="left").with_columns(
        category_entropy_90d=total.log() - col("n_log_n") / total,
        top_category_share_90d=col("most") / total,
        top3_category_share_90d=col("top3") / total,
    )


def returns(seen: Events) -> pl.LazyFrame:
    """Return, per key, what came back."""
    ever = seen.known(seen.baskets.lazy().filter(col("lines") > col("kept")))
    lately = (
        seen.known(seen.baskets.lazy(), days=180)
        .group_by("key")
        .agg(
            return_line_share_180d=share(
                col("lines").sum().cast(pl.Int64) - col("kept").sum(), col("lines").sum()
            ),
            returned_amount_180d=col("returned").sum(),
        )
    )
    last = ever.group_by("key").agg(days_since_return=col("age").min())
    return lately.join(last, on="key", how="full", coalesce=True)


def campaigns(seen: Events) -> tuple[pl.LazyFrame, ...]:
    """Return, per key, contacts, their answers, and other interactions."""
    sent = seen.known(seen.contacts.filter(~col("is_holdout")), "contacted_at")
    events = seen.known(seen.interactions, "occurred_at")
    used = events.filter(col("type") == "coupon_redeemed")
    other = events.filter(col("type") != "coupon_redeemed")
    at = seen.purchases.lazy().select("customer", "at")
    last = seen.known(at).group_by("key").agg(last_at=col("at").max())
    dated = sent.join(last, on="key")
    recent = (col("age") <= 90).sum()
    wait = age(col("contacted_at"), col("occurred_at"))
    pairs = sent.join(used.select("key", "occurred_at"), on="key")
    answered = pairs.filter(wait.is_between(0, 30)).unique(["key", "campaign_id"])
    return (
        dated.group_by("key").agg(
            contacts_30d=(col("age") <= 30).sum(),
            contacts_90d=recent,
            contacts_total=pl.len(),
            days_since_contact=col("age").min(),
            contact_interval_days=share(col("age").max() - col("age").min(), pl.len() - 1),
            contacts_since_purchase=(col("contacted_at") > col("last_at")).sum(),
        ),
        used.group_by("key").agg(
            redemptions_90d=recent,
            redemptions_total=pl.len(),
            days_since_redemption=col("age").min(),
        ),
        answered.group_by("key").agg(contacts_answered=pl.len()),
        other.group_by("key").agg(interactions_90d=recent, days_since_interaction=col("age").min()),
    )
