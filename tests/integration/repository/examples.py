"""Records the repository tests start from."""

from datetime import UTC, datetime, timedelta

from service.crm.retention import Action
from service.crm.routing import Route
from service.crm.staff import Staff
from service.crm.tasks import Task, task_id
from service.repository.records import Work
from service.repository.rows import LeadRecord

AS_OF = datetime(2018, 1, 1, tzinfo=UTC)
TEAM = [
    Staff("g1", "1", "guide", "Store 1 guide 1", 20),
    Staff("g2", "2", "guide", "Store 2 guide 2", 20),
    Staff("m1", "1", "manager", "Store 1 manager", 10),
]


def lead(lead_id: str, days: int = 0, **facts: object) -> LeadRecord:
    """Return a lead captured `days` after `AS_OF`."""
    return LeadRecord(lead_id, AS_OF + timedelta(days=days), "campaign", **facts)  # type: ignore[arg-type]


def route(lead_id: str, staff_id: str | None = "g1") -> Route:
    """Return a route to a guide of store 1."""
    return Route(lead_id, staff_id, "1" if staff_id else None, "has the most room", "routing-1")


def task(customer_id: str | None, *, due_in: int = 3, **changes: object) -> Task:
    """Return an open retention task."""
    facts: dict[str, object] = {
        "task_id": task_id("retention", customer_id, None, AS_OF),
        "rule": "retention",
        "customer_id": customer_id,
        "lead_id": None,
        "staff_id": "g1",
        "store_id": "1",
        "as_of": AS_OF,
        "due_at": AS_OF + timedelta(days=due_in),
        "title": f"Call customer {customer_id}",
        "reason": "silent for long",
        "policy_version": "retention-1",
    }
    return Task(**facts | changes)  # type: ignore[arg-type]


def action(customer_id: str, rank: int, group: str = "treatment") -> Action:
    """Return one member of a retention list."""
    return Action(customer_id, rank, group, "1", 80.0, "silent for long", "retention-1")  # type: ignore[arg-type]


def seed(work: Work) -> None:
    """Add the team and two leads."""
    work.staff.add_missing(TEAM)
    work.leads.add(lead("L1"))
    work.leads.add(lead("L2"))
