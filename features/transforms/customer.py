"""All customer features: one row per customer and cutoff."""

from functools import reduce
from itertools import chain
from operator import or_

import ibis.expr.types as ir

from features.transforms import (
    basket,
    campaigns,
    category,
    habits,
    peers,
    promotion,
    returns,
    seasonality,
    service,
    stores,
    timing,
    value,
)
from features.transforms.base import WINDOWS, Inputs, Tables, inputs
from features.transforms.formulas import KEY, left_joined
from features.transforms.knowledge import Cutoffs
from features.transforms.lifetime import Lifetime
from features.transforms.transform import Transform

TOPICS = (
    timing,
    value,
    basket,
    category,
    promotion,
    stores,
    habits,
    returns,
    campaigns,
    service,
    seasonality,
)
_OF_PURCHASES = (value, basket, category, promotion, stores, habits, returns, seasonality)
_LATELY = (timing, category, stores, returns, campaigns, service)
OWN = tuple(feature for topic in TOPICS for feature in topic.FEATURES)
FEATURES = (*OWN, *peers.FEATURES)


def own_features(tables: Tables, cutoffs: Cutoffs, before: Lifetime | None = None) -> ir.Table:
    """Return what every customer did as known at each cutoff, and who their peers are.

    Returns
    -------
    ibis.Table
        customer_id (string), as_of (timestamp, naive UTC), one float64 column per feature of
        `OWN`, and the names of the groups of peers. A row exists for every customer with at
        least one purchase known at the cutoff; what cannot be known is NULL.
    """
    given = inputs(tables, cutoffs, before)
    lately = chain(*(topic.lately(given) for topic in _LATELY))
    row = left_joined(given.lifetime, (_of_purchases(given), *lately))
    columns = reduce(or_, (topic.columns(row) for topic in TOPICS))
    return row.select(
        *KEY,
        **{feature.name: columns[feature.name].cast("float64") for feature in OWN},
        **{peers.STORE: row.store_id, peers.COHORT: row.first_day.strftime("%Y-%m")},
    )


def _of_purchases(inputs: Inputs) -> ir.Table:
    """Return the sums of all topics over recent purchases at once, which are read but once."""
    columns = (name for name in inputs.baskets.once.columns if name != "customer_id")
    purchases = inputs.purchases.seen(*columns, days=WINDOWS.habit)
    sums = reduce(or_, (topic.of_purchases(purchases) for topic in _OF_PURCHASES))
    return purchases.group_by(*KEY).agg(**sums)


def _finish(own: ir.Table, means: ir.Table) -> ir.Table:
    """Return customer_id, as_of and one float64 column per feature of `FEATURES`, in order."""
    return peers.beside_peers(own, means).select(*KEY, *(feature.name for feature in FEATURES))


customer_features = Transform(own_features, peers.peer_means, _finish)
