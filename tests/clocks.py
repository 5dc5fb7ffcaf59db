"""A clock that tests move."""

from datetime import datetime, timedelta

from features.clock import now


class Clock:
    """Says the same moment until it is moved; begins now."""

    def __init__(self) -> None:
        self.at = now()

    def __call__(self) -> datetime:
        return self.at

    def move(self, **by: float) -> None:
        self.at += timedelta(**by)
