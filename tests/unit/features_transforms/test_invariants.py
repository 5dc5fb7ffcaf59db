"""What must change nothing changes nothing."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pandas as pd
from hypothesis import given
from hypothesis import strategies as st

from features.engine import connect
from features.transforms.categories import customer_categories
from features.transforms.customer import customer_features
from features.transforms.knowledge import moments
from features.transforms.transform import Transform, with_midnights
from tests.unit.features_transforms.comparing import (
    Key,
    Values,
    assert_same,
    candidates_by_key,
    fast,
    fast_categories,
    features_by_key,
)
from tests.unit.features_transforms.drawn_moments import TICK, cutoffs_drawn
from tests.unit.features_transforms.histories import (
    CUSTOMERS,
    STRANGERS,
    few,
    worlds,
)
from tests.unit.features_transforms.reference_peers import OWN
from tests.unit.features_transforms.worlds import World, frames

Drawn = tuple[World, list[datetime]]


@st.composite
def drawn(draw: st.DrawFn, count: int = 3, customers: Sequence[str] = CUSTOMERS) -> Drawn:
    cutoffs = draw(cutoffs_drawn(count))
    return draw(worlds(cutoffs, customers=customers)), cutoffs


@st.composite
def with_twins(draw: st.DrawFn) -> Drawn:
    """Draw customers, and to each a twin of whom something is told at the last cutoff or later."""
    world, cutoffs = draw(drawn())
    wait = st.sampled_from((timedelta(0), TICK, timedelta(days=40)))

    def doubled(records: Sequence[Any]) -> list[Any]:
        twins = [replace(x, customer_id=x.customer_id and x.customer_id.upper()) for x in records]
        later = [
            replace(twin, ingested_at=max(cutoffs) + draw(wait))
            for twin in draw(st.permutations(twins))[:20]
        ]
        return [*later, *reversed(twins), *records]

    return replace(replace(world, products=None).changed(doubled), products=world.products), cutoffs


@given(with_twins())
@few(2)
def test_what_is_told_at_the_cutoff_or_later_changes_nothing(drawn: Drawn) -> None:
    world, cutoffs = drawn
    for found in (fast(world, cutoffs), fast_categories(world, cutoffs)):
        first = {key: row for key, row in found.items() if key[0].islower()}
        twins = {(name.lower(), at): row for (name, at), row in found.items() if name.isupper()}
        assert_same(twins, first)


@given(drawn(count=2, customers=(*CUSTOMERS, *STRANGERS)))
@few(1)
def test_other_customers_change_nothing_but_what_compares_with_them(drawn: Drawn) -> None:
    world, cutoffs = drawn
    alone = replace(world, lines=[x for x in world.lines if x.customer_id not in STRANGERS])
    both = [_own(fast(lake, cutoffs)) for lake in (world, alone)]
    assert_same(_of_customers(both[0]), both[1])
    offers = [_bought(fast_categories(lake, cutoffs)) for lake in (world, alone)]
    assert_same(_of_customers(offers[0]), offers[1])


def _own(found: Values) -> Values:
    return {key: {name: row[name] for name in OWN} for key, row in found.items()}


def _bought(found: Values) -> Values:
    """Return the candidates that were bought, without what all customers bought."""
    return {key: [each[:-2] for each in row if each[1] > 0] for key, row in found.items()}


def _of_customers(found: Values) -> Values:
    return {key: row for key, row in found.items() if key[0] in CUSTOMERS}


@given(drawn(count=1))
@few(1)
def test_cutoffs_alone_and_rows_in_another_order_tell_the_same(drawn: Drawn) -> None:
    world, cutoffs = drawn
    together = fast(world, cutoffs), fast_categories(world, cutoffs)
    turned = world.changed(lambda records: records[::-1])
    features: dict[Key, Any] = {}
    candidates: dict[Key, Any] = {}
    for cutoff in set(cutoffs):
        features |= features_by_key(_alone(customer_features, turned, cutoff))
        candidates |= candidates_by_key(_alone(customer_categories, turned, cutoff))
    assert_same(features, together[0])
    assert_same(candidates, together[1])


def _alone(transform: Transform, world: World, cutoff: datetime) -> pd.DataFrame:
    """Return what a lake says at one cutoff, as a live row is made: from a table of moments."""
    own = transform.own(frames(world), moments(with_midnights([cutoff])), None)
    done = transform.finish(own, transform.population(own))
    built: pd.DataFrame = connect(1).execute(done.filter(done.as_of == cutoff))
    return built
