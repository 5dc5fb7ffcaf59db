"""Limits: of a key, of an address that tries keys, alone or counted together."""

from collections.abc import Iterator
from dataclasses import replace
from uuid import uuid4

import pytest
import redis
from fastapi.testclient import TestClient
from hypothesis import given
from hypothesis import strategies as st

from features.errors import InputError
from service.bootstrap import App
from service.keys import Scope
from service.rate_limits import RateLimits, RatePolicy, TooManyRequestsError, site_of
from tests.conftest import missing_server
from tests.integration.api_calls.conftest import Serve
from tests.integration.service.conftest import new_key
from tests.online_urls import REDIS

# Long windows: within a test nothing comes back.
TIGHT = RatePolicy(calls=3, seconds=3_600, attempts=2, attempt_seconds=3_600)
DEAD = "redis://127.0.0.1:1/0"


@pytest.fixture(params=["sqlite"])
def url(request: pytest.FixtureRequest) -> str:
    return str(request.getfixturevalue(f"{request.param}_url"))


@pytest.fixture
def redis_url() -> Iterator[str]:
    """Return a real Redis, emptied of what this test counted."""
    client = redis.Redis.from_url(REDIS)
    try:
        client.ping()
    except redis.ConnectionError as error:
        missing_server("Redis", REDIS, error)
    before = set(client.scan_iter("LIMITS:*"))
    yield REDIS
    for key in set(client.scan_iter("LIMITS:*")) - before:
        client.unlink(key)
    client.close()


def served(serve: Serve, app: App, policy: RatePolicy = TIGHT) -> TestClient:
    return serve(replace(app, limits=RateLimits(policy=policy)))


def test_a_key_that_has_used_up_its_limit_is_told_when_to_come_back(app: App, serve: Serve) -> None:
    client = served(serve, app)
    left = [client.get("/v1/tasks").headers["ratelimit"] for _ in range(3)]
    assert [each.split(";")[1] for each in left] == ["r=2", "r=1", "r=0"]
    refused = client.get("/v1/tasks")
    assert (refused.status_code, refused.json()["code"]) == (429, "too-many-requests")
    assert refused.headers["content-type"] == "application/problem+json"
    assert 3_500 < int(refused.headers["retry-after"]) <= 3_600
    assert client.get("/healthz").status_code == 200
    assert client.get("/readyz").status_code in (200, 503)


def test_what_a_key_has_used_up_is_nothing_to_another(app: App, serve: Serve) -> None:
    client = served(serve, app)
    for _ in range(4):
        client.get("/v1/tasks")
    client.headers["X-API-Key"] = new_key(app, Scope.TASKS_READ)
    assert client.get("/v1/tasks").status_code == 200


def test_refused_and_failed_calls_count_and_say_so(app: App, serve: Serve) -> None:
    client = served(serve, app)
    answers = [client.get("/v1/at-risk"), client.post("/v1/leads", json={})]
    assert [each.status_code for each in answers] == [503, 422]
    assert [each.headers["ratelimit"].split(";")[1] for each in answers] == ["r=2", "r=1"]
    assert answers[0].headers["ratelimit-policy"] == '"key";q=3;w=3600'


def test_an_address_that_guesses_is_stopped_and_keys_known_there_are_not(
    app: App, serve: Serve, key: str
) -> None:
    client = served(serve, app, replace(TIGHT, calls=100))
    assert client.get("/v1/tasks").status_code == 200
    key_id = key.split("_")[1]
    guesses = [
        client.get("/v1/tasks", headers={"X-API-Key": f"shuke_{key_id}_guess{n}"}) for n in range(3)
    ]
    assert [each.status_code for each in guesses] == [401, 429, 429]
    # Not even a right one is looked at now, unless it was found right before.
    fresh = new_key(app, Scope.TASKS_READ)
    assert client.get("/v1/tasks", headers={"X-API-Key": fresh}).status_code == 429
    assert client.get("/v1/tasks").status_code == 200


@pytest.mark.parametrize("bad", ["", "nonsense", "shuke_ab_cd"])
def test_calls_without_a_key_or_with_nonsense_count_by_address(
    app: App, serve: Serve, bad: str
) -> None:
    client = served(serve, app)
    client.headers["X-API-Key"] = bad
    answers = [client.get("/v1/tasks").status_code for _ in range(3)]
    assert answers == [401, 401, 429]


def test_processes_count_together_through_redis(redis_url: str) -> None:
    one, other = (RateLimits(redis_url, TIGHT) for _ in range(2))
    key_id = uuid4().hex
    assert [limits.call(key_id).left for limits in (one, other, one)] == [2, 1, 0]
    with pytest.raises(TooManyRequestsError) as refused:
        other.call(key_id)
    assert 0 < refused.value.after <= TIGHT.seconds


def test_a_store_that_does_not_answer_is_left_alone_and_each_process_counts_for_itself() -> None:
    seconds = 0.0
    limits = RateLimits(DEAD, TIGHT, lambda: seconds)
    assert [limits.call("k").left for _ in range(3)] == [2, 1, 0]
    with pytest.raises(TooManyRequestsError):
        limits.call("k")
    seconds += TIGHT.rest
    with pytest.raises(TooManyRequestsError):
        limits.call("k")


@pytest.mark.parametrize("bad", ["mysql://localhost", "nonsense", "async+redis://127.0.0.1"])
def test_an_address_of_a_store_that_cannot_be_used_is_refused_by_name(bad: str) -> None:
    with pytest.raises(InputError, match="SHUKE_RATE_LIMIT_URL"):
        RateLimits(bad)


@given(st.ip_addresses(v=6), st.integers(0, 2**64 - 1))
def test_a_site_counts_as_one_whatever_addresses_it_takes(address: object, guest: int) -> None:
    site = site_of(str(address))
    network = site_of(site.removesuffix("/64"))
    assert site == network
    number = (int(address) >> 64 << 64) | guest  # type: ignore[call-overload]
    assert int(address) >> 64 == 0 or site_of(str(type(address)(number))) == site  # type: ignore[call-arg, call-overload]


def test_addresses_of_version_4_count_one_by_one_also_when_wrapped() -> None:
    assert site_of("203.0.113.7") == site_of("::ffff:203.0.113.7") == "203.0.113.7"
    assert site_of("203.0.113.8") != site_of("203.0.113.7")
    assert site_of("testclient") == "testclient"
