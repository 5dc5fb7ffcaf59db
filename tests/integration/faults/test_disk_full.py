"""The disk is full: writing is refused with 507, reading goes on, nothing half written counts."""

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from threading import Event

import orjson
import pytest
from fastapi.testclient import TestClient

from features.errors import is_no_room
from features.lake.lake import Lake
from service.bootstrap import App, build, build_job_runner
from service.settings import Settings
from tests.clocks import Clock
from tests.integration.faults.conftest import Serve
from tests.synthetic import ShopConfig, simulate

ROOM = 24 * 2**20  # beside what the home takes
ASKED = {"ids": ["C00001", "C00002"]}
LEAD = {"source": "web", "store_id": "1", "lead_id": "full-1"}
FULL = (503, 507)


@pytest.fixture
def small_disk(made: tuple[Path, str], tmp_path: Path) -> Iterator[Path]:
    """Return a home on a disk of its own with little room left."""
    place, mount = tmp_path / "disk", shutil.which("mount")
    place.mkdir()
    taken = sum(file.stat().st_size for file in made[0].rglob("*") if file.is_file())
    told = ["-t", "tmpfs", "-o", f"size={taken + ROOM}", "tmpfs", str(place)]
    if mount is None or subprocess.run([mount, *told], capture_output=True).returncode:
        pytest.skip("a small disk cannot be mounted here (mount -t tmpfs is not permitted)")
    try:
        yield Path(shutil.copytree(made[0], place / "home"))
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def app(small_disk: Path, clock: Clock) -> Iterator[App]:
    app = build(Settings(home=small_disk), clock=clock)
    yield app
    app.records.close()
    app.store.close()


@pytest.fixture
def client(app: App, key: str, serve: Serve) -> TestClient:
    return serve(app, key)


class Filler:
    """A file that takes all room there is."""

    def __init__(self, home: Path) -> None:
        self._file = home.parent / "filler"

    def fill(self) -> None:
        with self._file.open("ab", buffering=0) as file:
            for size in (2**20, 2**12, 1):
                try:
                    while file.write(b"x" * size) == size:
                        pass
                except OSError as error:
                    assert is_no_room(error)

    def give_back(self, size: int) -> None:
        os.truncate(self._file, self._file.stat().st_size - size)

    def free(self) -> None:
        self._file.unlink()


def refused(client: TestClient, path: str, body: object) -> str:
    answer = client.post(path, json=body)
    assert answer.status_code in FULL, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    return str(answer.json()["code"])


def test_writing_is_refused_reading_goes_on_and_all_is_well_with_room_again(
    app: App, client: TestClient, small_disk: Path
) -> None:
    assert client.post("/v1/scores/churn_60d", json=ASKED).status_code == 200
    filler = Filler(small_disk)
    filler.fill()
    told = {refused(client, "/v1/leads", {**LEAD, "attributes": {"note": "x" * 9_000}})}
    told.add(refused(client, "/v1/jobs/scores", {"model": "churn_60d", "ids": many(20_000)}))
    told.add(refused(client, "/v1/scores/churn_60d", {"ids": many(900)}))
    assert told <= {"storage-full", "records-unavailable"}
    assert client.get("/v1/me").status_code == 200
    assert client.get("/readyz").status_code == 200
    described = {"customers": [{"features": {"recency_days": 12.0}}]}
    assert client.post("/v1/scores/churn_60d/features", json=described).status_code == 200
    assert client.get("/v1/tasks", params={"limit": 1}).status_code in (200, *FULL)
    filler.free()
    assert client.post("/v1/leads", json=LEAD).status_code == 201
    assert client.post("/v1/scores/churn_60d", json=ASKED).status_code == 200
    for file in (small_disk / "scores" / "online").glob("*.jsonl"):
        lines = file.read_bytes()
        assert lines.endswith(b"\n")
        assert all(orjson.loads(line)["model"] for line in lines.splitlines())
    assert not list((small_disk / "jobs").rglob(".*"))


def test_a_score_log_cut_off_in_the_middle_of_a_line_takes_back_what_it_wrote(
    app: App, client: TestClient, small_disk: Path
) -> None:
    filler = Filler(small_disk)
    before = len(logged(small_disk))
    filler.fill()
    filler.give_back(8_192)
    scores = app.scorer.many
    with pytest.raises(OSError) as full:
        for _ in range(200):
            scores("churn_60d", many(40))
    assert is_no_room(full.value)
    filler.free()
    scores("churn_60d", ["C00001"])
    after = logged(small_disk)
    assert (len(after) - before) % 40 == 1
    assert app.score_log.online().count().execute() == len(after)


def test_a_job_waits_for_room_and_an_import_leaves_nothing_behind(
    app: App, client: TestClient, small_disk: Path, clock: Clock
) -> None:
    job = client.post("/v1/jobs/scores", json={"model": "churn_60d", "ids": many(4_000)}).json()
    lake = Lake(small_disk / "lake", threads=1)
    rows = lake.table("order_lines").count().execute()
    parts = sorted((small_disk / "lake" / "order_lines").glob("part-*"))
    filler, runner = Filler(small_disk), build_job_runner(app)
    filler.fill()
    orders = simulate(ShopConfig(customers=400, seed=99)).tables["order_lines"]
    with pytest.raises(OSError) as full:
        lake.append("order_lines", [orders], source="full", fingerprint="full")
    assert is_no_room(full.value)
    for _ in range(7):  # more often than a job that fails by itself is tried
        try:
            runner.work(Event())
        except Exception as error:
            assert type(error).__name__ in {"StorageFullError", "RecordsUnavailableError"}
    assert sorted((small_disk / "lake" / "order_lines").glob("part-*")) == parts
    filler.free()
    again = Lake(small_disk / "lake", threads=1)
    assert again.table("order_lines").count().execute() == rows
    assert not list((small_disk / "lake").glob(".staging-*"))
    clock.move(minutes=2)  # the last lease could not be given back
    assert runner.work(Event())
    assert app.jobs.get(job["job_id"]).state == "done"
    result, _ = app.jobs.result(job["job_id"])
    assert len(result.read_bytes().splitlines()) == 4_000


def many(number: int) -> list[str]:
    return [f"C{n % 40:05d}" for n in range(number)]


def logged(home: Path) -> list[bytes]:
    files = (home / "scores" / "online").glob("*.jsonl")
    return [line for file in files for line in file.read_bytes().splitlines()]
