"""The real server, over real sockets."""

import json
import os
import re
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path
from threading import Event

import httpx2 as httpx
import pytest

from features.clock import now
from features.lake.lake import Lake
from models_registry.bundle import Bundle
from models_registry.registry import Registry
from models_registry.settings import Settings as ModelSettings
from service.bootstrap import build
from service.keys import Scope, create
from service.nightly import nightly
from service.settings import Settings
from tests.benchmarks.hostile import attack
from tests.benchmarks.hostile_requests import requests
from tests.integration.service.tiny_models import tiny_bundles
from tests.synthetic import ShopConfig, fill, simulate

BOOT_SECONDS = 120
HOSTILE = 500
SWITCH_SECONDS = 60
SERVE = """
import sys, uvicorn
from service.api.app import create_app
from service.bootstrap import build
uvicorn.run(create_app(build()), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
"""
HEAVY = ("evidently", "shap", "pyspark", "mlflow", "feast", "pandera", "matplotlib", "optuna")
LOOK = f"""
import sys
from fastapi.testclient import TestClient
from service.api.app import create_app
from service.bootstrap import build
with TestClient(create_app(build())) as client:
    assert client.get("/readyz").json()["ready"]
    client.headers["X-API-Key"] = sys.argv[1]
    assert client.get("/v1/scores/churn_60d/C00001?explain=top_k").json()["reasons"]
print(sorted(set({HEAVY}) & set(sys.modules)))
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("served")
    lake = Lake(home / "lake", threads=1)
    fill(lake, simulate(ShopConfig(customers=60)))
    app = build(Settings(home=home))
    app.store.build([lake.today()])
    registry = Registry(ModelSettings(home=home))
    for bundle in tiny_bundles(app.store, lake.today()):
        version = registry.log(bundle, metrics={}, params={}, lineage={})
        registry.promote(bundle.meta.model, version, "test")
    nightly(app, ensure_staff=True)
    app.records.close()
    return home


@pytest.fixture(scope="module")
def key(home: Path) -> str:
    app = build(Settings(home=home))
    made = create("test", [Scope.ADMIN], now())
    with app.records.transaction() as work:
        work.keys.add(made.record)
    app.records.close()
    return made.clear


@pytest.fixture(scope="module")
def server(home: Path, key: str) -> Iterator[httpx.Client]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    environment = {**os.environ, "SHUKE_HOME": str(home)}
    process = subprocess.Popen([sys.executable, "-c", SERVE, str(port)], env=environment)
    headers = {"X-API-Key": key}
    try:
        with httpx.Client(
            base_url=f"http://127.0.0.1:{port}", headers=headers, timeout=60, trust_env=False
        ) as client:
            wait_until_it_answers(client, process)
            yield client
    finally:
        process.terminate()
        process.wait(timeout=30)


def wait_until_it_answers(client: httpx.Client, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(BOOT_SECONDS * 5):
        assert process.poll() is None, "the server ended"
        try:
            client.get("/healthz")
        except httpx.ConnectError:
            time.sleep(0.2)
        else:
            return
    pytest.fail("the server did not answer in time")


def test_a_served_home_is_ready(server: httpx.Client) -> None:
    assert server.get("/readyz").json() == {"ready": True, "missing": [], "degraded": []}


def test_a_server_that_scores_has_imported_nothing_it_does_not_use(home: Path, key: str) -> None:
    found = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", LOOK, key],
        env={**os.environ, "SHUKE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert found.stdout.strip().endswith("[]"), found.stdout


def test_a_key_opens_and_its_absence_does_not(server: httpx.Client) -> None:
    body = {"ids": ["C00001", "C00002"], "explain": "top_k", "lang": "zh-CN"}
    answer = server.post("/v1/scores/churn_60d", json=body)
    assert [score["customer_id"] for score in answer.json()["scores"]] == body["ids"]
    refused = server.post("/v1/scores/churn_60d", json=body, headers={"X-API-Key": ""})
    assert refused.status_code == 401
    assert refused.headers["content-type"] == "application/problem+json"


def test_a_lead_becomes_a_task(server: httpx.Client) -> None:
    sent = {"source": "web", "store_id": "1", "lead_id": "e2e-1"}
    answer = server.post("/v1/leads", json=sent)
    assert answer.status_code == 201, answer.text
    staff = answer.json()["route"]["staff_id"]
    tasks = server.get("/v1/tasks", params={"staff_id": staff, "limit": 1000}).json()["tasks"]
    assert "e2e-1" in {task["lead_id"] for task in tasks}
    assert server.post("/v1/leads", json=sent).status_code == 200


def test_the_at_risk_list_comes_as_csv(server: httpx.Client) -> None:
    answer = server.get("/v1/at-risk", headers={"Accept": "text/csv"})
    assert answer.text.startswith("\ufeffcustomer_id,store_id,risk")
    assert len(answer.text.splitlines()) > 30


def test_many_requests_at_once_give_what_one_alone_gives(server: httpx.Client) -> None:
    ids = [f"C{n:05d}" for n in range(40)]

    def value(customer_id: str) -> float | None:
        body = {"ids": [customer_id], "explain": "top_k"}
        [score] = server.post("/v1/scores/churn_60d", json=body).json()["scores"]
        return score["value"]

    def listed(_: int) -> int:
        return len(server.get("/v1/at-risk?limit=50").json()["customers"])

    alone = [value(customer_id) for customer_id in ids]
    with ThreadPoolExecutor(8) as pool:
        lists = pool.map(listed, range(12))
        together = list(pool.map(value, ids * 3))
    assert together == alone * 3
    assert len(set(lists)) == 1


def test_the_schema_page_works_without_the_internet(server: httpx.Client) -> None:
    page = server.get("/docs").text
    assert not re.findall(r"""(?:src|href|url)\s*[=:]\s*["'](?:https?:)?//""", page)
    for asset in re.findall(r"""(?:src|href)="([^"]+)""", page):
        assert server.get(asset).status_code == 200, asset


def test_what_is_logged_of_scores_holds_no_key(server: httpx.Client, home: Path, key: str) -> None:
    server.get("/v1/tasks")
    logged = [file.read_text() for file in (home / "scores").rglob("*.jsonl")]
    assert all(json.loads(line)["model"] for text in logged for line in text.splitlines())
    assert not any(key in text for text in logged)


def test_hostile_requests_find_no_fault(server: httpx.Client, key: str) -> None:
    report = attack(server.base_url.port or 0, requests(HOSTILE, key, seed=1))
    assert report.faults == []
    assert report.counts.total() == HOSTILE
    assert {"200", "400", "404", "422"} <= report.counts.keys()
    assert server.get("/readyz").json()["ready"]


def test_a_promotion_and_a_rollback_are_served_without_a_failed_or_mixed_answer(
    server: httpx.Client, home: Path
) -> None:
    family = family_of(home)
    stop, answers = Event(), list[dict[str, str]]()

    def ask(customer_id: str) -> list[int]:
        codes = []
        while not stop.is_set():
            answer = server.get(f"/v1/customers/{customer_id}/scores", params={"top_k": 0})
            codes.append(answer.status_code)
            answers.append({s["model"]: s["model_version"] for s in answer.json()["scores"]})
        return codes

    def wait_for(version: str) -> None:
        for _ in range(SWITCH_SECONDS * 20):
            if answers and {answers[-1][model] for model in family} == {version}:
                return
            time.sleep(0.05)
        pytest.fail(f"version {version} was not served in time")

    with ThreadPoolExecutor(3) as pool:
        asking = [pool.submit(ask, f"C0000{n}") for n in (1, 2, 3)]
        try:
            wait_for("1")
            shuke(home, "promote", "churn_60d", "2")
            wait_for("2")
            shuke(home, "rollback", "churn_28d")
            wait_for("1")
        finally:
            stop.set()
        codes = [code for each in asking for code in each.result()]
    assert set(codes) == {200}
    assert {tuple(answer[model] for model in family) for answer in answers} == {
        ("1",) * len(family),
        ("2",) * len(family),
    }


def family_of(home: Path) -> list[str]:
    """Register the champions of some models again, as readings of one run; return which."""
    registry = Registry(ModelSettings(home=home))
    models = [m for m in ("churn_28d", "churn_60d", "next_purchase") if m in registry.models()]
    for model in models:
        bundle = registry.champion(model)
        again = Bundle(replace(bundle.meta, version=""), bundle.boosters)
        registry.log(again, metrics={}, params={}, lineage={"family": "e2e", "gate": "passed"})
    return models


def shuke(home: Path, *arguments: str) -> None:
    command = [sys.executable, "-m", "shuke.cli", "models", *arguments]
    environment = {**os.environ, "SHUKE_HOME": str(home)}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
