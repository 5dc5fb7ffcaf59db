"""How jobs are cut, leased and kept."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class JobPolicy:
    """Pace of jobs.

    Attributes
    ----------
    part
        Items scored, written and counted at once: what a killed process has to do again at most.
    lease
        How long a job is its owner's without a sign of life; another then goes on with it.
    beat
        How often an owner at work gives a sign of life.
    poll
        Seconds until the line is looked at again when nothing waited.
    rest
        Seconds of pause after a failure of the database, the disk or the online store.
    attempts
        A job taken so often without finishing one part more has failed.
    keep
        How long a job that is at its end stays, with its files.
    sweep_every
        Seconds between two looks for what has expired.
    """

    part: int = 1_000
    lease: timedelta = timedelta(seconds=30)
    beat: timedelta = timedelta(seconds=5)
    poll: float = 0.5
    rest: float = 1.0
    attempts: int = 5
    keep: timedelta = timedelta(days=7)
    sweep_every: float = 600.0


POLICY = JobPolicy()
