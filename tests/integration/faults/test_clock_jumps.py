"""The clock is set back and forth by hours: no age is negative, nothing is locked for that long."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event

import pytest
from fastapi.testclient import TestClient

from service.bootstrap import App, build, build_job_runner
from service.idempotency import POLICY as IDEMPOTENCY
from service.idempotency import Call, Claim, digest
from service.rate_limits import RateLimits, RatePolicy, TooManyRequestsError
from service.sessions import LoginRejectedError, SessionPolicy, TooManyAttemptsError
from service.settings import Settings
from tests.clocks import Clock
from tests.integration.faults.conftest import Serve

HOURS = (5.0, -9.0, 4.0, -3.0, 3.0)
LEAD = {"source": "web", "store_id": "1"}


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(home: Path, clock: Clock) -> Iterator[App]:
    app = build(Settings(home=home), clock=clock)
    yield app
    app.records.close()


@pytest.fixture
def client(app: App, key: str, serve: Serve) -> TestClient:
    return serve(app, key)


def features_age(client: TestClient) -> float:
    text = client.get("/metrics").text
    [line] = [row for row in text.splitlines() if row.startswith("shuke_features_age_seconds ")]
    return float(line.split()[1])


def test_scores_leads_and_ages_go_on_over_every_jump(client: TestClient, clock: Clock) -> None:
    for number, hours in enumerate(HOURS):
        clock.move(hours=hours)
        answer = client.post("/v1/scores/churn_60d", json={"ids": ["C00001"]})
        assert answer.status_code == 200, answer.text
        assert features_age(client) >= 0
        key = {"Idempotency-Key": f"jump {number}".replace(" ", "-")}
        first = client.post("/v1/leads", json=LEAD, headers=key)
        assert first.status_code == 201, first.text
        again = client.post("/v1/leads", json=LEAD, headers=key)
        assert again.json()["lead_id"] == first.json()["lead_id"]
    clock.move(days=-5_000)  # before anything was built
    assert features_age(client) == 0


def test_a_dead_call_keeps_its_key_a_minute_whatever_the_clock_did(
    app: App, client: TestClient, clock: Clock, key: str
) -> None:
    body = client.build_request("POST", "/v1/leads", json=LEAD).content
    call = Call(key.split("_")[1], "POST /v1/leads", "dead", digest(b"", body))
    clock.move(hours=6)
    with app.records.transaction() as work:
        claim = work.idempotency.begin(call, clock(), IDEMPOTENCY)
    assert isinstance(claim, Claim)
    waiting = client.post("/v1/leads", json=LEAD, headers={"Idempotency-Key": "dead"})
    assert waiting.status_code == 409
    clock.move(hours=-6)
    made = client.post("/v1/leads", json=LEAD, headers={"Idempotency-Key": "dead"})
    assert (made.status_code, made.json()["lead_id"]) == (201, claim.new_id())


def test_a_job_whose_owner_died_before_the_clock_went_back_goes_on(
    app: App, client: TestClient, clock: Clock
) -> None:
    asked = {"model": "churn_60d", "ids": ["C00001"]}
    job_id = client.post("/v1/jobs/scores", json=asked).json()["job_id"]
    runner = build_job_runner(app)
    clock.move(hours=3)
    with app.records.transaction() as work:  # as a process that died after this
        assert work.jobs.take("dead", clock(), clock() + timedelta(seconds=30)) is not None
    clock.move(hours=-3)
    assert runner.work(_never())
    assert client.get(f"/v1/jobs/{job_id}").json()["state"] == "done"


def test_a_lease_a_little_ahead_is_another_machines_clock_and_is_left_alone(
    app: App, client: TestClient, clock: Clock
) -> None:
    asked = {"model": "churn_60d", "ids": ["C00001"]}
    client.post("/v1/jobs/scores", json=asked)
    clock.move(seconds=20)
    with app.records.transaction() as work:
        assert work.jobs.take("alive", clock(), clock() + timedelta(seconds=30)) is not None
    clock.move(seconds=-20)
    assert not build_job_runner(app).work(_never())


def test_failed_logins_lock_nobody_out_for_the_hours_of_a_jump(app: App, clock: Clock) -> None:
    sessions = replace(app.sessions, policy=SessionPolicy(attempts=2))

    def tried() -> type[Exception]:
        try:
            sessions.open("somebody", "wrong")
        except (LoginRejectedError, TooManyAttemptsError) as error:
            return type(error)
        raise AssertionError("a wrong password opened a session")

    clock.move(hours=5)
    assert [tried() for _ in range(3)] == [LoginRejectedError] * 2 + [TooManyAttemptsError]
    clock.move(hours=-5)
    assert tried() is LoginRejectedError


def test_a_window_that_is_used_up_ends_though_the_clock_of_the_machine_is_set_back() -> None:
    ahead = [1_000.0]
    limits = RateLimits("", RatePolicy(calls=2, seconds=10), ahead=lambda: ahead[0])

    def called() -> bool:
        try:
            limits.call("key")
        except TooManyRequestsError:
            return False
        return True

    assert [called() for _ in range(3)] == [True, True, False]
    ahead[0] -= 3 * 3600
    assert [called() for _ in range(3)] == [True, True, False]
    ahead[0] += 1.0  # a clock that is slewed gives nothing back early
    assert not called()


def _never() -> Event:
    return Event()
