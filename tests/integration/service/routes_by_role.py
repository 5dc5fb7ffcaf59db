"""What every route shows, and to which roles; worked out apart from the code that shows it."""

import csv
import io
from collections.abc import Callable
from dataclasses import dataclass
from threading import Event

from fastapi.testclient import TestClient
from httpx2 import Response

from service.bootstrap import App, build_job_runner
from service.champions import CUSTOMER_MODELS
from service.crm.permissions import Role, Scope
from service.crm.tasks import Task

STORE, GUIDE = "2", "2-guide-1"
NOBODY = "nobody-has-this-id"
ROLES: dict[Role, dict] = {
    Role.HEAD_OFFICE: {},
    Role.STORE_MANAGER: {"store_ids": [STORE], "staff_id": "2-manager"},
    Role.GUIDE: {"store_ids": [STORE], "staff_id": GUIDE},
    Role.MARKETER: {},
    Role.DATA_SCIENTIST: {},
    Role.SERVICE: {},
}


@dataclass(frozen=True)
class World:
    """A served home and a client of each role; what each should see is worked out apart."""

    app: App
    clients: dict[Role, TestClient]

    def tasks(self, role: Role) -> list[Task]:
        """Return the tasks a role should see."""
        with self.app.records.transaction(read_only=True) as work:
            tasks = work.tasks.page(limit=10_000)
        if role is Role.GUIDE:
            return [task for task in tasks if task.staff_id == GUIDE]
        limited = role is Role.STORE_MANAGER
        return [task for task in tasks if not limited or task.store_id == STORE]

    def customers(self, role: Role) -> set[str]:
        """Return the customers a role should see."""
        customers = self.app.lake.frame("customers")
        if role not in (Role.STORE_MANAGER, Role.GUIDE):
            return set(customers.customer_id)
        with self.app.records.transaction(read_only=True) as work:
            leads = {lead.lead_id: lead for lead in work.leads.page(limit=10_000)}
        held = {
            leads[task.lead_id].customer_id if task.lead_id else task.customer_id
            for task in self.tasks(role)
        }
        home = set(customers[customers.home_store_id == STORE].customer_id)
        return {who for who in held | (home if role is Role.STORE_MANAGER else set()) if who}

    def stranger(self, role: Role) -> str:
        """Return a customer the role does not see."""
        return min(self.customers(Role.HEAD_OFFICE) - self.customers(role))


@dataclass(frozen=True)
class Route:
    """How a route is asked, and what its answer shows.

    Attributes
    ----------
    scope
        What it needs; None needs no more than a key, `OPEN` not even that.
    ask
        Asks for one customer.
    everyone
        The ids an answer about everybody shows, beside those it should; None if it is of one.
    """

    ask: Callable[[TestClient, str], Response]
    scope: Scope | str | None
    everyone: Callable[[World, Role], tuple[set[str], set[str]]] | None = None
    of_one: bool = False


OPEN = "open"


def _at_risk(world: World, role: Role) -> tuple[set[str], set[str]]:
    page = world.clients[role].get("/v1/at-risk?limit=10000").json()
    rows = world.clients[role].get("/v1/at-risk?limit=10000&format=csv").text
    found = {row["customer_id"] for row in page["customers"]}
    assert found == {row["customer_id"] for row in csv.DictReader(io.StringIO(rows[1:]))}
    scored = set(world.app.score_log.batch("churn_60d").execute().customer_id)
    return found, world.customers(role) & scored


def _same_as_csv(client: TestClient, path: str, rows: list[dict], name: str) -> set[str]:
    """Return the ids of the rows, which the whole list as CSV, its pages and its total have too."""
    found = [row[name] for row in rows]
    whole = client.get(f"{path}?format=csv&total=true")
    assert whole.headers["X-Total-Count"] == str(len(found))
    assert sorted(found) == sorted(
        row[name] for row in csv.DictReader(io.StringIO(whole.text.removeprefix("\ufeff")))
    )
    paged, cursor = [], ""
    while cursor is not None:
        page = client.get(path, params={"limit": 7} | ({"cursor": cursor} if cursor else {})).json()
        paged += [row[name] for row in page[path.rpartition("/")[2]]]
        cursor = page["next_cursor"]
    assert sorted(paged) == sorted(found)
    return set(found)


def _customers(world: World, role: Role) -> tuple[set[str], set[str]]:
    client = world.clients[role]
    page = client.get("/v1/customers?limit=10000").json()
    found = _same_as_csv(client, "/v1/customers", page["customers"], "customer_id")
    scored = {
        who
        for model in CUSTOMER_MODELS
        if world.app.score_log.batches(model)
        for who in world.app.score_log.batch(model).execute().customer_id
    }
    return found, world.customers(role) & scored


def _leads(world: World, role: Role) -> tuple[set[str], set[str]]:
    client = world.clients[role]
    page = client.get("/v1/leads?limit=10000").json()
    found = _same_as_csv(client, "/v1/leads", page["leads"], "lead_id")
    with world.app.records.transaction(read_only=True) as work:
        every = work.leads.page(limit=10_000)
    limits = {
        Role.STORE_MANAGER: lambda lead: STORE in (lead.store_id, lead.assigned_store_id),
        Role.GUIDE: lambda lead: lead.staff_id == GUIDE,
    }
    within = limits.get(role, lambda _: True)
    return found, {lead.lead_id for lead in every if within(lead)}


def _asked(client: TestClient, *ids: str) -> str:
    """Return the job a client asks for; nobody has one."""
    answer = client.post("/v1/jobs/scores", json={"model": "churn_60d", "ids": list(ids)})
    return str(answer.json().get("job_id", NOBODY))


def done(client: TestClient, *ids: str) -> str:
    job_id = _asked(client, *ids)
    runner = build_job_runner(client.app.state.app)
    while runner.work(Event()):
        pass
    return job_id


def _hook(client: TestClient) -> str:
    body = {"url": "https://crm.example.com/hooks", "events": ["lead.routed"]}
    return str(client.post("/v1/webhooks", json=body).json().get("endpoint_id", NOBODY))


def _tasks(world: World, role: Role) -> tuple[set[str], set[str]]:
    found = world.clients[role].get("/v1/tasks?limit=1000").json()["tasks"]
    return {task["task_id"] for task in found}, {task.task_id for task in world.tasks(role)}


def searched(client: TestClient, customer: str) -> Response:
    phone = "13900001111" if customer == NOBODY else "13812345678"
    return client.post("/v1/contacts/search", json={"kind": "phone", "value": phone})


def captured(client: TestClient, customer: str) -> Response:
    body = {"source": "form", "store_id": STORE, "customer_id": customer}
    return client.post("/v1/leads", json=body)


HOOKS: dict[tuple[str, str], Route] = {
    ("POST", "/v1/webhooks"): Route(
        lambda c, _: c.post(
            "/v1/webhooks",
            json={"url": "https://crm.example.com/hooks", "events": ["task.created"]},
        ),
        Scope.ADMIN,
    ),
    ("GET", "/v1/webhooks"): Route(lambda c, _: c.get("/v1/webhooks"), Scope.ADMIN),
    ("GET", "/v1/webhooks/deliveries"): Route(
        lambda c, _: c.get("/v1/webhooks/deliveries"), Scope.ADMIN
    ),
    ("POST", "/v1/webhooks/deliveries/replay"): Route(
        lambda c, _: c.post("/v1/webhooks/deliveries/replay", json={"state": "dead"}), Scope.ADMIN
    ),
    ("PATCH", "/v1/webhooks/{endpoint_id}"): Route(
        lambda c, _: c.patch(f"/v1/webhooks/{_hook(c)}", json={"enabled": False}), Scope.ADMIN
    ),
    ("POST", "/v1/webhooks/{endpoint_id}/rotate"): Route(
        lambda c, _: c.post(f"/v1/webhooks/{_hook(c)}/rotate"), Scope.ADMIN
    ),
    ("DELETE", "/v1/webhooks/{endpoint_id}"): Route(
        lambda c, _: c.delete(f"/v1/webhooks/{_hook(c)}"), Scope.ADMIN
    ),
}
JOBS: dict[tuple[str, str], Route] = {
    ("POST", "/v1/jobs/scores"): Route(
        lambda c, who: c.post("/v1/jobs/scores", json={"model": "churn_60d", "ids": [who]}),
        Scope.SCORES_READ,
    ),
    ("GET", "/v1/jobs/{job_id}"): Route(
        lambda c, who: c.get(f"/v1/jobs/{_asked(c, who)}"), Scope.SCORES_READ
    ),
    ("DELETE", "/v1/jobs/{job_id}"): Route(
        lambda c, who: c.delete(f"/v1/jobs/{_asked(c, who)}"), Scope.SCORES_READ
    ),
    ("GET", "/v1/jobs/{job_id}/result"): Route(
        lambda c, who: c.get(f"/v1/jobs/{done(c, who)}/result"), Scope.SCORES_READ
    ),
    ("GET", "/v1/jobs/{job_id}/errors"): Route(
        lambda c, who: c.get(f"/v1/jobs/{done(c, who)}/errors"), Scope.SCORES_READ
    ),
}
ROUTES: dict[tuple[str, str], Route] = {
    **HOOKS,
    **JOBS,
    ("GET", "/v1/scores/{model}/{id}"): Route(
        lambda c, who: c.get(f"/v1/scores/churn_60d/{who}?explain=top_k"),
        Scope.SCORES_READ,
        of_one=True,
    ),
    ("POST", "/v1/scores/{model}/features"): Route(
        lambda c, who: c.post(
            "/v1/scores/churn_60d/features",
            json={"customers": [{"id": who, "features": {"recency_days": 3}}]},
        ),
        Scope.SCORES_READ,
    ),
    ("GET", "/v1/customers"): Route(
        lambda c, _: c.get("/v1/customers"), Scope.SCORES_READ, everyone=_customers
    ),
    ("GET", "/v1/leads"): Route(lambda c, _: c.get("/v1/leads"), Scope.LEADS_READ, everyone=_leads),
    ("POST", "/v1/scores/{model}"): Route(
        lambda c, who: c.post("/v1/scores/churn_60d", json={"ids": [who], "explain": "top_k"}),
        Scope.SCORES_READ,
        of_one=True,
    ),
    ("POST", "/v1/scores/churn/what-if"): Route(
        lambda c, who: c.post(
            "/v1/scores/churn/what-if", json={"customer_id": who, "changes": {"recency_days": 1}}
        ),
        Scope.SCORES_READ,
        of_one=True,
    ),
    ("GET", "/v1/customers/{customer_id}/scores"): Route(
        lambda c, who: c.get(f"/v1/customers/{who}/scores"), Scope.SCORES_READ, of_one=True
    ),
    ("GET", "/v1/customers/{customer_id}/scores/{model}/history"): Route(
        lambda c, who: c.get(f"/v1/customers/{who}/scores/churn_60d/history"),
        Scope.SCORES_READ,
        of_one=True,
    ),
    ("GET", "/v1/customers/{customer_id}/contacts"): Route(
        lambda c, who: c.get(f"/v1/customers/{who}/contacts"), Scope.CONTACTS_READ, of_one=True
    ),
    ("PUT", "/v1/customers/{customer_id}/contacts/{kind}"): Route(
        lambda c, who: c.put(f"/v1/customers/{who}/contacts/email", json={"value": "a@b.com"}),
        Scope.CONTACTS_WRITE,
        of_one=True,
    ),
    ("POST", "/v1/contacts/search"): Route(searched, Scope.CONTACTS_READ, of_one=True),
    ("GET", "/v1/at-risk"): Route(
        lambda c, _: c.get("/v1/at-risk"), Scope.SCORES_READ, everyone=_at_risk
    ),
    ("GET", "/v1/tasks"): Route(lambda c, _: c.get("/v1/tasks"), Scope.TASKS_READ, everyone=_tasks),
    ("POST", "/v1/events"): Route(
        lambda c, _: c.post("/v1/events", json={"events": [{}]}), Scope.EVENTS_WRITE
    ),
    ("POST", "/v1/leads"): Route(captured, Scope.LEADS_WRITE, of_one=True),
    ("POST", "/v1/session"): Route(
        lambda c, _: c.post("/v1/session", json={"login": "x", "password": "y"}), OPEN
    ),
    ("DELETE", "/v1/session"): Route(lambda c, _: c.delete("/v1/session"), None),
    ("GET", "/v1/me"): Route(lambda c, _: c.get("/v1/me"), None),
    ("GET", "/healthz"): Route(lambda c, _: c.get("/healthz"), OPEN),
    ("GET", "/readyz"): Route(lambda c, _: c.get("/readyz"), OPEN),
    ("GET", "/metrics"): Route(lambda c, _: c.get("/metrics"), OPEN),
}
