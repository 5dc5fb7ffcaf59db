"""When a shop was told of what had happened: at once, before, or late."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from hypothesis import strategies as st

from tests.unit.features_transforms.drawn_moments import DELAYS, TICK, midnight
from tests.unit.features_transforms.records import Contact, Interaction, Line, Ticket

Told = TypeVar("Told", Line, Contact, Interaction, Ticket)


@st.composite
def told(draw: st.DrawFn, records: Sequence[Told], cutoffs: Sequence[datetime]) -> list[Told]:
    """Draw when each record was told: as it happened, before it, or later."""
    found = []
    for record in records:
        delayed = st.sampled_from(DELAYS).map(record.at.__add__)
        edge = st.sampled_from([moment - tick for moment in cutoffs for tick in (0 * TICK, TICK)])
        found.append(replace(record, ingested_at=draw(st.none() | delayed | edge)))
    return found


@st.composite
def in_time(draw: st.DrawFn, lines: Sequence[Line], cutoffs: Sequence[datetime]) -> list[Line]:
    """Draw the same receipts told before they happened, or late but before the next cutoff."""
    asked = {*cutoffs, *(midnight(cutoff) for cutoff in cutoffs)}
    found = []
    for line in lines:
        told_at = line.ordered_at + draw(st.sampled_from(DELAYS[:4]))
        missed = any(line.ordered_at < cutoff <= told_at for cutoff in asked)
        found.append(replace(line, ingested_at=None if missed else told_at))
    return found


@st.composite
def split(draw: st.DrawFn, lines: Sequence[Line], cutoffs: Sequence[datetime]) -> list[Line]:
    """Draw the same receipts told late, one of them after a cutoff that it precedes, if any."""
    found = draw(told(lines, cutoffs))
    for place, line in enumerate(found):
        if line.ordered_at < max(cutoffs):
            since = min(cutoff for cutoff in cutoffs if cutoff > line.ordered_at)
            found[place] = replace(line, ingested_at=since + draw(st.sampled_from(DELAYS[1:])))
            break
    return found
