"""A whole base scored with reasons, beside a loop over the contributions of its ready rows.

One process, one thread of LightGBM: a larger machine runs one such process a core. The base is
Complete Journey's customers again and again under other ids, put into an online store of its own
and scored by a job (`POST /v1/jobs/scores`), a round for each share of it.
"""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from threading import Event
from time import perf_counter

import numpy as np
import pandas as pd

from features.clock import naive
from features.feature_sets import sets_of
from models_registry.bundle import Bundle
from models_registry.columns import Floats
from service.bootstrap import App, build, build_job_runner
from service.jobs.policy import POLICY
from service.memory import settle
from service.settings import Settings
from tests.benchmarks.serving import resident_mib
from tests.benchmarks.serving_bare import inputs

REASONS = 3
_SHARED = ("lake", "features", "feast", "mlflow", "models")


def whole_base(home: Path, model: str, customers: int, rounds: int) -> None:
    """Measure in a process of its own and print a table."""
    told = json.dumps([str(home.absolute()), model, customers, rounds])
    command = [sys.executable, "-W", "ignore", "-m", __name__, told]
    subprocess.run(command, env={**os.environ, "OMP_NUM_THREADS": "1"}, check=True)


def main() -> None:
    """Measure and print what the argument asks for."""
    home, model, customers, rounds = json.loads(sys.argv[1])
    with _own(Path(home)) as own:
        app = build(Settings(home=own))
        bundle = app.champions.get(model)
        ids = _filled(app, bundle, customers)
        settle()  # as a worker does
        shares = [each.tolist() for each in np.array_split(np.array(ids), rounds)]
        took: list[tuple[float, float]] = []
        held: list[tuple[float, float]] = []
        for share in shares:
            x = inputs(bundle, bundle.matrix(_online(app, bundle, share)))
            began = perf_counter()
            loop(bundle, x)
            between, before = perf_counter(), resident_mib()
            _job(app, model, share)
            took.append((perf_counter() - between, between - began))
            held.append((before, resident_mib()))
        app.records.close()
    ours, bare = (median(each) for each in zip(*took, strict=True))
    ratio = median(one / other for one, other in took)
    lines = [
        f"\n| {customers:,} customers with {REASONS} reasons, {rounds} rounds "
        "| customers a second | |",
        "|---|---:|---:|",
        f"| Shuke, a job | {len(shares[0]) / ours:,.0f} | {ratio:.2f} |",
        f"| loop of pred_contrib | {len(shares[0]) / bare:,.0f} | 1.00 |",
        # Between the jobs this process makes ready rows for the loop, which takes memory as well.
        f"\nResident before and after each job, MiB: {_spans(held)}.",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


def loop(bundle: Bundle, x: Floats) -> None:
    """Take the contributions of every row, as many at once as a job does."""
    booster = bundle.boosters["main"]
    for at in range(0, len(x), POLICY.part):
        booster.predict(x[at : at + POLICY.part], pred_contrib=True)


def _spans(held: list[tuple[float, float]]) -> str:
    return ", ".join(f"{before:,.0f} to {after:,.0f}" for before, after in held)


@contextmanager
def _own(home: Path) -> Iterator[Path]:
    """Give a home with the models and data of another, and its own online store and records."""
    with TemporaryDirectory(prefix="shuke-base-") as name:
        own = Path(name)
        for shared in _SHARED:
            (own / shared).symlink_to(home / shared)
        shutil.copytree(home / "online", own / "online")
        yield own


def _filled(app: App, bundle: Bundle, customers: int) -> list[str]:
    """Put copies of those the model judges online and return their ids."""
    service = bundle.meta.feature_service
    rows = app.store.online(service, app.store.customers(app.lake.today()))
    rows = rows[bundle.eligible(rows)].reset_index(drop=True)
    moment = naive(rows["as_of"].max().to_pydatetime())
    ids: list[str] = []
    while len(ids) < customers:
        some = rows.head(customers - len(ids))
        named = [f"{each}-{len(ids)}" for each in some["customer_id"]]
        for each in sets_of(service):
            of_it = some[list(each.columns)].assign(customer_id=named, as_of=pd.Timestamp(moment))
            app.store.put(each, of_it)
        ids += named
    return ids


def _online(app: App, bundle: Bundle, ids: list[str]) -> pd.DataFrame:
    return app.store.online(bundle.meta.feature_service, ids)


def _job(app: App, model: str, ids: list[str]) -> None:
    job = app.jobs.ask(model, ids, None, top_k=REASONS, seen=frozenset)
    build_job_runner(app).work(Event())
    done = app.jobs.get(job.job_id)
    if done.state != "done" or done.scored != len(ids):
        raise RuntimeError(f"The job is {done.state} with {done.scored} scores")


if __name__ == "__main__":
    main()
