"""PostgreSQL, Redis and a remote MLflow by settings alone; promotions there are followed."""

import signal
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

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


@pytest.fixture
def remote(postgres_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Served]:
    home, server = tmp_path / "home", tmp_path / "mlflow"
    home.mkdir()
    server.mkdir()
    with online_url("redis", tmp_path) as redis, own_mlflow(server) as (mlflow, _):
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
            yield served


def test_everything_remote_is_served_by_settings_alone(remote: Served) -> None:
    with remote.client() as client:
        assert client.get("/readyz").json() == {"ready": True, "missing": [], "degraded": []}
        asked = {"ids": ["C00001"], "explain": "top_k"}
        [score] = client.post("/v1/scores/churn_60d", json=asked).json()["scores"]
        assert (score["model_version"], score["status"]) in {("1", "ok"), ("1", "cold_start")}
        assert score["reasons"]
        lead = {"source": "web", "store_id": "1", "customer_id": "C00001"}
        captured = client.post("/v1/leads", json=lead)
        assert captured.status_code == 201, captured.text
        assert captured.json()["score"]["status"] != "unscored"
        registry = Registry(ModelSettings(home=remote.home))
        bundle = registry.champion("churn_60d")
        again = Bundle(replace(bundle.meta, version=""), bundle.boosters)
        version = registry.log(again, metrics={}, params={}, lineage={"gate": "passed"})
        registry.promote("churn_60d", version, "test")

        def served_version() -> str:
            [found] = client.post("/v1/scores/churn_60d", json=asked).json()["scores"]
            return str(found["model_version"])

        until(lambda: served_version() == version, 30, "for the promotion")
        assert (remote.home / "models" / "churn_60d" / version / "meta.json").exists()
        registry.rollback("churn_60d")
        until(lambda: served_version() == "1", 30, "for the rollback")
    assert remote.end() in (0, -signal.SIGTERM), remote.log
