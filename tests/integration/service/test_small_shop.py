"""A shop too young for a model is answered by a rule, and every score says so."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from features.lake.lake import Lake
from service.api.app import create_app
from service.bootstrap import App, build
from service.keys import Scope
from service.settings import Settings
from tests.integration.service.conftest import new_key
from tests.synthetic import ShopConfig, fill, simulate
from training.cards.page import MARKDOWN
from training.train import train_together

YOUNG = ShopConfig(customers=40, days=70, joining_days=30)


@pytest.fixture(scope="module")
def young(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """Return the service of a shop of forty customers and seventy days, trained as any is."""
    home: Path = tmp_path_factory.mktemp("young")
    fill(Lake(home / "lake", threads=1), simulate(YOUNG))
    app = build(Settings(home=home))
    trained = train_together("churn_28d", app.lake, app.store, app.registry)
    assert trained["churn_28d"].promoted
    assert trained["churn_28d"].rung == "rule"
    assert "next_purchase" not in trained
    app.store.build([app.lake.today()])
    app.store.materialize(app.lake.today())
    yield app
    app.records.close()


@pytest.mark.parametrize(
    ("lang", "said"),
    [
        ("en", "too little history in this shop: 6"),
        ("zh-CN", "本店历史记录太少：6"),
    ],
)
def test_every_score_is_a_cold_start_and_says_why(young: App, lang: str, said: str) -> None:
    asked = {"ids": ["C00001", "C00002"], "explain": "top_k", "top_k": 3, "lang": lang}
    with TestClient(create_app(young), raise_server_exceptions=False) as client:
        client.headers["X-API-Key"] = new_key(young, Scope.ADMIN)
        answer = client.post("/v1/scores/churn_28d", json=asked)
    assert answer.status_code == 200, answer.text
    for score in answer.json()["scores"]:
        assert score["status"] == "cold_start"
        assert score["value"] == score["baseline"]
        assert 0 <= score["value"] <= 1
        (reason,) = score["reasons"]
        assert reason["code"] == "TOO_LITTLE_HISTORY"
        assert reason["text"].startswith(said)


def test_its_card_says_that_it_was_not_measured(young: App) -> None:
    champion = young.registry.champion_version("churn_28d")
    card = young.registry.text("churn_28d", champion, MARKDOWN)
    assert "not measured" in card
