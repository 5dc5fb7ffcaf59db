"""Calls in memory are counted as the library counts them, and forgotten."""

from unittest.mock import patch

from hypothesis import given
from hypothesis import strategies as st
from limits.storage import MemoryStorage

from service.rate_windows import Windows

WINDOW = 10
STEP = 0.7  # seconds; no number of them makes a window, at whose very end the library disagrees

calls = st.lists(
    st.tuples(
        st.integers(min_value=1, max_value=8),  # steps since the call before
        st.sampled_from(["a", "b"]),
        st.integers(min_value=1, max_value=3),
    ),
    max_size=40,
)


@given(calls, st.integers(min_value=1, max_value=6))
def test_calls_are_let_through_and_counted_as_the_library_does(
    made: list[tuple[int, str, int]], limit: int
) -> None:
    ours, theirs, now = Windows(sweep_seconds=15), MemoryStorage(), 1_000.0
    theirs.timer.join()  # its thread reads the clock as well
    with patch("time.time", lambda: now), patch.object(theirs, "timer"):
        for after, key, amount in made:
            now += after * STEP
            passed = theirs.acquire_entry(key, limit, WINDOW, amount)
            assert ours.acquire_entry(key, limit, WINDOW, amount) is passed
            oldest, held = ours.get_moving_window(key, limit, WINDOW)
            theirs_oldest, theirs_held = theirs.get_moving_window(key, limit, WINDOW)
            assert held == theirs_held
            assert oldest == theirs_oldest or not held


def test_keys_that_are_quiet_take_no_room() -> None:
    windows, now = Windows(sweep_seconds=60), 1_000.0
    with patch("time.time", lambda: now):
        for number in range(50):
            windows.acquire_entry(str(number), 5, WINDOW)
        now += 60
        windows.acquire_entry("another", 5, WINDOW)
        assert list(windows._windows) == ["another"]
        assert windows.get_moving_window("0", 5, WINDOW) == (now, 0)
