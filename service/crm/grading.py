"""The letter a lead gets: a fixed cut of its percentile."""

from dataclasses import dataclass
from typing import Literal

Letter = Literal["A", "B", "C", "D"]


@dataclass(frozen=True, slots=True)
class GradePolicy:
    """Where the letters begin.

    Attributes
    ----------
    cuts
        Letters from best to worst with the percentile (0 to 100) each begins at.
    below
        The letter under all cuts.
    unscored
        The letter of a lead without a percentile: neither first nor last in the queue.
    """

    version: str = "grading-1"
    cuts: tuple[tuple[Letter, float], ...] = (("A", 90.0), ("B", 70.0), ("C", 40.0))
    below: Letter = "D"
    unscored: Letter = "C"


@dataclass(frozen=True, slots=True)
class Grade:
    """A letter and why it was given."""

    letter: Letter
    reason: str
    policy_version: str


def grade(percentile: float | None, policy: GradePolicy) -> Grade:
    """Return the grade of a lead.

    Parameters
    ----------
    percentile
        Share (0 to 100) of comparable leads that score no better; None or NaN if not scored.
    """
    if percentile is None or percentile != percentile:
        reason = f"not scored; graded {policy.unscored} until it is"
        return Grade(policy.unscored, reason, policy.version)
    letter = next((name for name, lower in policy.cuts if percentile >= lower), policy.below)
    return Grade(letter, f"scores above {percentile:.0f} % of leads", policy.version)
