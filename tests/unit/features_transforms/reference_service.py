"""What the customer needed help with, by definition."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from tests.unit.features_transforms.records import Ticket
from tests.unit.features_transforms.reference import DAY, Definition, Known, told
from tests.unit.features_transforms.reference_formulas import mean


@dataclass(frozen=True)
class Case:
    """One service case, as its newest state tells of it."""

    opened_at: datetime
    ticket_id: str
    newest: Ticket


def as_known(state: Ticket, cutoff: datetime) -> Ticket:
    """Return a state without what came after the cutoff, which leaves its opening."""
    if state.closed_at is None or state.closed_at < cutoff:
        return state
    return replace(state, closed_at=None, satisfaction=None, nps=None, ingested_at=None)


def newness(state: Ticket) -> tuple[datetime, bool, datetime, float, float]:
    """Return what the newest state of a case has most of."""
    closed_at = state.closed_at or state.opened_at
    satisfaction = -1.0 if state.satisfaction is None else state.satisfaction
    nps = -1.0 if state.nps is None else state.nps
    return max(told(state), closed_at), state.closed_at is not None, closed_at, satisfaction, nps


def cases(known: Known) -> list[Case] | None:
    """Return the service cases, oldest first; None where none are recorded."""
    if known.tickets is None:
        return None
    found = []
    for name in {state.ticket_id for state in known.tickets}:
        states = [as_known(x, known.cutoff) for x in known.tickets if x.ticket_id == name]
        opened_at = min(state.opened_at for state in states)
        found.append(Case(opened_at, name, max(states, key=newness)))
    return sorted(found, key=lambda case: (case.opened_at, case.ticket_id))


def count(found: Sequence[object] | None) -> float:
    return math.nan if found is None else len(found)


def recent(known: Known) -> list[Case] | None:
    every = cases(known)
    return every and [case for case in every if known.age(case.opened_at) <= 90]


def still_open(known: Known) -> list[Case] | None:
    every = cases(known)
    return every and [case for case in every if case.newest.closed_at is None]


def days_to_close(known: Known) -> list[float]:
    return [
        (case.newest.closed_at - case.opened_at) / DAY
        for case in cases(known) or ()
        if case.newest.closed_at is not None
    ]


def grades(known: Known) -> list[float]:
    found = [case.newest.satisfaction for case in cases(known) or ()]
    return [grade for grade in found if grade is not None]


def promoter_scores(known: Known) -> list[float]:
    """Return the scores given, in the order in which the cases were opened."""
    return [case.newest.nps for case in cases(known) or () if case.newest.nps is not None]


FEATURES: Mapping[str, Definition] = {
    "tickets_90d": lambda known: count(recent(known)),
    "open_tickets": lambda known: count(still_open(known)),
    "days_since_ticket": lambda known: min(
        (known.age(case.opened_at) for case in cases(known) or ()), default=math.nan
    ),
    "resolution_days_mean": lambda known: mean(days_to_close(known)),
    "satisfaction_mean": lambda known: mean(grades(known)),
    "nps_last": lambda known: mean(promoter_scores(known)[-1:]),
}
