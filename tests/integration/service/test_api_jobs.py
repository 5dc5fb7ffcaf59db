"""Jobs over HTTP: asked for, made part by part, fetched, cancelled, forgotten."""

import csv
import io
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from threading import Event

import pandas as pd
import pytest
from fastapi.testclient import TestClient

from features.clock import now
from service.api.app import create_app
from service.bootstrap import App, build_job_runner
from service.jobs.policy import JobPolicy
from service.jobs.runner import JobRunner
from service.keys import Scope
from tests.integration.service.conftest import new_key

SMALL = JobPolicy(part=7, rest=0.0, attempts=2)
IDS = [f"C{n:05d}" for n in range(20)]


@pytest.fixture
def app(app: App) -> App:
    return replace(app, jobs=replace(app.jobs, policy=SMALL))


@pytest.fixture
def runner(app: App) -> JobRunner:
    return build_job_runner(app, SMALL)


def ask(client: TestClient, **asked: object) -> dict:
    answer = client.post("/v1/jobs/scores", json={"model": "churn_60d", **asked})
    assert answer.status_code == 202, answer.text
    assert answer.headers["location"] == answer.json()["links"]["self"]
    return answer.json()


def state(client: TestClient, job: dict) -> dict:
    answer = client.get(job["links"]["self"])
    assert answer.status_code == 200, answer.text
    return answer.json()


def done(client: TestClient, runner: JobRunner, **asked: object) -> dict:
    job = ask(client, **asked)
    assert runner.work(Event())
    after = state(client, job)
    assert after["state"] == "done", after
    return after


def lines(text: str) -> list[dict]:
    return [json.loads(line) for line in text.splitlines()]


def test_a_result_holds_what_requests_answer_in_the_order_asked_for(
    client: TestClient, runner: JobRunner
) -> None:
    ids = [IDS[3], "nobody", "", *reversed(IDS), "a\x00b", IDS[3]]
    job = done(client, runner, ids=ids, explain="top_k", top_k=2, lang="zh-CN")
    assert job["progress"] == {"total": 25, "done": 25, "scored": 22, "unscored": 3}
    answer = client.get(job["links"]["result"])
    assert answer.headers["content-type"] == "application/x-ndjson"
    body = {"ids": [IDS[3], *reversed(IDS), IDS[3]], "explain": "top_k", "top_k": 2}
    scores = client.post("/v1/scores/churn_60d", json={**body, "lang": "zh-CN"}).json()["scores"]
    when = {"scored_at": ""}
    assert [row | when for row in lines(answer.text)] == [score | when for score in scores]
    assert [
        (error["id"], error["index"], error["code"])
        for error in lines(client.get(job["links"]["errors"]).text)
    ] == [("nobody", 1, "unknown-subject"), ("", 2, "unusable-id"), ("a\x00b", 23, "unusable-id")]


def test_csv_and_parquet_hold_the_same_numbers(client: TestClient, runner: JobRunner) -> None:
    asked = {"ids": IDS, "explain": "top_k", "top_k": 1}
    plain = lines(client.get(done(client, runner, **asked)["links"]["result"]).text)
    text = client.get(done(client, runner, **asked, format="csv")["links"]["result"]).text
    table = client.get(done(client, runner, **asked, format="parquet")["links"]["result"])
    assert text.startswith("\ufeffcustomer_id,")
    from_csv = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"), newline="")))
    from_parquet = pd.read_parquet(io.BytesIO(table.content))
    values = [row["value"] for row in plain]
    assert [float(row["value"]) for row in from_csv] == values
    assert from_parquet["value"].tolist() == values
    assert [row["reasons"] for row in from_csv] == [
        "; ".join(reason["text"] for reason in row["reasons"]) for row in plain
    ]
    assert [row["as_of"] for row in from_csv] == [row["as_of"] for row in plain]
    assert [json.loads(one) for one in from_parquet["reasons"]] == [row["reasons"] for row in plain]


def test_everybody_of_a_moment_is_scored_as_in_that_night(
    client: TestClient, app: App, runner: JobRunner
) -> None:
    moment = app.lake.today()
    job = done(client, runner, as_of=moment.isoformat())
    night = app.score_log.batch("churn_60d", moment).execute().set_index("customer_id").value
    found = lines(client.get(job["links"]["result"]).text)
    assert [row["customer_id"] for row in found] == app.store.customers(moment)
    assert [row["value"] for row in found] == pytest.approx(
        night[[row["customer_id"] for row in found]].tolist(), abs=1e-9
    )


def test_leads_are_scored_in_jobs_too(client: TestClient, app: App, runner: JobRunner) -> None:
    lead = app.lake.frame("leads").lead_id.iloc[-1]
    job = done(client, runner, model="lead_score", ids=[lead, "nothing"])
    assert job["progress"]["scored"] == 1
    [row] = lines(client.get(job["links"]["result"]).text)
    assert row["lead_id"] == lead


@pytest.mark.parametrize("form", ["ndjson", "csv", "parquet"])
def test_a_job_of_nothing_but_errors_has_an_empty_result(
    client: TestClient, runner: JobRunner, form: str
) -> None:
    job = done(client, runner, ids=["", "nobody"], format=form)
    assert job["progress"] == {"total": 2, "done": 2, "scored": 0, "unscored": 2}
    body = client.get(job["links"]["result"]).content
    if form == "parquet":
        assert len(pd.read_parquet(io.BytesIO(body))) == 0
    else:
        assert len(body.splitlines()) == (1 if form == "csv" else 0)


def test_before_a_job_is_done_there_is_no_result(client: TestClient) -> None:
    job = ask(client, ids=IDS)
    assert (job["state"], job["links"]["result"]) == ("queued", None)
    for what in ("result", "errors"):
        answer = client.get(f"{job['links']['self']}/{what}")
        assert (answer.status_code, answer.json()["code"]) == (409, "job-not-done")


def test_a_cancelled_job_is_not_made_and_a_done_one_not_cancelled(
    client: TestClient, runner: JobRunner
) -> None:
    job = ask(client, ids=IDS)
    for _ in range(2):
        assert client.delete(job["links"]["self"]).json()["state"] == "cancelled"
    assert not runner.work(Event())
    ready = done(client, runner, ids=IDS[:1])
    answer = client.delete(ready["links"]["self"])
    assert (answer.status_code, answer.json()["code"]) == (409, "job-finished")


def test_a_job_cancelled_while_it_runs_stops_at_its_part(
    client: TestClient, app: App, runner: JobRunner
) -> None:
    class Cancelling:
        """Stands for `stop`, asked before every part: cancels before the second."""

        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            if self.asked == 2:
                client.delete(job["links"]["self"])
            return False

    job = ask(client, ids=IDS)
    assert runner.work(Cancelling())  # type: ignore[arg-type]
    after = state(client, job)
    assert (after["state"], after["progress"]["done"]) == ("cancelled", 7)


def test_a_job_told_to_stop_goes_on_where_it_was(client: TestClient, runner: JobRunner) -> None:
    class Second:
        asked = 0

        def is_set(self) -> bool:
            self.asked += 1
            return self.asked == 2

    job = ask(client, ids=IDS)
    assert runner.work(Second())  # type: ignore[arg-type]
    assert state(client, job)["progress"]["done"] == 7
    assert state(client, job)["state"] == "queued"
    assert runner.work(Event())
    rows = lines(client.get(state(client, job)["links"]["result"]).text)
    assert [row["customer_id"] for row in rows] == IDS


def test_rows_come_from_the_version_that_was_champion_when_asked(
    client: TestClient, app: App, runner: JobRunner
) -> None:
    job = ask(client, ids=IDS)
    bundle = app.registry.champion("churn_60d")
    again = replace(bundle, meta=replace(bundle.meta, version=""))
    version = app.registry.log(again, metrics={}, params={}, lineage={})
    app.registry.promote("churn_60d", version, "test")
    app.champions.refresh()
    assert app.champions.get("churn_60d").meta.version == version != job["model_version"]
    assert runner.work(Event())
    rows = lines(client.get(state(client, job)["links"]["result"]).text)
    assert {row["model_version"] for row in rows} == {job["model_version"]}


def test_a_failed_job_says_why_and_one_that_may_pass_is_tried_again(
    client: TestClient, app: App, runner: JobRunner
) -> None:
    job = ask(client, ids=IDS)
    files = app.settings.job_dir / job["job_id"] / "ids.ndjson"
    hidden = files.rename(files.with_suffix(".hidden"))
    assert runner.work(Event())
    assert state(client, job)["state"] == "queued"
    assert runner.work(Event())
    failed = state(client, job)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "internal-error")
    assert str(hidden.parent) not in json.dumps(failed)


def test_a_moment_of_which_no_features_were_built_fails_the_job_with_what_to_do(
    client: TestClient, app: App, runner: JobRunner
) -> None:
    moment = app.lake.today() - timedelta(days=100)
    job = ask(client, ids=IDS, as_of=moment.isoformat())
    for _ in range(SMALL.attempts):
        assert runner.work(Event())
    failed = state(client, job)
    assert (failed["state"], failed["error"]["code"]) == ("failed", "features-missing")
    assert "shuke features build" in failed["error"]["todo"]


def test_a_job_that_ends_its_process_every_time_fails(
    client: TestClient, app: App, runner: JobRunner
) -> None:
    job, clock = ask(client, ids=IDS), app.clock()
    for _ in range(SMALL.attempts):
        with app.records.transaction() as work:
            work.jobs.take("killed", clock, clock - timedelta(seconds=1))
    assert runner.work(Event())
    assert (state(client, job)["state"], state(client, job)["error"]["code"]) == (
        "failed",
        "not-ready",
    )


def test_what_has_expired_is_forgotten_with_its_files(
    client: TestClient, app: App, runner: JobRunner
) -> None:
    job, kept = done(client, runner, ids=IDS), ask(client, ids=IDS)
    later: datetime = now() + SMALL.keep + timedelta(minutes=1)
    (app.settings.job_dir / "stranger").mkdir()
    build_job_runner(replace(app, clock=lambda: later), SMALL).sweep()
    answer = client.get(job["links"]["self"])
    assert (answer.status_code, answer.json()["code"]) == (404, "not-found")
    assert [folder.name for folder in app.settings.job_dir.iterdir()] == [kept["job_id"]]


def test_a_done_job_keeps_its_two_files_and_nothing_else(
    client: TestClient, app: App, runner: JobRunner
) -> None:
    job = done(client, runner, ids=IDS, format="csv")
    files = (app.settings.job_dir / job["job_id"]).iterdir()
    assert sorted(file.name for file in files) == ["errors.ndjson", "result.csv"]


@pytest.mark.parametrize(
    ("asked", "status", "code"),
    [
        ({"model": "magic", "ids": ["1"]}, 404, "unknown-model"),
        ({"model": "churn_60d"}, 422, "invalid-request"),
        ({"model": "churn_60d", "ids": []}, 422, "invalid-request"),
        ({"model": "churn_60d", "ids": ["1"], "format": "xlsx"}, 422, "invalid-request"),
        ({"model": "lead_score", "as_of": "2017-12-30T00:00:00Z"}, 422, "bad-input"),
        ({"model": "churn_60d", "as_of": "2016-12-30T00:00:00Z"}, 404, "not-found"),
    ],
)
def test_what_cannot_become_a_job_is_refused(
    client: TestClient, app: App, asked: dict, status: int, code: str
) -> None:
    answer = client.post("/v1/jobs/scores", json=asked)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert not app.settings.job_dir.exists()


def test_a_job_may_have_a_body_that_other_routes_refuse(client: TestClient) -> None:
    ids = [f"{number:020d}" for number in range(100_000)]
    assert client.post("/v1/scores/churn_60d", json={"ids": ids}).status_code == 413
    assert ask(client, ids=ids)["progress"]["total"] == 100_000


def test_jobs_need_the_scope_of_scores(client: TestClient, app: App) -> None:
    key = {"X-API-Key": new_key(app, Scope.TASKS_READ)}
    for method, path in [
        ("POST", "/v1/jobs/scores"),
        ("GET", "/v1/jobs/x"),
        ("GET", "/v1/jobs/x/result"),
        ("GET", "/v1/jobs/x/errors"),
        ("DELETE", "/v1/jobs/x"),
    ]:
        assert client.request(method, path, headers=key).status_code == 403


@pytest.fixture
def busy(app: App) -> Iterator[TestClient]:
    api = create_app(app, build_job_runner(app, replace(SMALL, poll=0.01)))
    with TestClient(api) as client:
        client.headers["X-API-Key"] = new_key(app, Scope.ADMIN)
        yield client


def test_a_served_runner_does_jobs_by_itself_and_ends_with_the_service(busy: TestClient) -> None:
    job = ask(busy, ids=IDS)
    wait = Event()
    for _ in range(2_000):
        if state(busy, job)["state"] == "done":
            return
        wait.wait(0.02)
    pytest.fail("the job was not done in time")
