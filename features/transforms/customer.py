"""All customer features: one row per customer and cutoff."""

from collections.abc import Sequence
from datetime import datetime

import ibis.expr.types as ir

from features.transforms import (
    basket,
    campaigns,
    category,
    habits,
    promotion,
    returns,
    stores,
    timing,
    value,
)
from features.transforms.base import Tables, inputs
from features.transforms.formulas import KEY, left_joined

TOPICS = (timing, value, basket, category, promotion, stores, habits, returns, campaigns)
FEATURES = tuple(feature for topic in TOPICS for feature in topic.FEATURES)


def customer_features(tables: Tables, cutoffs: Sequence[datetime]) -> ir.Table:
    """Return the features of every customer known at each cutoff, in one query.

    Parameters
    ----------
    tables
        The lake; `order_lines` is needed, `campaign_contacts` and `interactions` are used
        where there.
    cutoffs
        Moments in any order; duplicates count once.

    Returns
    -------
    ibis.Table
        customer_id (string), as_of (timestamp, naive UTC) and one float64 column per feature
        of `FEATURES`, in that order. A row exists for every customer with at least one
        purchase strictly before the cutoff; what cannot be known is NULL.
    """
    given = inputs(tables, cutoffs)
    joined = left_joined(given.population, (topic.build(given) for topic in TOPICS))
    return joined.select(*KEY, **{f.name: joined[f.name].cast("float64") for f in FEATURES})
