"""Random products, campaign contacts, interactions and service cases."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from hypothesis import strategies as st

from tests.unit.features_transforms.drawn_moments import DELAYS, near
from tests.unit.features_transforms.records import Contact, Interaction, Product, Ticket

CATEGORIES = ("bread", "milk", "tea", "soap", "salt", "coal", None)
PRODUCTS = ("p0", "p1", "p2", "p3", "p4", "unknown", None)
_RARELY = st.sampled_from((False, False, True))
_INTERACTIONS = st.sampled_from(("coupon_redeemed", "coupon_redeemed", "visit", "email_open"))
_GRADES = st.none() | st.sampled_from((1.0, 2.0, 4.5, 5.0))


@st.composite
def products_drawn(draw: st.DrawFn) -> list[Product]:
    """Draw what `PRODUCTS` but the unknown are."""
    return [
        Product(
            product_id,
            draw(st.sampled_from(CATEGORIES)),
            draw(st.sampled_from(("food", "home", None))),
            draw(st.sampled_from(("Private", "private", "other", None))),
        )
        for product_id in (*PRODUCTS[:-2], "p5", "p6", "p7")
    ]


@st.composite
def contacts_of(
    draw: st.DrawFn, cutoffs: Sequence[datetime], customers: Sequence[str]
) -> list[Contact]:
    """Draw whom the campaigns contacted."""
    return [
        Contact(str(number), customer, draw(near(cutoffs)), "sms", draw(_RARELY))
        for customer in customers
        for number in range(draw(st.integers(0, 3)))
    ]


@st.composite
def interactions_of(
    draw: st.DrawFn, cutoffs: Sequence[datetime], customers: Sequence[str]
) -> list[Interaction]:
    """Draw what customers, and somebody unknown, did."""
    return [
        Interaction(f"{who}{number}", who, draw(near(cutoffs)), draw(_INTERACTIONS))
        for who in (*customers, None)
        for number in range(draw(st.integers(0, 3)))
    ]


@st.composite
def tickets_of(
    draw: st.DrawFn, cutoffs: Sequence[datetime], customers: Sequence[str]
) -> list[Ticket]:
    """Draw service cases as they were told: opened, then perhaps closed, then perhaps rated."""
    states: list[Ticket] = []
    for customer in customers:
        for number in range(draw(st.integers(0, 2))):
            opened = Ticket(f"{customer}{number}", customer, draw(near(cutoffs)))
            states.append(opened)
            if draw(st.booleans()):
                later = [opened.opened_at + delay for delay in DELAYS[1:]]
                later += [cutoff for cutoff in cutoffs if cutoff > opened.opened_at]
                closed = replace(opened, closed_at=draw(st.sampled_from(later)))
                states.append(closed)
                if draw(st.booleans()):
                    states.append(replace(closed, satisfaction=draw(_GRADES), nps=draw(_GRADES)))
    return states
