"""The set-based features equal those computed one customer at a time by their definitions."""

from datetime import datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from features.catalog import FEATURES
from features.transforms import categories
from features.transforms.categories import CandidatePolicy
from tests.unit.features_transforms.comparing import (
    assert_same,
    fast,
    fast_categories,
    slow,
    slow_categories,
)
from tests.unit.features_transforms.drawn_moments import cutoffs_drawn
from tests.unit.features_transforms.histories import few, worlds
from tests.unit.features_transforms.reference_peers import OWN, PEERS
from tests.unit.features_transforms.worlds import World


@st.composite
def told_late(draw: st.DrawFn) -> tuple[World, list[datetime]]:
    cutoffs = draw(cutoffs_drawn())
    return draw(worlds(cutoffs)), cutoffs


@st.composite
def told_at_once(draw: st.DrawFn) -> tuple[World, list[datetime]]:
    cutoffs = draw(cutoffs_drawn())
    return draw(worlds(cutoffs, late=False)), cutoffs


def test_every_feature_of_the_catalogue_has_a_definition() -> None:
    assert set(FEATURES) == {*OWN, *PEERS}


@given(told_late())
@few(3)
def test_features_are_those_of_the_definitions(drawn: tuple[World, list[datetime]]) -> None:
    world, cutoffs = drawn
    assert_same(fast(world, cutoffs), slow(world, cutoffs))


@given(told_at_once())
@few(3)
def test_features_of_a_lake_that_never_says_when_it_was_told(
    drawn: tuple[World, list[datetime]],
) -> None:
    world, cutoffs = drawn
    assert_same(fast(world, cutoffs, told=False), slow(world, cutoffs))


@given(told_late() | told_at_once(), st.booleans())
@few(3)
def test_candidates_are_those_of_the_definitions(
    drawn: tuple[World, list[datetime]], generous: bool
) -> None:
    world, cutoffs = drawn
    policy = CandidatePolicy() if generous else CandidatePolicy(popular=2, at_most=3)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(categories, "POLICY", policy)
        found = fast_categories(world, cutoffs)
    assert_same(found, slow_categories(world, cutoffs, policy))
