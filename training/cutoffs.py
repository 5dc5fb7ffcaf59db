"""Which moments to learn from, to calibrate on and to be measured at."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from features.errors import CutoffError
from training.config import Windows


@dataclass(frozen=True)
class Plan:
    """Cutoffs in order of time; every window of train and valid closes before test begins.

    Attributes
    ----------
    between
        Cutoffs after train whose windows reach into those of valid: only the last fit, which
        does not ask valid any more, learns from them.
    apart
        Whether train windows also close before valid begins. A short history gives that up.
    """

    train: tuple[datetime, ...]
    between: tuple[datetime, ...]
    valid: tuple[datetime, ...]
    test: tuple[datetime, ...]
    apart: bool

    @property
    def all(self) -> tuple[datetime, ...]:
        """Every cutoff, oldest first."""
        return self.train + self.between + self.valid + self.test


def plan(windows: Windows, first: datetime, today: datetime) -> Plan:
    """Lay cutoffs backwards from `today`, on one grid of steps.

    On one grid models with different horizons share their features, and weekly steps give every
    cutoff the weekday of today.

    Parameters
    ----------
    first
        The oldest moment of the data.
    today
        Outcomes up to here are known.

    Raises
    ------
    CutoffError
        The history is too short for one train, one valid and one test cutoff.
    """
    horizon = timedelta(days=windows.horizon_days)
    start = first + timedelta(days=windows.warm_up_days)
    grid = _grid(start, today, timedelta(days=windows.step_days))
    test = _until(grid, today - horizon)[-windows.test_cutoffs :]
    before_test = _until(grid, test[0] - horizon) if test else ()
    older, valid = before_test[: -windows.valid_cutoffs], before_test[-windows.valid_cutoffs :]
    train = _until(older, valid[0] - horizon) if valid else ()
    if len(train) >= windows.least_train_cutoffs:
        return Plan(train, older[len(train) :], valid, test, apart=True)
    if older:
        return Plan(older, (), valid, test, apart=False)
    needed = windows.warm_up_days + 2 * windows.horizon_days + 3 * windows.step_days
    raise CutoffError(
        f"The history is too short to learn and test a {windows.horizon_days}-day outcome",
        where=f"{first:%Y-%m-%d} to {today:%Y-%m-%d}",
        todo=f"Import at least {needed} days of orders.",
    )


def closed(windows: Windows, first: datetime, today: datetime) -> tuple[datetime, ...]:
    """Return every cutoff of that grid whose outcome is known.

    Raises
    ------
    CutoffError
        Not even one window has closed.
    """
    found = watched(windows, first, today, today, windows.horizon_days)
    if found:
        return found
    needed = windows.warm_up_days + windows.horizon_days + windows.step_days
    raise CutoffError(
        f"The history is too short: no {windows.horizon_days}-day outcome is known yet",
        where=f"{first:%Y-%m-%d} to {today:%Y-%m-%d}",
        todo=f"Import at least {needed} days of orders.",
    )


def watched(
    windows: Windows, first: datetime, today: datetime, until: datetime, least_days: int
) -> tuple[datetime, ...]:
    """Return the cutoffs of that grid after which at least `least_days` lie before `until`."""
    start = first + timedelta(days=windows.warm_up_days)
    grid = _grid(start, today, timedelta(days=windows.step_days))
    return _until(grid, until - timedelta(days=least_days))


def _grid(start: datetime, today: datetime, step: timedelta) -> tuple[datetime, ...]:
    count = (today - start) // step + 1 if today >= start else 0
    return tuple(today - place * step for place in reversed(range(count)))


def _until(grid: tuple[datetime, ...], newest: datetime) -> tuple[datetime, ...]:
    return tuple(cutoff for cutoff in grid if cutoff <= newest)
