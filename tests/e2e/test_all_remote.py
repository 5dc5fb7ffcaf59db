"""PostgreSQL, Redis and a remote MLflow by settings alone; promotions there are followed."""

import signal
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import httpx2 as httpx
import pytest

from models_registry.bundle import Bundle
from models_registry.registry import Registry
from models_registry.settings import Settings as ModelSettings
from tests.online_urls import online_url
from tests.own_servers import own_mlflow
from tests.records_urls import postgres_url
from tests.serving import Served, make_home, serving, until

__all__ = ["postgres_url"]

LOOK = 0.3
MODEL = "churn_60d"


@dataclass
class Remote:
    """A served home, and the MLflow it asks."""

    served: Served
    folder: Path
    port: int
    mlflow: "subprocess.Popen[bytes]"

    def registry(self) -> Registry:
        return Registry(ModelSettings(home=self.served.home))


@pytest.fixture
def remote(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Remote]:
    home, server = tmp_path / "home", tmp_path / "mlflow"
    home.mkdir()
    server.mkdir()
    with online_url("redis", tmp_path) as redis, own_mlflow(server) as (mlflow, run):
        settings = {
            "SHUKE_DATABASE_URL": postgres_url,
            "SHUKE_ONLINE_URL": redis,
            "SHUKE_RATE_LIMIT_URL": redis.split("?")[0],
            "SHUKE_TRACKING_URI": mlflow,
            "SHUKE_REGISTRY_LOOK_SECONDS": str(LOOK),
            "SHUKE_WORKER": "inline",
        }
        for name, value in settings.items():
            monkeypatch.setenv(name, value)
        key = make_home(home)
        assert not (home / "mlflow").exists()
        assert not (home / "records.db").exists()
        assert not (home / "online").exists()
        with serving(home, key, **settings) as served:
            yield Remote(served, server, int(mlflow.rsplit(":", 1)[1]), run)


def test_everything_remote_is_served_by_settings_alone(remote: Remote) -> None:
    with remote.served.client() as client:
        assert client.get("/readyz").json() == {"ready": True, "missing": [], "degraded": []}
        asked = {"ids": ["C00001"], "explain": "top_k"}
        [score] = client.post("/v1/scores/churn_60d", json=asked).json()["scores"]
        assert (score["model_version"], score["status"]) in {("1", "ok"), ("1", "cold_start")}
        assert score["reasons"]
        lead = {"source": "web", "store_id": "1", "customer_id": "C00001"}
        captured = client.post("/v1/leads", json=lead)
        assert captured.status_code == 201, captured.text
        assert captured.json()["score"]["status"] != "unscored"
        version = promoted(remote.registry())
        until(lambda: serves(client) == version, 60, "for the promotion")
        assert (remote.served.home / "models" / MODEL / version / "meta.json").exists()
        _mlflow_away(remote, client, version)
    assert remote.served.end() in (0, -signal.SIGTERM), remote.served.log


def _mlflow_away(remote: Remote, client: httpx.Client, version: str) -> None:
    remote.mlflow.terminate()
    remote.mlflow.wait(timeout=60)
    until(
        lambda: client.get("/readyz").json()["degraded"] != [], 60, "for the registry to be missed"
    )
    for _ in range(5):
        assert serves(client) == version
    ready = client.get("/readyz")
    assert (ready.status_code, ready.json()["ready"]) == (200, True)
    assert "registry of models" in ready.json()["degraded"][0]["what"]
    assert "shuke_registry_away 1.0" in client.get("/metrics").text
    assert remote.served.log.count('"registry not reached"') == 1
    with own_mlflow(remote.folder, remote.port):
        remote.registry().rollback(MODEL)
        until(lambda: serves(client) == "1", 60, "for the rollback")
        assert client.get("/readyz").json()["degraded"] == []


def promoted(registry: Registry) -> str:
    """Register the champion again, make that the champion, and return its version."""
    bundle = registry.champion(MODEL)
    again = Bundle(replace(bundle.meta, version=""), bundle.boosters)
    version = registry.log(again, metrics={}, params={}, lineage={"gate": "passed"})
    registry.promote(MODEL, version, "test")
    return version


def serves(client: httpx.Client) -> str:
    answer = client.post(f"/v1/scores/{MODEL}", json={"ids": ["C00001"], "explain": "top_k"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["scores"][0]["model_version"])
