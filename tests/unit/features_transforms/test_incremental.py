"""Features from sums of the past and what came since equal those of the whole history."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from features.engine import connect
from features.transforms.base import WINDOWS
from features.transforms.categories import POLICY
from features.transforms.lifetime import Lifetime
from features.transforms.state import state_at
from tests.unit.features_transforms.comparing import (
    assert_same,
    categories_of,
    features_of,
    slow,
    slow_categories,
)
from tests.unit.features_transforms.drawn_moments import TICK, cutoffs_drawn, midnight
from tests.unit.features_transforms.histories import CUSTOMERS, few, worlds
from tests.unit.features_transforms.records import Line
from tests.unit.features_transforms.worlds import World, frames

DAYS = st.sampled_from((0, 1, 45)).map(lambda days: timedelta(days=days))


@st.composite
def checkpointed(
    draw: st.DrawFn, *, late: bool
) -> tuple[World, list[datetime], datetime, datetime]:
    """Draw a world, cutoffs, a midnight before their longest window and one before that.

    What happened before the later midnight was told before the first cutoff is looked at.
    """
    cutoffs = draw(cutoffs_drawn(2, apart=100))
    first = midnight(min(cutoffs))
    checkpoint = first - timedelta(days=WINDOWS.habit) - draw(DAYS)
    # The sums should hold something: a cutoff that is not asked draws events near the checkpoint.
    world = draw(worlds([*cutoffs, checkpoint + timedelta(days=7)], late=late))
    lines = [_told_before(line, first) if line.at < checkpoint else line for line in world.lines]
    lines += [Line("at", name, checkpoint) for name in CUSTOMERS[::2]]
    lines += [Line("just before", name, checkpoint - TICK) for name in CUSTOMERS[::3]]
    return replace(world, lines=lines), cutoffs, checkpoint, checkpoint - draw(DAYS)


def _told_before(line: Line, first: datetime) -> Line:
    is_late = line.ingested_at is not None and line.ingested_at >= first
    return replace(line, ingested_at=first - timedelta(hours=1)) if is_late else line


def _since(world: World, moment: datetime) -> World:
    return replace(world, lines=[line for line in world.lines if line.at >= moment])


def _kept(con: Any, state: Lifetime, name: str) -> Lifetime:
    """Return the sums as tables, as a checkpoint keeps them."""
    return Lifetime(
        **{
            part: con.create_table(f"{name}_{part}", rows, temp=True)
            for part, rows in state.tables().items()
        }
    )


def _check(world: World, cutoffs: Sequence[datetime], moments: Sequence[datetime]) -> None:
    con, told = connect(1), any(line.ingested_at for line in world.lines)
    state, before = None, world
    for number, moment in enumerate(moments):
        tables = frames(before, told=told)
        state = _kept(con, state_at(tables, moment, state), f"state_{number}")
        before = _since(world, moment)
    tables = frames(before, told=told)
    found = features_of(tables, cutoffs, state, con)
    assert_same(found, slow(world, cutoffs))
    candidates = categories_of(tables, cutoffs, state, con)
    assert_same(candidates, slow_categories(world, cutoffs, POLICY))


@given(checkpointed(late=True))
@few(2)
def test_sums_of_the_past_and_lines_told_late_since(
    drawn: tuple[World, list[datetime], datetime, datetime],
) -> None:
    world, cutoffs, checkpoint, _ = drawn
    _check(world, cutoffs, [checkpoint])


@given(checkpointed(late=False))
@few(2)
def test_sums_that_start_from_earlier_sums(
    drawn: tuple[World, list[datetime], datetime, datetime],
) -> None:
    world, cutoffs, checkpoint, earlier = drawn
    _check(world, cutoffs, [earlier, checkpoint])
