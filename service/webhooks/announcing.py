"""Putting what happened into the outbox, in the transaction that makes it happen."""

from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

import ibis

from features.clock import utc
from models_registry.score_log import ScoreLog
from service.crm.tasks import Task
from service.repository.records import Records, Work
from service.webhooks.events import (
    BandChanged,
    DriftDetected,
    EventType,
    ScoreBefore,
    band_changed,
    drift_detected,
    lead_routed,
    tasks_created,
)

_AT_ONCE = 10_000
_COLUMNS = ("customer_id", "as_of", "model_version", "value", "band")


def announce_routes(work: Work, lead_ids: Collection[str], at: datetime) -> int:
    """Tell to whom leads were routed, as it is stored; return how many deliveries wait."""
    if not work.endpoints.of(EventType.LEAD_ROUTED):
        return 0
    stored = ((work.leads.get(each), work.assignments.of_lead(each)) for each in lead_ids)
    told = [lead_routed(lead, given) for lead, given in stored if lead and given]
    return work.outbox.add(told, at)


def announce_tasks(work: Work, tasks: Sequence[Task], at: datetime) -> int:
    """Tell of new tasks; return how many deliveries wait."""
    return work.outbox.add(tasks_created(tasks, at), at)


def announce_bands(
    work: Work, log: ScoreLog, models: Collection[str], as_of: datetime, at: datetime
) -> int:
    """Tell whose band differs between the batch of a moment and the one before.

    A night of the past, run after a later one, tells nothing: nobody's band changes by it now.

    Returns
    -------
    int
        How many deliveries wait.
    """
    if not work.endpoints.of(EventType.BAND_CHANGED):
        return 0
    found = 0
    for model in models:
        for some in _changes(log, model, as_of):
            found += work.outbox.add([band_changed(each, at) for each in some], at)
    return found


def announce_drift(records: Records, told: DriftDetected, at: datetime) -> int:
    """Tell that scores can no longer be believed; return how many deliveries wait."""
    with records.transaction() as work:
        return work.outbox.add([drift_detected(told, at)], at)


def _changes(log: ScoreLog, model: str, as_of: datetime) -> Iterator[list[BandChanged]]:
    """Give the changes a batch made, many at a time."""
    batches = log.batches(model)
    before = [batch for batch in batches if batch[0] < as_of]
    if not before or batches[-1][0] != as_of:
        return
    new = log.batch(model, as_of).select(*_COLUMNS)
    old = log.batch(model, *before[-1]).select(*_COLUMNS)
    # Through a table in memory: each batch opens an engine of its own, and engines cannot join.
    earlier = ibis.memtable(old.to_pyarrow())
    both = new.join(earlier, "customer_id", rname="{name}_before")
    # A null on either side is no change: there was, or is, nothing to say.
    changed = both.filter(both.band != both.band_before).order_by("customer_id")
    for some in changed.to_pyarrow().to_batches(max_chunksize=_AT_ONCE):
        yield [_change(model, row) for row in some.to_pylist()]


def _change(model: str, row: dict[str, Any]) -> BandChanged:
    return BandChanged(
        customer_id=row["customer_id"],
        model=model,
        model_version=row["model_version"],
        as_of=utc(row["as_of"]),
        value=row["value"],
        band=row["band"],
        previous=ScoreBefore(
            model_version=row["model_version_before"],
            as_of=utc(row["as_of_before"]),
            value=row["value_before"],
            band=row["band_before"],
        ),
    )
