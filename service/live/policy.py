"""How the worker paces itself."""

from dataclasses import dataclass
from datetime import timedelta


@dataclass(frozen=True, slots=True)
class WorkerPolicy:
    """Pace of the worker; seconds unless said otherwise.

    Attributes
    ----------
    poll
        Pause before the inbox is looked at again when nothing waited.
    batch
        Events folded at once, at most.
    flush_after, flush_events
        Events go to the lake when the first of them has waited this long, or there are this many:
        each flush makes a file a table, so a small shop should not flush at every event.
    flush_batch
        Events read at once while flushing.
    catch_up
        How often rows that others brought into the lake, such as an import, are looked for.
    look
        How often the turn is looked at, and tried for while another has it.
    rest, rest_most
        Pause after a failure of the database, the lake or the online store; twice as long after
        each further one, up to the most: starting anew reads the lake.
    forget_every
        How often events that are old enough are forgotten.
    keep
        How long an event that is in the lake stays known by its id.
    """

    poll: float = 0.05
    batch: int = 500
    flush_after: float = 60.0
    flush_events: int = 20_000
    flush_batch: int = 5_000
    catch_up: float = 5.0
    look: float = 1.0
    rest: float = 1.0
    rest_most: float = 8.0
    forget_every: float = 3_600.0
    keep: timedelta = timedelta(days=30)


POLICY = WorkerPolicy()
