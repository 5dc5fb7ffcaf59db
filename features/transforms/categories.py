"""What a customer may buy next: candidate categories as arrays, one row per customer and cutoff."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

import ibis
import ibis.expr.types as ir

from features.transforms.base import Tables
from features.transforms.events import baskets_of, category_baskets, known, known_lately
from features.transforms.formulas import KEY, share

ARRAYS: Mapping[str, Literal["numbers", "texts"]] = {
    "category_names": "texts",
    "category_baskets_180d": "numbers",
    "category_days_since": "numbers",
    "category_interval_days": "numbers",
    "category_share_180d": "numbers",
    "category_popularity_90d": "numbers",
}


@dataclass(frozen=True, slots=True)
class CandidatePolicy:
    """Which categories are candidates.

    Attributes
    ----------
    own_days
        Categories the customer bought within that many days.
    popularity_days, popular
        The `popular` categories in most customers' baskets within that many days join them.
    at_most
        Candidates a customer; the most often bought stay, then the most popular.
    """

    own_days: int = 180
    popularity_days: int = 90
    popular: int = 15
    at_most: int = 80


POLICY = CandidatePolicy()


def customer_categories(tables: Tables, cutoffs: Sequence[datetime]) -> ir.Table:
    """Return the candidate categories of every customer at each cutoff.

    Returns
    -------
    ibis.Table
        customer_id, as_of and the arrays of `ARRAYS`, which have equal lengths within a row
        and are ordered by category name. One row per customer with a purchase before the
        cutoff; none if no category is known at all. Where a candidate was not bought within the
        window the days are NaN and the counts 0; the interval needs two purchases.
    """
    lines = tables.table("order_lines")
    bought, pairs = category_baskets(lines)
    seen = known_lately(bought, "ordered_at", cutoffs, POLICY.own_days)
    baskets = baskets_of(lines)
    purchases = baskets.filter(baskets.is_purchase)
    orders = known_lately(purchases, "ordered_at", cutoffs, POLICY.own_days)
    own, popularity = _own(seen, pairs, orders), _popularity(seen, pairs, orders)
    customers = known(purchases, "ordered_at", cutoffs).select(*KEY).distinct()
    offered = customers.inner_join(_favourites(popularity), "as_of").select(*KEY, "category")
    named = own.select(*KEY, "category").union(offered, distinct=True)
    candidates = named.left_join(own, (*KEY, "category")).select(
        named, own.baskets, own.days_since, own.interval_days, own.share
    )
    rated = candidates.left_join(popularity, ("as_of", "category")).select(
        candidates, popularity.popularity
    )
    return _arrays(_best(rated))


def _own(seen: ir.Table, pairs: ir.Table, orders: ir.Table) -> ir.Table:
    """Return one row per customer, cutoff and category bought: how often, how lately.

    Left joins keep their order; of inner ones an engine that misjudges sizes may first join
    everything on the cutoff alone.
    """
    counts = seen.group_by("pair", "as_of").agg(
        baskets=seen.count().cast("float64"),
        days_since=seen.age_days.min(),
        oldest=seen.age_days.max(),
    )
    totals = orders.group_by(*KEY).agg(orders=orders.count())
    joined = counts.left_join(pairs, "pair").left_join(totals, KEY)
    return joined.select(
        *KEY,
        "category",
        "baskets",
        "days_since",
        interval_days=share(joined.oldest - joined.days_since, joined.baskets - 1),
        share=share(joined.baskets, joined.orders),
    )


def _popularity(seen: ir.Table, pairs: ir.Table, orders: ir.Table) -> ir.Table:
    """Return one row per cutoff and category: the share of all recent baskets that hold it."""
    counts = seen.group_by("pair", "as_of").agg(n=_recent(seen).sum())
    named = counts.inner_join(pairs, "pair")
    held = named.group_by("as_of", "category").agg(n=named.n.sum())
    totals = orders.group_by("as_of").agg(orders=_recent(orders).sum())
    joined = held.inner_join(totals, "as_of")
    return joined.select("as_of", "category", popularity=share(joined.n, joined.orders))


def _recent(events: ir.Table) -> ir.BooleanColumn:
    return events.age_days <= POLICY.popularity_days


def _favourites(popularity: ir.Table) -> ir.Table:
    """Return the categories that most baskets hold at each cutoff."""
    order = [popularity.popularity.desc(), popularity.category]
    rank = ibis.row_number().over(ibis.window(group_by="as_of", order_by=order))
    ranked = popularity.mutate(place=rank)
    favourites = ranked.filter(ranked.place < POLICY.popular, ranked.popularity > 0)
    return favourites.select("as_of", "category")


def _best(rated: ir.Table) -> ir.Table:
    filled = rated.mutate(
        baskets=rated.baskets.fill_null(0.0),
        share=rated.share.fill_null(0.0),
        popularity=rated.popularity.fill_null(0.0),
    )
    order = [filled.baskets.desc(), filled.popularity.desc(), filled.category]
    place = ibis.row_number().over(ibis.window(group_by=KEY, order_by=order))
    placed = filled.mutate(place=place)
    return placed.filter(placed.place < POLICY.at_most)


def _arrays(best: ir.Table) -> ir.Table:
    """Return the candidates of a customer and cutoff as arrays.

    One list of structs is collected and sorted by its first field, the name: an ordered
    aggregate for each array takes memory for every group and array.
    """
    nan = ibis.literal(float("nan"))
    candidate = ibis.struct(
        {
            "category_names": best.category,
            "category_baskets_180d": best.baskets,
            "category_days_since": best.days_since.fill_null(nan),
            "category_interval_days": best.interval_days.fill_null(nan),
            "category_share_180d": best.share,
            "category_popularity_90d": best.popularity,
        }
    )
    collected = best.group_by(*KEY).agg(candidates=candidate.collect())
    ordered = collected.candidates.sort()
    return collected.select(
        *KEY, **{name: ordered.map(lambda each, name=name: each[name]) for name in ARRAYS}
    )
