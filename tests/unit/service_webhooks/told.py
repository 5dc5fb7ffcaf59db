"""One event of each type, as the page on webhooks shows them; customers are simulated."""

from datetime import UTC, datetime

from service.crm.tasks import Task
from service.repository.rows import Assignment, LeadRecord
from service.webhooks.events import (
    BandChanged,
    DriftDetected,
    HookEvent,
    ScoreBefore,
    band_changed,
    drift_detected,
    lead_routed,
    tasks_created,
)

NIGHT, BEFORE = datetime(2017, 12, 30, tzinfo=UTC), datetime(2017, 12, 29, tzinfo=UTC)
AT = datetime(2017, 12, 30, 1, 12, 9, tzinfo=UTC)

TOLD: list[HookEvent] = [
    band_changed(
        BandChanged(
            customer_id="C00017",
            model="churn_60d",
            model_version="3",
            as_of=NIGHT,
            value=0.62,
            band="high",
            previous=ScoreBefore(model_version="3", as_of=BEFORE, value=0.34, band="medium"),
        ),
        AT,
    ),
    lead_routed(
        LeadRecord(
            "L0042",
            AT,
            "web",
            attributes={"phone": "13800000000"},
            value=0.31,
            grade="A",
            model_version="2",
        ),
        Assignment("L0042", "s1-guide-2", "1", "Store 1 guide 2 has room", "routing-1", AT),
    ),
    *tasks_created(
        [
            Task(
                task_id="task_0c9f5b7e1d4c2288aa01f33c",
                rule="retention",
                customer_id="C00017",
                lead_id=None,
                staff_id="s1-guide-2",
                store_id="1",
                as_of=NIGHT,
                due_at=datetime(2018, 1, 2, tzinfo=UTC),
                title="Call customer C00017, a regular who may be leaving",
                reason="silent for 16.5 times the usual interval",
                policy_version="retention-1",
            )
        ],
        AT,
    ),
    drift_detected(
        DriftDetected(
            model="churn_60d",
            model_version="3",
            as_of=NIGHT,
            share_drifted=0.375,
            columns=("recency_days", "gap_ratio"),
            current_rows=2400,
            reference_rows=19200,
        ),
        AT,
    ),
]
