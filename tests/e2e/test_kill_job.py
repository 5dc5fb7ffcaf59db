"""Two workers are killed again and again in the middle of a job; no row is lost or doubled."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path

import pytest

from features.lake.lake import Lake
from models_registry.registry import Registry
from models_registry.settings import Settings as ModelSettings
from service.bootstrap import App, build
from service.jobs.asked import Format
from service.jobs.policy import JobPolicy
from service.repository.jobs import Job
from service.settings import Settings
from tests.integration.service.tiny_models import tiny_bundles
from tests.records_urls import postgres_url, sqlite_url, url
from tests.synthetic import ShopConfig, fill, simulate

__all__ = ["postgres_url", "sqlite_url", "url"]

CUSTOMERS = 40
IDS = 4_000
PART = 50
KILLS = 2
PATIENCE = 180.0
WORK = """
from datetime import timedelta
from threading import Event
from service.bootstrap import build, build_job_runner
from service.jobs.policy import JobPolicy
quick = JobPolicy(lease=timedelta(seconds=1), beat=timedelta(seconds=0.2), poll=0.05, attempts=99)
build_job_runner(build(), quick).run(Event())
"""


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    home = tmp_path_factory.mktemp("killed-job")
    lake = Lake(home / "lake", threads=1)
    fill(lake, simulate(ShopConfig(customers=CUSTOMERS)))
    app = build(Settings(home=home))
    app.store.build([lake.today()])
    app.store.materialize(lake.today())
    registry = Registry(ModelSettings(home=home))
    for bundle in tiny_bundles(app.store, lake.today()):
        version = registry.log(bundle, metrics={}, params={}, lineage={})
        registry.promote(bundle.meta.model, version, "test")
    app.records.close()
    return home


def start(home: Path, url: str) -> "subprocess.Popen[bytes]":
    environment = {**os.environ, "SHUKE_HOME": str(home), "SHUKE_DATABASE_URL": url}
    with (home / "log").open("ab") as log:
        command = [sys.executable, "-W", "error::UserWarning", "-c", WORK]
        return subprocess.Popen(command, env=environment, stdout=log, stderr=log)


def wait_for(app: App, job_id: str, done: int) -> Job:
    give_up = time.monotonic() + PATIENCE
    while time.monotonic() < give_up:
        job = app.jobs.get(job_id)
        if job.scored + job.unscored >= done and (done < job.total or job.state == "done"):
            return job
        time.sleep(0.02)
    pytest.fail(f"waited in vain; {job}")


def test_killed_at_any_moment_no_row_is_lost_or_doubled(home: Path, url: str) -> None:
    app = build(Settings(home=home, database_url=url))
    ids = [f"C{n % CUSTOMERS:05d}" if n % 10 else f"nobody {n}" for n in range(IDS)]
    desk = replace(app.jobs, policy=JobPolicy(part=PART))
    job = desk.ask("churn_60d", ids, None, top_k=None, form=Format.NDJSON)
    rng, seen = random.Random(11), 0
    workers = [start(home, url), start(home, url)]
    try:
        for kill in range(KILLS):
            seen = wait_for(app, job.job_id, seen + 3 * PART).scored
            time.sleep(rng.uniform(0, 0.1))
            # Both at once: whoever has the job is among them.
            for each in workers:
                assert each.poll() is None, (home / "log").read_text()
                each.send_signal(signal.SIGKILL)
                each.wait(timeout=60)
            middle = app.jobs.get(job.job_id)
            assert middle.state == "running", f"too late to kill {kill}: {middle}"
            seen = middle.scored + middle.unscored
            workers = [start(home, url), start(home, url)]
        ended = wait_for(app, job.job_id, IDS)
    finally:
        for each in workers:
            each.kill()
            each.wait(timeout=60)
    assert (ended.scored, ended.unscored) == (IDS * 9 // 10, IDS // 10)
    result, _ = app.jobs.result(job.job_id)
    rows = [json.loads(line)["customer_id"] for line in result.read_text().splitlines()]
    assert rows == [one for one in ids if not one.startswith("nobody")]
    told = [json.loads(line) for line in app.jobs.errors(job.job_id).read_text().splitlines()]
    assert [(error["id"], error["index"]) for error in told] == [
        (one, n) for n, one in enumerate(ids) if one.startswith("nobody")
    ]
    app.records.close()
