"""The night: features, scores, leads, the retention list and its tasks. A rerun adds nothing."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from time import perf_counter
from typing import TypeVar

from features.clock import utc
from service import night_steps as steps
from service.audit import at_the_machine
from service.bootstrap import App
from service.demo_staff import demo_staff
from service.policy_audit import note_policies

Progress = Callable[[float], None]
Result = TypeVar("Result")

_STEPS = 10


@dataclass(frozen=True, slots=True)
class Step:
    """One step of the night: what it counted and how long it took."""

    name: str
    count: int
    seconds: float


@dataclass(frozen=True, slots=True)
class NightlyReport:
    """What the night did; counts are of things built, scored or added."""

    as_of: datetime
    steps: tuple[Step, ...]

    def count(self, name: str) -> int:
        """Return the count of a step; KeyError if there was none of this name."""
        return {step.name: step.count for step in self.steps}[name]


def nightly(
    app: App,
    as_of: datetime | None = None,
    *,
    ensure_staff: bool = False,
    progress: Progress | None = None,
) -> NightlyReport:
    """Run the night of `as_of`.

    Parameters
    ----------
    as_of
        The moment to look from; None takes the midnight at or before the newest order.
    ensure_staff
        Make a manager and three guides for stores that have nobody.
    progress
        Called with the share done, 0 to 1.

    Raises
    ------
    TableMissingError, CutoffError
        There are no orders, or `as_of` lies outside them.
    NoChampionError
        No model of customers has a champion.
    """
    note_policies(app.audit, app.policies, at_the_machine("nightly"))
    night = _Clocked(progress or _silent)
    night.step("events into the lake", lambda: steps.settle_events(app), int)
    moment = utc(as_of) if as_of else app.lake.today()
    night.step("leads into the lake", lambda: steps.push_leads(app), int)
    leads = app.lake_reader.open_leads(moment, app.policies.night.lead_days)
    cutoffs = steps.cutoffs(app, moment, leads)
    night.step("cutoffs built", lambda: app.store.build(cutoffs), lambda report: report.built)
    night.step("customers materialized", lambda: app.store.materialize(moment), int)
    batches = night.step(
        "customer scores logged",
        lambda: steps.score_customers(app, moment),
        lambda found: sum(len(batch.scores) for batch in found.values() if batch.added),
    )
    scores = night.step("open leads scored", lambda: steps.score_leads(app, leads, moment), len)
    homes = app.lake_reader.home_stores(moment)
    # All that the night decides appears at once or not at all.
    with app.records.transaction() as work:
        if ensure_staff:
            stores = {*homes.values(), *(lead.store_id for lead in leads if lead.store_id)}
            night.step("staff added", lambda: work.staff.add_missing(demo_staff(stores)), int)
        night.step("leads routed", lambda: steps.route_leads(app, work, leads, scores, moment), int)
        _, tasks = night.step(
            "customers listed",
            lambda: steps.list_customers(app, work, batches, homes, moment),
            lambda added: added[0],
        )
        night.step("retention tasks added", lambda: tasks, int)
        night.step("band changes told", lambda: steps.tell_bands(app, work, batches, moment), int)
    return NightlyReport(moment, tuple(night.done))


class _Clocked:
    """Runs steps, and remembers what each counted and how long it took."""

    def __init__(self, progress: Progress) -> None:
        self.done: list[Step] = []
        self._progress = progress

    def step(self, name: str, work: Callable[[], Result], count: Callable[[Result], int]) -> Result:
        began = perf_counter()
        result = work()
        self.done.append(Step(name, count(result), perf_counter() - began))
        self._progress(min(1.0, len(self.done) / _STEPS))
        return result


def _silent(_: float) -> None:
    return None
