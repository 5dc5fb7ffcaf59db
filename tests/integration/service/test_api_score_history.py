"""The history of a customer's scores, over two real nights, a request and another version."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from models_registry.registry import Registry
from models_registry.settings import Settings as ModelSettings
from service.api.app import create_app
from service.audit import at_the_machine
from service.audit_chain import named
from service.bootstrap import App, build
from service.champions import CUSTOMER_MODELS
from service.keys import Scope
from service.nightly import nightly
from service.score_history import Asked, HistoryPolicy
from service.settings import Settings
from tests.integration.service.conftest import POLICIES, copied, new_key
from tests.integration.service.test_api_examples_are_real import SPEC, alike, example

TODAY = datetime(2017, 12, 30, tzinfo=UTC)
EARLIER, BEFORE_ANY = TODAY - timedelta(days=28), TODAY - timedelta(days=400)


@dataclass(frozen=True)
class Served:
    app: App
    client: TestClient

    def history(self, customer_id: str, model: str = "churn_60d", **asked: object) -> dict:
        answer = self.client.get(
            f"/v1/customers/{customer_id}/scores/{model}/history", params=asked
        )
        assert answer.status_code == 200, answer.text
        return answer.json()


@pytest.fixture(scope="module")
def served(trained_home: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    """Return a service after two nights four weeks apart."""
    home = copied(trained_home, tmp_path_factory.mktemp("history") / "home")
    app = build(Settings(home=home), policies=POLICIES)
    nightly(app, EARLIER, ensure_staff=True)
    nightly(app, TODAY)
    with TestClient(create_app(app), raise_server_exceptions=False) as client:
        client.headers["X-API-Key"] = new_key(app, Scope.ADMIN)
        yield Served(app, client)
    app.records.close()


def everybody(served: Served) -> list[str]:
    return served.app.store.customers(TODAY)


@pytest.mark.parametrize("model", CUSTOMER_MODELS)
def test_moves_and_rest_lead_from_one_margin_to_the_next(served: Served, model: str) -> None:
    causes = set()
    for who in everybody(served)[:6]:
        page = served.history(who, model, top_k=3)
        for score in page["scores"]:
            change = score["change"]
            if change is None:
                continue
            causes.add(change["cause"])
            assert change["difference"] == pytest.approx(score["value"] - change["value_before"])
            if change["cause"] == "features":
                moved = sum(move["contribution"] for move in change["moves"]) + change["rest"]
                assert change["margin_before"] + moved == pytest.approx(change["margin_after"])
                assert 0 <= change["unexplained"] < 1
                assert len(change["moves"]) <= 3
    assert "features" in causes
    assert causes <= {"features", "rule", "population"}


@pytest.mark.parametrize("model", ["churn_60d", "clv_90d"])
def test_the_margins_are_those_of_the_scores_that_were_given(served: Served, model: str) -> None:
    meta = served.app.champions.get(model).meta
    for who in everybody(served)[:6]:
        newest, oldest = served.history(who, model, top_k=20)["scores"]
        change = newest["change"]
        if change["cause"] == "features":
            said = meta.value(np.array([change["margin_before"], change["margin_after"]]))
            assert said.tolist() == pytest.approx([oldest["value"], newest["value"]])
            assert change["unexplained"] == pytest.approx(0, abs=0.2)


def test_what_moved_is_what_the_two_nights_read(served: Served) -> None:
    batches = [
        served.app.score_log.batch("churn_60d", at).execute().set_index("customer_id")
        for at in (EARLIER, TODAY)
    ]
    moved = 0
    for who in everybody(served)[:5]:
        for move in served.history(who)["scores"][0]["change"]["moves"]:
            for side, batch in zip(("before", "after"), batches, strict=True):
                read = batch.loc[who, f"in_{move['feature']}"]
                assert move[side] == (None if read != read else read)
            moved += 1
    assert moved


def test_a_move_is_said_in_the_language_asked_for(served: Served) -> None:
    said = {"en": set(), "zh-CN": set()}
    for who in everybody(served)[:5]:
        for lang, texts in said.items():
            moves = served.history(who, lang=lang)["scores"][0]["change"]["moves"]
            texts |= {move["text"] for move in moves if move["feature"] == "recency_days"}
    assert any("days since last purchase rose from" in text for text in said["en"])
    assert any("距上次购买天数从" in text and "升至" in text for text in said["zh-CN"])
    assert all("churn_60d" in text for texts in said.values() for text in texts)


def test_entries_are_newest_first_and_pages_follow_each_other(served: Served) -> None:
    who = everybody(served)[0]
    whole = served.history(who)
    assert [score["as_of"][:10] for score in whole["scores"]] == ["2017-12-30", "2017-12-02"]
    assert (whole["total"], whole["next_cursor"], whole["scores"][1]["change"]) == (2, None, None)
    first = served.history(who, limit=1)
    second = served.history(who, limit=1, cursor=first["next_cursor"])
    assert first["scores"] + second["scores"] == whole["scores"]
    assert (second["next_cursor"], second["between_ends"]) == (None, None)
    assert first["between_ends"] == whole["between_ends"] == whole["scores"][0]["change"]


def test_a_span_bounds_the_scores_and_says_what_changed_between_its_ends(served: Served) -> None:
    who = everybody(served)[0]
    old = served.history(who, to=TODAY.isoformat())
    assert (old["total"], old["between_ends"]) == (1, None)
    new = served.history(who, **{"from": TODAY.isoformat()})
    assert (new["total"], new["scores"][0]["change"]) == (1, None)
    none = served.history(who, to=BEFORE_ANY.isoformat())
    assert (none["total"], none["scores"], none["between_ends"]) == (0, [], None)


def test_more_nights_than_one_answer_reads_are_said(served: Served) -> None:
    who = everybody(served)[0]
    one = replace(served.app.history, policy=HistoryPolicy(nights=1))
    found = one.of(who, "churn_60d", Asked())
    assert (found.since, found.total) == (TODAY, 1)
    earlier = one.of(who, "churn_60d", Asked(until=found.since))
    assert [score.as_of for score in earlier.scores] == [EARLIER]


def test_a_version_that_is_gone_leaves_the_scores_and_says_so(
    served: Served, tmp_path: Path
) -> None:
    home = copied(served.app.settings.home, tmp_path / "home")
    app = build(Settings(home=home), policies=POLICIES)
    who = everybody(served)[0]
    for at in (EARLIER, TODAY):
        path = app.score_log.batch_path("churn_60d", at, "1")
        logged = pd.read_parquet(path).assign(model_version="77")
        logged.to_parquet(path.with_name("77.parquet"), index=False)
        path.unlink()
    with TestClient(create_app(app), raise_server_exceptions=False) as client:
        client.headers["X-API-Key"] = new_key(app, Scope.SCORES_READ)
        page = client.get(f"/v1/customers/{who}/scores/churn_60d/history").json()
    app.records.close()
    assert [score["change"] and score["change"]["cause"] for score in page["scores"]] == [
        "unknown",
        None,
    ]
    assert page["scores"][0]["change"]["unexplained"] == 1.0


def test_a_request_and_another_version_are_entries_of_their_own(
    served: Served, tmp_path: Path
) -> None:
    home = copied(served.app.settings.home, tmp_path / "home")
    registry = Registry(ModelSettings(home=home))
    again = registry.log(registry.load("churn_60d", "1"), metrics={}, params={}, lineage={})
    registry.promote("churn_60d", again, "test")
    app = build(Settings(home=home), policies=POLICIES)
    who = everybody(served)[0]
    with TestClient(create_app(app), raise_server_exceptions=False) as client:
        client.headers["X-API-Key"] = new_key(app, Scope.SCORES_READ)
        for _ in range(3):
            assert client.get(f"/v1/scores/churn_60d/{who}").status_code == 200
        page = client.get(f"/v1/customers/{who}/scores/churn_60d/history").json()
    app.records.close()
    newest, *nights = page["scores"]
    assert (newest["path"], newest["times"], newest["model_version"]) == ("online", 3, "2")
    assert [score["path"] for score in nights] == ["batch", "batch"]
    change = newest["change"]
    assert (change["cause"], change["model_version_before"]) == ("model", "1")
    assert (change["difference"], change["unexplained"], change["moves"]) == (0.0, 1.0, [])
    assert "version 2 of churn_60d" in change["text"]
    assert page["between_ends"]["cause"] == "model"
    assert nights[0]["change"]["cause"] == "features"


def test_nobody_known_and_no_such_model_are_404(served: Served) -> None:
    for path, code in (
        ("nobody/scores/churn_60d", "not-found"),
        ("C00001/scores/lead_score", "unknown-model"),
    ):
        answer = served.client.get(f"/v1/customers/{path}/history")
        assert (answer.status_code, answer.json()["code"]) == (404, code)


@pytest.mark.parametrize(
    ("asked", "code"),
    [
        ({"from": "2018-01-02T00:00:00Z", "to": "2018-01-01T00:00:00Z"}, "bad-input"),
        ({"cursor": "x"}, "bad-cursor"),
        ({"limit": 101}, "invalid-request"),
        ({"since": "2018-01-01T00:00:00Z"}, "invalid-request"),
    ],
    ids=str,
)
def test_what_cannot_be_asked_is_refused(served: Served, asked: dict, code: str) -> None:
    answer = served.client.get("/v1/customers/C00001/scores/churn_60d/history", params=asked)
    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_cursor_belongs_to_its_customer(served: Served) -> None:
    first, other = everybody(served)[:2]
    cursor = served.history(first, limit=1)["next_cursor"]
    answer = served.client.get(
        f"/v1/customers/{other}/scores/churn_60d/history", params={"cursor": cursor}
    )
    assert (answer.status_code, answer.json()["code"]) == (422, "bad-cursor")


def test_a_look_is_a_line_of_the_audit_log(served: Served) -> None:
    who = everybody(served)[5]
    served.history(who)
    with served.app.records.transaction(read_only=True) as work:
        [line] = work.audit.newest(1, subject=named("customer", who))
    assert (line.action, line.route) == ("read", "score_history")


def test_the_example_of_the_schema_is_shaped_like_a_history_of_two_nights(served: Served) -> None:
    path = "/v1/customers/{customer_id}/scores/{model}/history"
    told = example(SPEC["paths"][path]["get"]["responses"]["200"]["content"])
    pages = [served.history(who, top_k=1) for who in everybody(served)[:5]]
    explained = [p for p in pages if (p["between_ends"] or {}).get("cause") == "features"]
    assert explained
    assert all(alike(page, told) for page in explained)


def test_somebody_erased_has_no_history(served: Served, tmp_path: Path) -> None:
    app = build(
        Settings(home=copied(served.app.settings.home, tmp_path / "home")), policies=POLICIES
    )
    who = everybody(served)[0]
    app.rights.erase(who, at_the_machine("test"))
    with TestClient(create_app(app), raise_server_exceptions=False) as client:
        client.headers["X-API-Key"] = new_key(app, Scope.SCORES_READ)
        # Asked for since, which is logged as nobody's, and nobody has a history.
        assert client.get(f"/v1/scores/churn_60d/{who}").json()["status"] == "unknown_customer"
        answer = client.get(f"/v1/customers/{who}/scores/churn_60d/history")
    app.records.close()
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
