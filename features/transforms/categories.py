"""What a customer may buy next: candidate categories as arrays, one row per customer and cutoff."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import ibis
import ibis.expr.types as ir

from features.transforms.base import Tables
from features.transforms.events import Reach, events
from features.transforms.formulas import KEY, faded, share
from features.transforms.knowledge import Cutoffs
from features.transforms.lifetime import Lifetime, lifetime
from features.transforms.transform import Transform, at_midnight

ARRAYS: Mapping[str, Literal["numbers", "texts"]] = {
    "category_names": "texts",
    "category_baskets_180d": "numbers",
    "category_days_since": "numbers",
    "category_interval_days": "numbers",
    "category_overdue_days": "numbers",
    "category_share_180d": "numbers",
    "category_part_180d": "numbers",
    "category_fading_share_180d": "numbers",
    "category_popularity_90d": "numbers",
    "category_popular_part_90d": "numbers",
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


def own_categories(tables: Tables, cutoffs: Cutoffs, before: Lifetime | None = None) -> ir.Table:
    """Return what each customer bought by category, as known at each cutoff.

    Returns
    -------
    ibis.Table
        customer_id, as_of, category, baskets, days_since, interval_days, share, fading_share and
        part of the last `own_days`, recent_baskets, recent_parts and recent_orders of the last
        `popularity_days`. One row per category, without recent_orders, and one without a
        category, with recent_orders alone, for every customer with a purchase known at the
        cutoff. The share counts the baskets with the category, fading_share the newer ones for
        more; the part says what share of the basket it was.
    """
    lines = tables.table("order_lines")
    reach = Reach(POLICY.own_days, POLICY.popularity_days)
    seen = events(lines, cutoffs, reach)
    lately = seen.baskets.where(lambda t: t.is_purchase).seen(days=POLICY.own_days)
    recent = lately.age_days <= POLICY.popularity_days
    orders = lately.group_by(*KEY).agg(
        orders=lately.count(),
        fading=faded(lately.age_days, reach.half_life).sum(),
        recent_orders=recent.sum().cast("float64"),
    )
    customers = lifetime(seen, cutoffs, before).orders.select(*KEY)
    heads = customers.left_join(orders, KEY).select(customers, orders.recent_orders)
    found = seen.categories
    joined = found.left_join(orders, KEY).select(found, orders.orders, all_fading=orders.fading)
    rows = joined.select(
        *KEY,
        "category",
        "baskets",
        "days_since",
        interval_days=share(joined.oldest - joined.days_since, joined.baskets - 1.0),
        share=share(joined.baskets, joined.orders),
        part=share(joined.parts, joined.orders),
        fading_share=share(joined.fading, joined.all_fading),
        recent_baskets="recent_baskets",
        recent_parts="recent_parts",
        recent_orders=ibis.null("float64"),
    )
    kinds = rows.schema()
    blank = {n: ibis.null(kinds[n]) for n in rows.columns if n not in heads.columns}
    return rows.union(heads.mutate(**blank).select(*rows.columns))


def popularity(own: ir.Table) -> ir.Table:
    """Return, at each midnight, the share of all recent baskets that hold a category.

    Returns
    -------
    ibis.Table
        as_of, category, popularity (above 0), and popular_part: the part of a basket it is.
    """
    rows = at_midnight(own)
    totals = rows.group_by("as_of").agg(orders=rows.recent_orders.sum())
    bought = rows.filter(rows.recent_baskets > 0)
    held = bought.group_by("as_of", "category").agg(
        n=bought.recent_baskets.sum(), parts=bought.recent_parts.sum()
    )
    joined = held.left_join(totals, "as_of")
    return joined.select(
        "as_of",
        "category",
        popularity=share(joined.n, joined.orders),
        popular_part=share(joined.parts, joined.orders),
    )


def candidates(own: ir.Table, popular: ir.Table) -> ir.Table:
    """Return the candidate categories of every customer at each cutoff.

    Returns
    -------
    ibis.Table
        customer_id, as_of and the arrays of `ARRAYS`, which have equal lengths within a row
        and are ordered by category name. One row per customer with a purchase known at the
        cutoff; none if no category is known at all. Where a candidate was not bought within the
        window the days are NaN and the counts 0; the interval, and by how much it is passed,
        need two purchases.
    """
    heads = own.filter(own.category.isnull()).select(*KEY).mutate(midnight=_midnight)
    at = popular.rename(midnight="as_of")
    offered = heads.inner_join(_favourites(at), "midnight").select(*KEY, "category")
    bought = own.filter(own.category.notnull())
    named = bought.select(*KEY, "category").union(offered, distinct=True)
    joined = named.left_join(bought, (*KEY, "category")).select(
        named,
        bought.baskets,
        bought.days_since,
        bought.interval_days,
        bought.share,
        bought.part,
        bought.fading_share,
    )
    dated = joined.mutate(midnight=_midnight)
    rated = dated.left_join(at, ("midnight", "category")).select(
        dated, at.popularity, at.popular_part
    )
    return _arrays(_best(rated))


def _midnight(rows: ir.Table) -> ir.TimestampValue:
    return rows.as_of.truncate("D")


def _favourites(popular: ir.Table) -> ir.Table:
    """Return the categories that most baskets hold at each midnight."""
    order = [popular.popularity.desc(), popular.category]
    rank = ibis.row_number().over(ibis.window(group_by="midnight", order_by=order))
    ranked = popular.mutate(place=rank)
    return ranked.filter(ranked.place < POLICY.popular).select("midnight", "category")


def _best(rated: ir.Table) -> ir.Table:
    filled = rated.mutate(
        baskets=rated.baskets.fill_null(0.0),
        share=rated.share.fill_null(0.0),
        part=rated.part.fill_null(0.0),
        fading_share=rated.fading_share.fill_null(0.0),
        popularity=rated.popularity.fill_null(0.0),
        popular_part=rated.popular_part.fill_null(0.0),
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
            "category_overdue_days": (best.days_since - best.interval_days).fill_null(nan),
            "category_share_180d": best.share,
            "category_part_180d": best.part,
            "category_fading_share_180d": best.fading_share,
            "category_popularity_90d": best.popularity,
            "category_popular_part_90d": best.popular_part,
        }
    )
    collected = best.group_by(*KEY).agg(candidates=candidate.collect())
    ordered = collected.candidates.sort()
    return collected.select(
        *KEY, **{name: ordered.map(lambda each, name=name: each[name]) for name in ARRAYS}
    )


customer_categories = Transform(own_categories, popularity, candidates)
