"""A model's files are cut short, here and in the store: the old version answers, and it is told."""

import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from models_registry.bundle import Bundle
from models_registry.registry import Registry
from models_registry.settings import Settings as ModelSettings
from service.bootstrap import App, build
from service.champions import ChampionPolicy, Champions
from service.settings import Settings
from tests.integration.faults.conftest import Serve
from tests.serving import until

LOOK = 0.1
MODEL = "churn_60d"


@pytest.fixture
def registry(home: Path) -> Registry:
    """Return the registry of a copied home, whose files MLflow knows by the place they were."""
    return Registry(ModelSettings(home=home))


@pytest.fixture
def app(home: Path, registry: Registry) -> Iterator[App]:
    settings = Settings(home=home, registry_look_seconds=LOOK)
    app = build(settings, champions=Champions(registry, ChampionPolicy(retry=0.2)))
    yield app
    app.records.close()


@pytest.fixture
def client(app: App, key: str, serve: Serve) -> TestClient:
    return serve(app, key)


def new_version(registry: Registry) -> str:
    bundle = registry.champion(MODEL)
    again = Bundle(replace(bundle.meta, version=""), bundle.boosters)
    return registry.log(again, metrics={}, params={}, lineage={})


def stored(registry: Registry, version: str) -> Path:
    """Return where the store keeps the trees of a version."""
    run = registry._mlflow.get_run(registry._version(MODEL, version).run_id)
    return Path(run.info.artifact_uri.removeprefix("file://"), "bundle", "main.txt")


def cut(file: Path) -> bytes:
    whole = file.read_bytes()
    file.write_bytes(whole[: len(whole) // 2])
    return whole


def version_served(client: TestClient) -> str:
    answer = client.post(f"/v1/scores/{MODEL}", json={"ids": ["C00001"], "explain": "top_k"})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["scores"][0]["model_version"])


def test_a_version_cut_short_in_the_store_is_refused_told_and_taken_when_whole(
    app: App, client: TestClient, registry: Registry, capfd: pytest.CaptureFixture[str]
) -> None:
    assert version_served(client) == "1"
    version = new_version(registry)
    whole = cut(stored(registry, version))
    registry.promote(MODEL, version, "test")

    def degraded() -> list[dict[str, str]]:
        assert version_served(client) == "1"
        found: list[dict[str, str]] = client.get("/readyz").json()["degraded"]
        return found

    until(lambda: bool(degraded()), 20)
    [told] = degraded()
    assert told["what"].startswith(f"version {version} of {MODEL} cannot be loaded")
    assert client.get("/readyz").json()["ready"]
    assert "shuke_models_refused 1.0" in client.get("/metrics").text
    lines = [line for line in capfd.readouterr().err.splitlines() if "champion not loaded" in line]
    assert len(lines) == 1  # told once, however often it is tried
    assert '"level":"error"' in lines[0].replace('": "', '":"')
    stored(registry, version).write_bytes(whole)
    until(lambda: version_served(client) == version, 20)
    assert degraded_now(client) == []


def degraded_now(client: TestClient) -> list[dict[str, str]]:
    found: list[dict[str, str]] = client.get("/readyz").json()["degraded"]
    return found


def test_a_copy_cut_short_here_is_fetched_again(
    home: Path, client: TestClient, registry: Registry, key: str, serve: Serve
) -> None:
    assert version_served(client) == "1"
    copy = home / "models" / MODEL / "1" / "main.txt"
    cut(copy)
    assert version_served(client) == "1"
    other = build(Settings(home=home))
    assert version_served(serve(other, key)) == "1"
    assert copy.read_bytes() == stored(registry, "1").read_bytes()
    other.records.close()


def test_what_is_nowhere_whole_at_the_start_takes_no_other_model_with_it(
    home: Path, registry: Registry, key: str, serve: Serve
) -> None:
    version = new_version(registry)
    shutil.rmtree(stored(registry, version).parent)
    registry.promote(MODEL, version, "test")
    app = build(Settings(home=home))
    client = serve(app, key)
    refused = client.post(f"/v1/scores/{MODEL}", json={"ids": ["C00001"]})
    assert (refused.status_code, refused.json()["code"]) == (503, "bundle-broken")
    assert client.post("/v1/scores/clv_90d", json={"ids": ["C00001"]}).status_code == 200
    whole = client.get("/v1/customers/C00001/scores").json()
    assert whole["without_champion"] == [MODEL]
    ready = client.get("/readyz")
    assert ready.status_code == 503
    assert any(MODEL in each["what"] for each in ready.json()["missing"])
    app.records.close()
