"""Random moments, bent towards those where definitions differ."""

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

from hypothesis import strategies as st

from features.clock import naive

TICK = timedelta(microseconds=1)

# Leap days, nights of 23 and of 25 hours in New York and Berlin, ends of months and of a year.
BASES = tuple(
    naive(datetime(*day, tzinfo=UTC))
    for day in (
        (2016, 2, 29),
        (2020, 2, 29),
        (2017, 3, 12),
        (2017, 11, 5),
        (2019, 3, 31),
        (2018, 10, 28),
        (2018, 1, 1),
        (2021, 3, 1),
    )
)
_HOURS = (
    timedelta(0),
    TICK,
    timedelta(hours=2, minutes=30),
    timedelta(hours=5),
    timedelta(hours=12),
    timedelta(hours=18),
    timedelta(days=1) - TICK,
)
_WINDOWS = (0, 7, 30, 60, 90, 180)
_EDGES = tuple(timedelta(days=days) + tick for days in _WINDOWS for tick in (-TICK, 0 * TICK, TICK))
DELAYS = tuple(
    timedelta(hours=hours) for hours in (-48, 0, 1, 5, 24, 24 * 8, 24 * 31, 24 * 100, 24 * 500)
)
_AGES = st.sampled_from(_EDGES) | st.builds(
    lambda days, hours: timedelta(days=days) - hours, st.integers(0, 420), st.sampled_from(_HOURS)
)


@st.composite
def cutoffs_drawn(draw: st.DrawFn, count: int = 4, *, apart: int = 200) -> list[datetime]:
    """Draw cutoffs, in any order, within `apart` days; now and then one of them twice."""
    base = draw(st.sampled_from(BASES))
    moment = st.builds(
        lambda days, hours: base + timedelta(days=days) + hours,
        st.sampled_from((0, 1, 7, 30, 90, apart)),
        st.sampled_from(_HOURS),
    )
    found = draw(st.lists(moment, min_size=count, max_size=count))
    return [base, *found]


def midnight(cutoff: datetime) -> datetime:
    """Return the last midnight (UTC) at or before `cutoff`."""
    return cutoff.replace(hour=0, minute=0, second=0, microsecond=0)


def near(cutoffs: Sequence[datetime]) -> st.SearchStrategy[datetime]:
    """Draw a moment that some cutoff can just see, or just not, or a little further off."""
    return st.builds(lambda cutoff, age: cutoff - age, st.sampled_from(cutoffs), _AGES)
