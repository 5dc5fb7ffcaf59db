"""Every route, asked by every role: who is refused, whose rows are there, and how nobody's look.

A route that is new has no line in `ROUTES` and fails here until it says what it shows.
"""

import json
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient
from httpx2 import Response

from features.clock import now
from service.api.app import create_app
from service.bootstrap import App, build
from service.crm.permissions import Role, Scope
from service.keys import create
from service.settings import Settings
from tests.integration.service.conftest import POLICIES, Night, copied
from tests.integration.service.routes_by_role import (
    NOBODY,
    OPEN,
    ROLES,
    ROUTES,
    STORE,
    World,
    captured,
    done,
    searched,
)


@pytest.fixture(scope="module")
def world(night: Night, tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    home: Path = copied(night.home, tmp_path_factory.mktemp("roles") / "home")
    app = build(Settings(home=home, rate_limit_attempts=10_000), policies=POLICIES)
    with TestClient(create_app(app), raise_server_exceptions=False) as anybody:
        yield _world(app, anybody)
    app.records.close()


def _world(app: App, anybody: TestClient) -> World:
    clients = {}
    for role, facts in ROLES.items():
        made = create(role, Scope, now(), role=role, **facts)
        with app.records.transaction() as work:
            work.keys.add(made.record)
        clients[role] = TestClient(
            anybody.app, headers={"X-API-Key": made.clear}, raise_server_exceptions=False
        )
    world = World(app, clients)
    manager, guide = world.customers(Role.STORE_MANAGER), world.customers(Role.GUIDE)
    for who in (world.stranger(Role.STORE_MANAGER), min(manager & guide)):
        answer = clients[Role.HEAD_OFFICE].put(
            f"/v1/customers/{who}/contacts/phone", json={"value": "138 1234 5678"}
        )
        assert answer.status_code == 200, answer.text
    return world


def test_every_route_says_here_what_it_shows(world: World) -> None:
    paths = world.clients[Role.SERVICE].get("/openapi.json").json()["paths"]
    served = {(method.upper(), path) for path, found in paths.items() for method in found}
    assert served == set(ROUTES)


def test_the_roles_differ_in_what_they_should_see(world: World) -> None:
    guide, manager = world.customers(Role.GUIDE), world.customers(Role.STORE_MANAGER)
    assert 0 < len(guide) < len(manager) < len(world.customers(Role.HEAD_OFFICE))
    assert 0 < len(world.tasks(Role.GUIDE)) < len(world.tasks(Role.STORE_MANAGER))


@pytest.mark.parametrize("place", ROUTES, ids=" ".join)
def test_nobody_gets_in_without_a_key(world: World, place: tuple[str, str]) -> None:
    stranger = TestClient(world.clients[Role.SERVICE].app, raise_server_exceptions=False)
    answer = ROUTES[place].ask(stranger, "C00001")
    if ROUTES[place].scope != OPEN:
        assert (answer.status_code, answer.json()["code"]) == (401, "unauthorized")


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize("place", ROUTES, ids=" ".join)
def test_a_role_does_what_its_scopes_allow(
    world: World, place: tuple[str, str], role: Role
) -> None:
    route, rules = ROUTES[place], POLICIES.access.roles[role].scopes
    answer = route.ask(world.clients[role], min(world.customers(role)))
    allowed = route.scope in (None, OPEN) or not rules.isdisjoint({route.scope, Scope.ADMIN})
    assert (answer.status_code == 403) == (not allowed), answer.text
    if allowed and route.scope != OPEN:
        assert answer.status_code < 300, answer.text


@pytest.mark.parametrize("role", Role)
@pytest.mark.parametrize(
    "place", [place for place, route in ROUTES.items() if route.everyone], ids=" ".join
)
def test_a_list_holds_all_that_a_role_sees_and_nothing_else(
    world: World, place: tuple[str, str], role: Role
) -> None:
    route = ROUTES[place]
    assert route.everyone is not None
    if route.scope in POLICIES.access.roles[role].scopes:
        found, expected = route.everyone(world, role)
        assert found == expected
        assert found


@pytest.mark.parametrize("role", [Role.STORE_MANAGER, Role.GUIDE])
@pytest.mark.parametrize(
    "place", [place for place, route in ROUTES.items() if route.of_one], ids=" ".join
)
def test_somebody_unseen_is_answered_for_as_somebody_unknown(
    world: World, place: tuple[str, str], role: Role
) -> None:
    client, unseen = world.clients[role], world.stranger(role)
    if place == ("POST", "/v1/contacts/search"):
        matches = searched(client, unseen).json()["matches"]
        assert {match["subject_id"] for match in matches} <= world.customers(role)
        assert len(searched(world.clients[Role.HEAD_OFFICE], unseen).json()["matches"]) == 2
        return
    of_unseen = ROUTES[place].ask(client, unseen)
    of_nobody = ROUTES[place].ask(client, NOBODY)
    assert of_unseen.status_code == of_nobody.status_code
    assert _plain(of_unseen, unseen) == _plain(of_nobody, NOBODY)
    of_seen = ROUTES[place].ask(client, min(world.customers(role)))
    assert _plain(of_seen, min(world.customers(role))) != _plain(of_nobody, NOBODY)


@pytest.mark.parametrize("role", Role)
def test_phone_numbers_are_masked_for_those_who_may_not_read_them(world: World, role: Role) -> None:
    with world.app.records.transaction(read_only=True) as work:
        have = {c.subject_id for c in work.contacts.found("phone", _lookups(world))}
    who = min(have & world.customers(role))
    answer = world.clients[role].get(f"/v1/customers/{who}/contacts")
    if Scope.CONTACTS_READ not in POLICIES.access.roles[role].scopes:
        assert answer.status_code == 403
        return
    [phone] = [c["value"] for c in answer.json()["contacts"] if c["kind"] == "phone"]
    clear = POLICIES.access.roles[role].clear
    assert phone == ("+8613812345678" if clear else "+86138****5678")


@pytest.mark.parametrize("role", [Role.STORE_MANAGER, Role.GUIDE])
def test_scores_of_leads_are_those_of_seen_leads(world: World, role: Role) -> None:
    bodies = [{"source": "form", "store_id": store} for store in ("1", STORE) for _ in range(4)]
    office = world.clients[Role.HEAD_OFFICE]
    leads = [office.post("/v1/leads", json=body).json() for body in bodies]
    seen = {
        lead["lead_id"]
        for lead in leads
        if (lead["route"]["store_id"] == STORE and role is Role.STORE_MANAGER)
        or lead["route"]["staff_id"] == ROLES[role]["staff_id"]
    }
    ids = [lead["lead_id"] for lead in leads]
    found = world.clients[role].post("/v1/scores/lead_score", json={"ids": ids}).json()["scores"]
    assert [score["lead_id"] for score in found] == ids
    assert {s["lead_id"] for s in found if s["status"] != "unknown_customer"} == seen
    assert 0 < len(seen) < len(leads)


@pytest.mark.parametrize("role", [Role.STORE_MANAGER, Role.GUIDE])
def test_a_job_scores_whom_its_asker_sees_and_is_found_by_them_and_head_office(
    world: World, role: Role
) -> None:
    client, seen, unseen = world.clients[role], min(world.customers(role)), world.stranger(role)
    job_id = done(client, unseen, seen, NOBODY)
    rows = [json.loads(line) for line in client.get(f"/v1/jobs/{job_id}/result").text.splitlines()]
    assert [row["customer_id"] for row in rows] == [seen]
    faults = client.get(f"/v1/jobs/{job_id}/errors").text.replace(unseen, NOBODY).splitlines()
    told = [json.loads(line) for line in faults]
    assert [each.pop("index") for each in told] == [0, 2]
    assert told[0] == told[1] == told[0] | {"id": NOBODY, "code": "unknown-subject"}
    for other, found in world.clients.items():
        allowed = other in (role, Role.HEAD_OFFICE)
        for path in ("", "/result", "/errors"):
            answer = found.get(f"/v1/jobs/{job_id}{path}")
            assert answer.status_code == (200 if allowed else 404), answer.text
        assert found.delete(f"/v1/jobs/{job_id}").status_code == (409 if allowed else 404)


@pytest.mark.parametrize("role", [Role.STORE_MANAGER, Role.GUIDE, Role.MARKETER])
def test_a_job_of_everybody_is_of_those_who_are_seen(world: World, role: Role) -> None:
    today = world.app.lake.today()
    body = {"model": "churn_60d", "as_of": today.isoformat()}
    answer = world.clients[role].post("/v1/jobs/scores", json=body)
    assert answer.status_code == 202, answer.text
    known = set(world.app.store.customers(today))
    assert answer.json()["progress"]["total"] == len(known & world.customers(role))


def test_a_lead_of_another_store_or_an_unseen_customer_is_not_captured(world: World) -> None:
    manager = world.clients[Role.STORE_MANAGER]
    other = manager.post("/v1/leads", json={"source": "form", "store_id": "1"})
    assert (other.status_code, other.json()["where"]) == (422, "store_id")
    unseen = captured(manager, world.stranger(Role.STORE_MANAGER))
    assert unseen.status_code == 404
    body = {"source": "form", "store_id": "1", "lead_id": "taken"}
    assert world.clients[Role.SERVICE].post("/v1/leads", json=body).status_code == 201
    taken = manager.post("/v1/leads", json={**body, "store_id": STORE})
    assert (taken.status_code, taken.json()["where"]) == (422, "taken")


def _lookups(world: World) -> list[str]:
    return [key.lookup("phone", "+8613812345678") for key in world.app.contacts.ring.all()]


def _plain(answer: Response, who: str) -> str:
    """Return an answer without what differs between any two answers, and without the id."""
    text = json.dumps(answer.json(), sort_keys=True).replace(who, "ID")
    return re.sub(
        r'"(scored_at|request_id|lead_id|task_id|created_at|assigned_at)": "[^"]*"', "", text
    )
