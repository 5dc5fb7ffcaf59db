"""What a check of the data says: one sentence, where it is true, and what to do about it."""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import StrEnum


class Level(StrEnum):
    """Nothing to do, worth a look, or to be fixed before training."""

    OK = "ok"
    WARNING = "warning"
    PROBLEM = "problem"


class Topic(StrEnum):
    """What a finding is about, in the order a shop reads it."""

    HISTORY = "history"
    CUSTOMERS = "customers"
    LABELS = "labels"
    MISSING = "missing"
    RANGES = "ranges"
    LEAKS = "leaks"


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing found, in plain words.

    Attributes
    ----------
    what
        A sentence without a full stop.
    where
        The tables, columns, features, models or dates it is true of.
    todo
        What the shop can do about it; empty where there is nothing to do.
    """

    topic: Topic
    level: Level
    what: str
    where: str = ""
    todo: str = ""


def ranked(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """Return the findings with the worst first, then by topic; equal ones keep their order."""
    worst, topics = list(reversed(Level)), list(Topic)
    return tuple(sorted(findings, key=lambda f: (worst.index(f.level), topics.index(f.topic))))


def listed(names: Sequence[str], most: int) -> str:
    """Join names with commas; what comes after the first `most` is counted."""
    more = len(names) - most
    return ", ".join(names) if more <= 0 else f"{', '.join(names[:most])} and {more:,} more"


def counted(count: int, one: str) -> str:
    """Return "1 row", "2 rows"."""
    return f"{count:,} {one}" if count == 1 else f"{count:,} {one}s"


def percent(share: float) -> str:
    """Return a share of 0 to 1 as "12.3 %"; what is not nothing never reads as 0."""
    return "below 0.1 %" if 0 < share < 0.001 else f"{100 * share:.1f} %"
