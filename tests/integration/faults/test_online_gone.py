"""Redis goes away or stands still: the last built features answer, and say so; then it is back."""

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from service.bootstrap import App, build
from service.settings import Settings
from tests.integration.faults.conftest import Serve
from tests.own_servers import Redis, own_redis
from tests.serving import until

CONNECT, READ, REST = 0.5, 0.5, 0.3
CODE = "FEATURES_FROM_SNAPSHOT"
ASKED = {"ids": ["C00001", "C00002", "nobody"], "explain": "top_k", "top_k": 2}


@pytest.fixture
def redis(tmp_path: Path) -> Iterator[Redis]:
    with own_redis(tmp_path) as redis:
        yield redis


@pytest.fixture
def app(home: Path, redis: Redis, monkeypatch: pytest.MonkeyPatch) -> Iterator[App]:
    for name, value in {"CONNECT": CONNECT, "READ": READ, "REST": REST}.items():
        monkeypatch.setenv(f"SHUKE_ONLINE_{name}_SECONDS", str(value))
    monkeypatch.setenv("SHUKE_ONLINE_URL", redis.url)
    app = build(Settings(home=home))
    app.store.materialize(app.lake.today())
    yield app
    app.records.close()
    app.store.close()


@pytest.fixture
def client(app: App, key: str, serve: Serve) -> TestClient:
    return serve(app, key)


def scores(client: TestClient) -> list[dict[str, object]]:
    answer = client.post("/v1/scores/churn_60d", json=ASKED)
    assert answer.status_code == 200, answer.text
    found: list[dict[str, object]] = answer.json()["scores"]
    return found


def codes(score: dict[str, object]) -> list[str]:
    reasons = score["reasons"]
    assert isinstance(reasons, list)
    return [reason["code"] for reason in reasons]


def figure(client: TestClient, name: str) -> float:
    [line] = [row for row in client.get("/metrics").text.splitlines() if row.startswith(name)]
    return float(line.split()[-1])


def test_the_snapshot_answers_until_redis_is_back(client: TestClient, redis: Redis) -> None:
    before = scores(client)
    fresh = [each["status"] for each in before]
    assert set(fresh[:2]) <= {"ok", "cold_start"}
    assert fresh[2] == "unknown_customer"
    assert figure(client, "shuke_features_snapshot") == 0
    redis.stop()
    meanwhile = scores(client)
    assert [each["value"] for each in meanwhile] == [each["value"] for each in before]
    assert [each["status"] for each in meanwhile] == ["stale", "stale", "unknown_customer"]
    assert [codes(each)[:1] for each in meanwhile] == [[CODE], [CODE], []]
    assert all(len(codes(each)) <= 2 for each in meanwhile)
    ready = client.get("/readyz").json()
    assert (ready["ready"], len(ready["degraded"])) == (True, 1)
    assert "online store" in ready["degraded"][0]["what"]
    assert figure(client, "shuke_features_snapshot") == 1
    redis.start()
    until(lambda: [each["status"] for each in scores(client)] == fresh, 20)
    assert CODE not in codes(scores(client)[0])
    assert client.get("/readyz").json()["degraded"] == []


def test_a_redis_that_stands_still_holds_up_no_request_for_long(
    client: TestClient, redis: Redis
) -> None:
    scores(client)
    redis.freeze()
    began = time.monotonic()
    assert scores(client)[0]["status"] == "stale"
    # Asked once, tried once more; filling the snapshot comes on top, the first time.
    assert time.monotonic() - began < 2 * (CONNECT + READ) + 5
    began = time.monotonic()
    for _ in range(5):
        assert scores(client)[0]["status"] == "stale"
    assert time.monotonic() - began < 5 * 2 * (CONNECT + READ) + 5
    redis.thaw()
    until(lambda: scores(client)[0]["status"] != "stale", 20)


def test_a_whole_customer_says_stale_too(client: TestClient, redis: Redis) -> None:
    redis.stop()
    whole = client.get("/v1/customers/C00001/scores").json()
    assert {score["status"] for score in whole["scores"]} == {"stale"}
    assert all(codes(score)[:1] == [CODE] for score in whole["scores"])


def test_who_was_erased_is_in_no_snapshot(app: App, client: TestClient, redis: Redis) -> None:
    redis.stop()
    assert scores(client)[0]["status"] == "stale"
    redis.start()
    until(lambda: scores(client)[0]["status"] != "stale", 20)
    assert app.store.forget("C00001")["online"] >= 2  # in Redis and in the snapshot
    redis.stop()
    statuses = [each["status"] for each in scores(client)]
    assert statuses == ["unknown_customer", "stale", "unknown_customer"]


def test_without_built_features_the_answer_is_503_and_says_when_to_repeat(
    app: App, client: TestClient, redis: Redis, home: Path
) -> None:
    for file in (home / "features").rglob("*.parquet"):
        file.unlink()
    redis.stop()
    answer = client.post("/v1/scores/churn_60d", json=ASKED)
    assert (answer.status_code, answer.json()["code"]) == (503, "online-store-unreachable")
    assert int(answer.headers["retry-after"]) >= 1
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (503, False)
    assert client.get("/metrics").status_code == 200
