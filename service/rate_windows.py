"""The calls of a moving window in memory, as `limits` counts them."""

import time
from collections import deque
from dataclasses import dataclass, field
from threading import Lock

from limits.storage import MemoryStorage


@dataclass(slots=True)
class _Window:
    """Moments of calls, the oldest first, and when the newest of them counts no longer."""

    calls: deque[float] = field(default_factory=deque)
    until: float = 0.0


class Windows(MemoryStorage):
    """Counts as the library's own store does, without its thread.

    That one starts a thread to forget old calls at almost every call, which took an eighth of the
    work of a request that is scored; here a call forgets the old ones of its key, and now and then
    keys nobody uses any more.

    Parameters
    ----------
    sweep_seconds
        How often keys are forgotten.
    """

    def __init__(self, sweep_seconds: float) -> None:
        super().__init__()
        self._sweep_seconds = sweep_seconds
        self._sweep_at = 0.0
        self._windows: dict[str, _Window] = {}
        self._lock = Lock()

    def acquire_entry(self, key: str, limit: int, expiry: int, amount: int = 1) -> bool:
        """Count `amount` calls now, unless there would be more than `limit` in the window."""
        now = time.time()
        with self._lock:
            self._sweep(now)
            window = self._windows.setdefault(key, _Window())
            _forget(window.calls, now - expiry)
            if len(window.calls) + amount > limit:
                return False
            window.calls.extend([now] * amount)
            window.until = now + expiry
            return True

    def get_moving_window(self, key: str, limit: int, expiry: int) -> tuple[float, int]:
        """Return the moment of the oldest call in the window (now without one), and how many."""
        now = time.time()
        with self._lock:
            window = self._windows.get(key)
            if window is None:
                return now, 0
            _forget(window.calls, now - expiry)
            return (window.calls[0] if window.calls else now), len(window.calls)

    def _sweep(self, now: float) -> None:
        if now >= self._sweep_at:
            self._sweep_at = now + self._sweep_seconds
            old = [key for key, window in self._windows.items() if window.until <= now]
            for key in old:
                del self._windows[key]


def _forget(calls: deque[float], before: float) -> None:
    while calls and calls[0] < before:
        calls.popleft()
