"""Random histories of a few customers, and of how a shop came to know of them."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from hypothesis import HealthCheck, Phase, assume, settings
from hypothesis import strategies as st

from tests.unit.features_transforms.drawn_contacts import (
    CATEGORIES,
    PRODUCTS,
    contacts_of,
    interactions_of,
    products_drawn,
    tickets_of,
)
from tests.unit.features_transforms.drawn_moments import near
from tests.unit.features_transforms.drawn_telling import in_time, split, told
from tests.unit.features_transforms.records import Line
from tests.unit.features_transforms.worlds import World

PUNCTUAL = tuple("abcdef")
LATE = tuple("ghijkl")
CUSTOMERS = (*PUNCTUAL, *LATE)
STRANGERS = tuple("stuv")
STORES = ("s1", "s2", "s3", None)
CHANNELS = ("store", "online", None)
EMPTY, ONCE = "a", "b"
_RECORDS: Sequence[Any] = (contacts_of, interactions_of, tickets_of)
_ENOUGH = 30  # lines: the simplest example is almost empty
# Quantity, net, discount and coupon of a line that is bought.
_BOUGHT = (
    (1.0, 10.0, 0.0, 0.0),
    (2.0, 7.35, 0.65, 0.0),
    (3.0, 0.1, 0.2, 0.3),
    (1.5, 49.99, 0.0, 5.0),
    (0.0, 0.0, 0.0, 0.0),
    (0.0, 3.0, 0.0, 0.0),
    (1.0, 0.0, 0.0, 0.0),
    (1.0, 0.0, 4.2, 0.0),
    (12.0, 1234.56, 12.34, 0.0),
)
_RETURNED = ((-1.0, -10.0, 0.0, 0.0), (-2.0, -0.07, 0.0, 0.0), (-1.0, 0.0, -0.5, -1.0))


def few(examples: int) -> settings:
    """Return settings for examples of many customers: most of the time is the query's planning."""
    return settings(
        max_examples=examples,
        deadline=None,
        database=None,
        derandomize=True,
        phases=[Phase.explicit, Phase.generate],  # to shrink an example takes many minutes
        suppress_health_check=[
            HealthCheck.too_slow,
            HealthCheck.data_too_large,
            HealthCheck.filter_too_much,
        ],
    )


@st.composite
def worlds(
    draw: st.DrawFn,
    cutoffs: Sequence[datetime],
    *,
    late: bool = True,
    customers: Sequence[str] = CUSTOMERS,
) -> World:
    """Draw what happened to customers; all but `PUNCTUAL` had a line told late, if `late`."""
    lines: list[Line] = []
    for customer in customers:
        own = draw(lines_of(customer, cutoffs))
        retell = in_time if customer in PUNCTUAL else split
        lines += draw(retell(own, cutoffs)) if late else own
    assume(len(lines) >= _ENOUGH)
    products = draw(products_drawn()) if draw(st.integers(0, 3)) else None
    others: list[Any] = []
    for records in _RECORDS:
        found = draw(records(cutoffs, customers)) if draw(st.integers(0, 3)) else None
        others.append(draw(told(found, cutoffs)) if late and found else found)
    return World(draw(st.permutations(lines)), products, *others)


@st.composite
def lines_of(draw: st.DrawFn, customer: str, cutoffs: Sequence[datetime]) -> list[Line]:
    """Draw the receipts of one customer, near what the cutoffs can just see or just not."""
    orders = st.integers(2, 9)
    lines: list[Line] = []
    for number in range({EMPTY: 0, ONCE: 1}.get(customer, draw(orders))):
        at = draw(_moments(cutoffs, [line.ordered_at for line in lines]))
        # The number of an order does not tell its place in time.
        order_id = str((number * 7) % 11)
        store, channel = draw(st.sampled_from(STORES)), draw(st.sampled_from(CHANNELS))
        kind = draw(st.sampled_from(("bought", "bought", "bought", "mixed", "returned")))
        for _ in range(draw(st.integers(1, 3))):
            pool = {"bought": _BOUGHT, "mixed": _BOUGHT + _RETURNED, "returned": _RETURNED}[kind]
            quantity, net, discount, coupon = draw(st.sampled_from(pool))
            lines.append(
                Line(
                    order_id,
                    customer,
                    at + draw(st.sampled_from((timedelta(0),) * 5 + (timedelta(hours=9),))),
                    draw(st.sampled_from((store, store, store, *STORES))),
                    draw(st.sampled_from((channel, channel, channel, *CHANNELS))),
                    draw(st.sampled_from(CATEGORIES)),
                    quantity,
                    net,
                    discount,
                    coupon,
                    draw(st.sampled_from(PRODUCTS)),
                )
            )
    return lines


def _moments(
    cutoffs: Sequence[datetime], before: Sequence[datetime]
) -> st.SearchStrategy[datetime]:
    some = near(cutoffs)
    # Hypothesis takes either with the same chance: one order in four meets another to the second.
    return some | some | some | st.sampled_from(before) if before else some
