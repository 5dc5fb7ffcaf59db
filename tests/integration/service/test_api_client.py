"""A typed client is made from the schema that is kept, and used against a served API."""

import importlib
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Thread
from types import ModuleType
from typing import Any

import pytest
import uvicorn
from openapi_python_client import generate
from openapi_python_client.config import Config, ConfigFile, MetaType

from service.api.app import create_app
from service.bootstrap import App, build_job_runner
from service.keys import Scope
from tests.integration.service.conftest import new_key

SPEC = Path(__file__).parents[3] / "docs" / "openapi.json"
PACKAGE = "shuke_client"
PATIENCE = 60.0
# What the generator has to be told of: a media type that it does not know is bytes.
SETTINGS = ConfigFile(
    package_name_override=PACKAGE,
    content_type_overrides={"application/x-ndjson": "application/octet-stream"},
    post_hooks=[],
)


@pytest.fixture(scope="session")
def generated(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder that holds the client's package."""
    folder = tmp_path_factory.mktemp("client")
    told = Config.from_sources(SETTINGS, MetaType.NONE, SPEC, "utf-8", True, folder / PACKAGE)
    assert list(generate(config=told)) == []
    return folder


@pytest.fixture(scope="session")
def package(generated: Path) -> Iterator[str]:
    sys.path.insert(0, str(generated))
    yield PACKAGE
    sys.path.remove(str(generated))


def part(*names: str) -> ModuleType:
    return importlib.import_module(".".join((PACKAGE, *names)))


@contextmanager
def served(app: App) -> Iterator[str]:
    """Serve an app, with its jobs, on a free port of this machine, and return its URL."""
    api = create_app(app, build_job_runner(app))
    server = uvicorn.Server(uvicorn.Config(api, host="127.0.0.1", port=0, log_level="warning"))
    thread = Thread(target=server.run)
    thread.start()
    try:
        give_up = time.monotonic() + PATIENCE
        while not server.started:
            assert thread.is_alive(), "the server ended"
            assert time.monotonic() < give_up, "the server did not start in time"
            time.sleep(0.02)
        [socket] = server.servers[0].sockets
        yield f"http://127.0.0.1:{socket.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture
def client(app: App, package: str) -> Iterator[Any]:
    with served(app) as url:
        kind = part("client").AuthenticatedClient
        with kind(base_url=url, token=new_key(app, Scope.ADMIN), timeout=60) as client:
            yield client


def test_the_client_type_checks(generated: Path) -> None:
    command = [sys.executable, "-m", "mypy", "--strict", "--cache-dir", ".mypy", PACKAGE]
    checked = subprocess.run(command, cwd=generated, capture_output=True, text=True, check=False)
    assert checked.returncode == 0, checked.stdout


def test_the_client_scores_some_and_reads_what_is_wrong_with_the_others(client: Any) -> None:
    models = part("models")
    explain = models.ScoreRequestExplain.TOP_K
    body = models.ScoreRequest(ids=["C00001", "", "nobody"], explain=explain, top_k=2)
    answer = part("api", "scores", "score").sync(model="churn_60d", client=client, body=body)
    known, unusable, unknown = answer.scores
    assert isinstance(known, models.Score)
    assert 0 <= known.value <= 1
    assert isinstance(unusable, models.Unscored)
    assert unusable.error.pointer == "#/ids/1"
    assert unknown.status is models.Status.UNKNOWN_CUSTOMER
    one = part("api", "scores", "score_one").sync(model="churn_60d", id="C00001", client=client)
    assert one.value == known.value


def test_the_client_scores_a_customer_it_describes(client: Any) -> None:
    models = part("models")
    features = models.DescribedFeatures.from_dict({"recency_days": 3.0, "active_days": 20})
    body = models.FeaturesRequest(customers=[models.Described(features=features, id="mine")])
    scored = part("api", "scores", "score_features")
    [score] = scored.sync(model="churn_60d", client=client, body=body).scores
    assert (score.customer_id, score.status) == ("mine", models.Status.OK)


def test_the_client_reads_a_problem(client: Any) -> None:
    models = part("models")
    body = models.ScoreRequest(ids=["C00001"])
    problem = part("api", "scores", "score").sync(model="magic", client=client, body=body)
    assert isinstance(problem, models.Problem)
    assert (problem.status, problem.code) == (404, "unknown-model")


def test_the_client_asks_for_a_job_and_fetches_its_files(client: Any) -> None:
    models, jobs = part("models"), ("api", "jobs")
    body = models.ScoresJobRequest(model="churn_60d", ids=["C00001", "nobody", "C00002"])
    job = part(*jobs, "ask_scores_job").sync(client=client, body=body)
    give_up = time.monotonic() + PATIENCE
    while job.state is not models.JobState.DONE:
        assert time.monotonic() < give_up, job
        time.sleep(0.05)
        job = part(*jobs, "job").sync(job_id=job.job_id, client=client)
    result = part(*jobs, "job_result").sync(job_id=job.job_id, client=client)
    errors = part(*jobs, "job_errors").sync(job_id=job.job_id, client=client)
    assert [line.count(b"customer_id") for line in result.payload.readlines()] == [1, 1]
    assert b"nobody" in errors.payload.read()
    assert (job.progress.scored, job.progress.unscored) == (2, 1)
