"""A challenger scores what the champion scores, and nobody ever sees or feels it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Event
from urllib.parse import urlsplit

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from models_registry.bundle import Bundle
from models_registry.score import Score
from models_registry.score_log import ScoreLog
from models_registry.settings import Settings as ModelSettings
from service import shadow
from service.bootstrap import App
from service.night_steps import score_customers
from service.repository.rows import LeadRecord
from service.shadow import Answered, Shadow, ShadowPolicy

MODEL = "churn_60d"
IDS = ["C00001", "C00002", "nobody"]


@pytest.fixture
def challenged(app: App) -> App:
    """Return the service with a second version of a model as challenger."""
    again = app.registry.load(MODEL, app.registry.champion_version(MODEL))
    bundle = Bundle(replace(again.meta, bands=(("low", 0.0), ("high", 0.2))), again.boosters)
    version = app.registry.log(bundle, metrics={}, params={}, lineage={})
    app.registry.challenge(MODEL, version)
    return app


def shadow_log(app: App) -> ScoreLog:
    return ScoreLog(ModelSettings(home=app.settings.home).shadow_dir)


def written(app: App) -> dict[Path, int]:
    files = ModelSettings(home=app.settings.home).shadow_dir.rglob("*.*")
    return {file: file.stat().st_mtime_ns for file in files}


def said(scores: list[Score]) -> list[float | None]:
    return [score.value for score in scores]


def test_a_request_is_scored_by_both_at_the_same_moment(challenged: App) -> None:
    answered = challenged.scorer.many(MODEL, IDS)
    challenged.shadow.close(finish=True)
    logged = shadow_log(challenged).online().to_pandas()
    assert {score.model_version for score in answered} == {"1"}
    assert set(logged["model_version"]) == {"2"}
    assert logged["customer_id"].tolist() == IDS
    assert logged["status"].tolist() == [score.status.value for score in answered]
    assert logged["value"].astype(object).where(logged["value"].notna(), None).tolist() == said(
        answered
    )
    assert set(logged["scored_at"]) == {pd.Timestamp(answered[0].scored_at).tz_localize(None)}


def test_nothing_of_it_is_in_history_lists_or_answers(challenged: App, client: TestClient) -> None:
    before = challenged.score_log.batches(MODEL)
    challenged.scorer.many(MODEL, IDS)
    as_of = before[-1][0]
    score_customers(challenged, as_of)
    challenged.shadow.close(finish=True)
    assert shadow_log(challenged).batches(MODEL) == [(as_of, "2")]
    assert challenged.score_log.batches(MODEL) == before
    assert set(challenged.score_log.history("C00001")["model_version"]) == {"1"}
    listed = client.get("/v1/at-risk").json()
    assert listed["model_version"] == "1"
    answer = client.get("/v1/customers/C00001/scores").json()
    assert {score["model_version"] for score in answer["scores"]} == {"1"}


def test_a_night_is_scored_by_both_and_a_rerun_adds_nothing(challenged: App) -> None:
    as_of, _ = challenged.score_log.batches(MODEL)[-1]
    score_customers(challenged, as_of)
    ours = challenged.score_log.batch(MODEL, as_of).to_pandas()
    theirs = shadow_log(challenged).batch(MODEL, as_of).to_pandas()
    assert set(theirs["model_version"]) == {"2"}
    assert theirs["customer_id"].tolist() == ours["customer_id"].tolist()
    assert theirs["value"].tolist() == ours["value"].tolist()
    before = written(challenged)
    score_customers(challenged, as_of)
    assert written(challenged) == before


def test_leads_are_scored_by_both(app: App) -> None:
    bundle = app.registry.champion("lead_score")
    app.registry.challenge(
        "lead_score", app.registry.log(bundle, metrics={}, params={}, lineage={})
    )
    as_of = app.lake.today()
    leads = [
        LeadRecord(f"shadow-{n}", as_of - timedelta(days=n + 1), "web", medium="phone")
        for n in range(3)
    ]
    batch = app.scorer.lead_batch(leads, as_of)
    logged = shadow_log(app).batch("lead_score", as_of).to_pandas()
    assert logged["lead_id"].tolist() == [lead.lead_id for lead in leads]
    assert logged["value"].tolist() == said(batch.scores)


def test_without_a_challenger_nothing_is_written(app: App) -> None:
    app.scorer.many(MODEL, IDS)
    app.shadow.close(finish=True)
    assert not ModelSettings(home=app.settings.home).shadow_dir.exists()


@pytest.mark.parametrize("damage", ["file", "column"])
def test_a_challenger_that_fails_fails_no_request_and_no_night(
    challenged: App, damage: str
) -> None:
    if damage == "file":
        run = challenged.registry._version(MODEL, "2").run_id
        place = challenged.registry._mlflow.get_run(run).info.artifact_uri
        Path(urlsplit(place).path, "bundle", "main.txt").write_text("no trees")
    else:
        champion = challenged.registry.champion(MODEL)
        meta = replace(champion.meta, features=("not_a_feature", *champion.meta.features[1:]))
        strange = Bundle(meta, champion.boosters)
        version = challenged.registry.log(strange, metrics={}, params={}, lineage={})
        challenged.registry.challenge(MODEL, version)
    assert len(challenged.scorer.many(MODEL, IDS)) == len(IDS)
    as_of, _ = challenged.score_log.batches(MODEL)[-1]
    assert score_customers(challenged, as_of)[MODEL].scores
    challenged.shadow.close(finish=True)
    assert written(challenged) == {}


@pytest.fixture
def slow(challenged: App, monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[Shadow, Event]]:
    """Return a shadow with room for two, whose challenger waits for the event."""
    challenged.champions.load_all()
    go, judge = Event(), shadow.judge

    def waiting(*args: object, **named: object) -> list[Score]:
        go.wait()
        return judge(*args, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(shadow, "judge", waiting)
    made = Shadow(challenged.champions, shadow_log(challenged), 3.0, policy=ShadowPolicy(waiting=2))
    yield made, go
    go.set()
    made.close(finish=True)


def test_a_slow_challenger_is_left_behind(challenged: App, slow: tuple[Shadow, Event]) -> None:
    behind, go = slow
    scorer = replace(challenged.scorer, shadow=behind)
    answers = [scorer.many(MODEL, IDS) for _ in range(5)]
    assert [len(answer) for answer in answers] == [len(IDS)] * 5
    go.set()
    behind.close(finish=True)
    assert len(shadow_log(challenged).online().to_pandas()) == 2 * len(IDS)


def test_rows_that_lack_what_the_challenger_reads_are_read_again(app: App) -> None:
    bundle = app.champions.get(MODEL)
    scores = app.scorer.many(MODEL, IDS)
    again = app.store.online(bundle.meta.feature_service, IDS)
    lacking = Answered(scores, again.drop(columns=[bundle.inputs[0]]), lambda _: again)
    assert lacking.rows_for(bundle) is again
    assert Answered(scores, again, lambda _: lacking.rows).rows_for(bundle) is again
