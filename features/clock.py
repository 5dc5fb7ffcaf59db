"""Time: aware UTC in Python, naive UTC microseconds in files and engines."""

from datetime import UTC, datetime


def utc(moment: datetime) -> datetime:
    """Return `moment` as aware UTC; a naive one is taken to be UTC already."""
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


def naive(moment: datetime) -> datetime:
    """Return `moment` in UTC without its zone, as files and engines store it."""
    return utc(moment).replace(tzinfo=None)


def now() -> datetime:
    """Return this moment in aware UTC."""
    return datetime.now(UTC)
