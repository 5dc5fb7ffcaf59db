"""One item for each that was asked for: a score, or why there is none."""

import math
from dataclasses import replace

import lightgbm as lgb
import numpy as np
import pandas as pd
import pytest
from fastapi.testclient import TestClient

from models_registry.bundle import Bundle
from models_registry.categories import candidates
from models_registry.judge import judge
from models_registry.meta import CategoryHead
from models_registry.score import Score
from service.bootstrap import App
from service.champions import CUSTOMER_MODELS
from service.given import Value, read_features
from service.lead_rows import lead_rows

LONG = "x" * 129
EQUAL = 1e-12


def items(client: TestClient, path: str, body: dict) -> list[dict]:
    response = client.post(f"/v1/scores/{path}", json=body)
    assert response.status_code == 200, response.text
    return response.json()["scores"]


def described(row: pd.Series, bundle: Bundle) -> dict[str, Value]:
    """Return the features of a row as a request would tell them."""
    return {name: plain(row.get(name)) for name in read_features(bundle)}


def plain(value: object) -> Value:
    if isinstance(value, list | np.ndarray):
        return [plain(each) for each in value]  # type: ignore[return-value]
    if value is None or (isinstance(value, float) and math.isnan(value)):
        return None
    return value if isinstance(value, str) else float(value)  # type: ignore[arg-type]


def assert_equal_but_for_when(given: Score, stored: Score) -> None:
    same = {"as_of": None, "scored_at": stored.scored_at, "customer_id": None, "lead_id": None}
    numbers = ("value", "percentile", "baseline")
    for name in numbers:
        assert getattr(given, name) == pytest.approx(getattr(stored, name), abs=EQUAL)
    assert [r.contribution for r in given.reasons] == pytest.approx(
        [r.contribution for r in stored.reasons], abs=EQUAL
    )
    exact = [
        replace(
            one,
            **same,
            **dict.fromkeys((*numbers, "interval")),
            reasons=tuple(replace(reason, contribution=0.0) for reason in one.reasons),
        )
        for one in (given, stored)
    ]
    assert exact[0] == exact[1]


def test_an_unusable_id_is_an_error_of_its_own_and_the_others_have_scores(
    client: TestClient,
) -> None:
    ids = ["C00001", "", "C00002", LONG, "a\nb", "C00003"]
    found = items(client, "churn_60d", {"ids": ids})
    assert [one.get("customer_id") for one in found] == [
        "C00001", None, "C00002", None, None, "C00003",
    ]  # fmt: skip
    errors = {at: one["error"] for at, one in enumerate(found) if "error" in one}
    assert {at: error["pointer"] for at, error in errors.items()} == {
        1: "#/ids/1",
        3: "#/ids/3",
        4: "#/ids/4",
    }
    assert {error["code"] for error in errors.values()} == {"unusable-id"}
    assert found[3]["id"] == LONG


def test_a_request_of_nothing_but_unusable_ids_is_answered(client: TestClient) -> None:
    for model in ("churn_60d", "lead_score"):
        assert [one["error"]["code"] for one in items(client, model, {"ids": ["", ""]})] == [
            "unusable-id",
            "unusable-id",
        ]


@pytest.mark.parametrize("model", CUSTOMER_MODELS)
def test_one_score_is_that_of_many(client: TestClient, model: str) -> None:
    [many] = items(client, model, {"ids": ["C00001"], "explain": "top_k", "top_k": 2})
    one = client.get(f"/v1/scores/{model}/C00001?explain=top_k&top_k=2").json()
    assert {**one, "scored_at": ""} == {**many, "scored_at": ""}


def test_a_full_explanation_adds_up_to_the_margin(client: TestClient, app: App) -> None:
    bundle = app.champions.get("churn_60d")
    ids = app.store.customers(app.lake.today())
    rows = app.store.online(bundle.meta.feature_service, ids)
    judged = bundle.eligible(rows)
    parts = bundle.contributions(rows)
    scores = items(client, "churn_60d", {"ids": ids, "explain": "full", "top_k": 1})
    told = [sum(reason["contribution"] for reason in score["reasons"]) for score in scores]
    np.testing.assert_allclose(
        np.array(told)[judged], parts[judged, :-1].sum(axis=1), rtol=0, atol=1e-9
    )
    assert max(len(score["reasons"]) for score in scores) > 3


@pytest.mark.parametrize("model", CUSTOMER_MODELS)
def test_features_given_score_as_those_in_the_store(app: App, model: str) -> None:
    bundle = app.champions.get(model)
    ids = app.store.customers(app.lake.today())
    rows = app.store.online(bundle.meta.feature_service, ids)
    stored = app.scorer.many(model, ids, top_k=None)
    given = app.scorer.given(
        bundle, [described(row, bundle) for _, row in rows.iterrows()], ids, top_k=None
    )
    for ours, theirs in zip(given, stored, strict=True):
        assert_equal_but_for_when(ours, theirs)


def test_a_lead_described_scores_as_the_one_captured(app: App) -> None:
    bundle = app.champions.get("lead_score")
    leads = app.lake_reader.open_leads(app.lake.today(), 30)
    rows = lead_rows(app.store, bundle, leads, as_captured=False, lake=app.lake_reader)
    told = [described(row, bundle) for _, row in rows.iterrows()]
    stored = app.scorer.leads(leads, top_k=None)
    given = app.scorer.given(bundle, told, [lead.lead_id for lead in leads], top_k=None)
    assert [one.lead_id for one in given] == [lead.lead_id for lead in leads]
    for ours, theirs in zip(given, stored, strict=True):
        assert_equal_but_for_when(ours, theirs)


def test_lists_of_categories_can_be_given_too(app: App) -> None:
    plainly = app.champions.get("next_purchase")
    ids = app.store.customers(app.lake.today())
    rows = app.store.online(plainly.meta.feature_service, ids)
    lists = {n: k for n, k in _list_kinds(rows).items() if n in rows}
    key = next(name for name, kind in lists.items() if kind is str)
    arrays = tuple(name for name, kind in lists.items() if kind is float)
    head = CategoryHead(key=key, arrays=arrays, features=(*arrays, "recency_days"))
    pairs = candidates(head, rows).x
    chance = np.random.default_rng(3).integers(0, 2, len(pairs))
    told = {"objective": "binary", "num_leaves": 5, "min_data_in_leaf": 5, "verbosity": -1}
    booster = lgb.train({**told, "num_threads": 1}, lgb.Dataset(pairs, chance), 5)
    bundle = Bundle(replace(plainly.meta, category=head), {**plainly.boosters, "category": booster})
    stored = judge(bundle, rows, scored_at=app.clock(), max_age_days=3.0)
    given = app.scorer.given(bundle, [described(row, bundle) for _, row in rows.iterrows()], ids)
    assert max(len(one.categories) for one in given) > 1
    for ours, theirs in zip(given, stored, strict=True):
        assert [one.category for one in ours.categories] == [
            one.category for one in theirs.categories
        ]
        assert [one.probability for one in ours.categories] == pytest.approx(
            [one.probability for one in theirs.categories], abs=EQUAL
        )


def _list_kinds(rows: pd.DataFrame) -> dict[str, type]:
    filled = {
        name: next((each for each in rows[name] if isinstance(each, list) and each), None)
        for name in rows
    }
    return {name: type(one[0]) for name, one in filled.items() if one is not None}


def test_nothing_of_features_given_is_stored(client: TestClient, app: App) -> None:
    before = sorted(path for path in app.settings.home.rglob("*") if path.is_file())
    sizes = [path.stat().st_size for path in before if path.suffix in (".jsonl", ".parquet")]
    told = {"customers": [{"id": "zq-never-stored-41", "features": {"recency_days": 3.0}}]}
    [found] = items(client, "churn_60d/features", told)
    assert (found["customer_id"], found["status"]) == ("zq-never-stored-41", "cold_start")
    after = sorted(path for path in app.settings.home.rglob("*") if path.is_file())
    kept = [path for path in after if path.suffix in (".jsonl", ".parquet")]
    assert [path.stat().st_size for path in kept] == sizes
    assert b"zq-never-stored-41" not in b"".join(path.read_bytes() for path in after)


def test_what_the_model_cannot_read_is_pointed_at_with_the_nearest_name(
    client: TestClient,
) -> None:
    told = {
        "customers": [
            {"features": {"recency_days": 3}},
            {"id": "a", "features": {"recency_days": 3, "recency_dys": 3}},
            {"features": {"weather/now": 1}},
            {"features": {"recency_days": "three"}},
            {"features": {"recency_days": None}},
            {"features": {"active_days": [1, 2]}},
        ]
    }
    found = items(client, "churn_60d/features", told)
    errors = {at: one["error"] for at, one in enumerate(found) if "error" in one}
    assert {at: (error["code"], error["pointer"]) for at, error in errors.items()} == {
        1: ("unknown-feature", "#/customers/1/features/recency_dys"),
        2: ("unknown-feature", "#/customers/2/features/weather~1now"),
        3: ("unusable-value", "#/customers/3/features/recency_days"),
        5: ("unusable-value", "#/customers/5/features/active_days"),
    }
    assert "did you mean recency_days?" in errors[1]["detail"]
    assert "it reads recency_days" in errors[2]["detail"]
    assert found[1]["id"] == "a"
    assert found[4]["status"] == "cold_start"


@pytest.mark.parametrize("value", [True, {"a": 1}, 1e13, ["a", [1]], "x" * 257])
def test_a_value_that_is_none_is_refused_by_the_schema(client: TestClient, value: object) -> None:
    body = {"customers": [{"features": {"recency_days": value}}]}
    response = client.post("/v1/scores/churn_60d/features", json=body)
    assert (response.status_code, response.json()["code"]) == (422, "invalid-request")
    assert response.json()["errors"][0]["pointer"].startswith("#/customers/0/features/recency_days")
