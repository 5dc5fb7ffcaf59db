"""How fast scores are given beside the least that could give them. `make bench-service`.

Contenders take turns within each round; a figure is the median of the rounds. Every answer under
load is checked. `--home` measures a home that is there (of `shuke demo`); otherwise Complete
Journey is imported and the models it needs are trained.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import TypeVar

import httpx2 as httpx
import numpy as np
import orjson

from features.clock import now
from models_registry.bundle import Bundle
from models_registry.columns import Floats
from service.bootstrap import App, build
from service.keys import Scope, create
from service.settings import Settings
from tests.benchmarks import serving
from tests.benchmarks.serving_bare import PATHS, inputs
from tests.benchmarks.serving_base import whole_base
from tests.benchmarks.serving_load import Ask, Load, Target, written, wrk

MODEL = "churn_60d"
CONNECTIONS = (1, 16)
MANY = 1_000
Found = TypeVar("Found")
_EXPLAINED = "/v1/scores/" + MODEL + "/{id}?explain=top_k&top_k=3"
_PLAIN = "/v1/scores/" + MODEL + "/{id}?explain=none"
_OURS = '"value":([%d%.eE%-]+),"percentile"'
_BARE = '"value":([%d%.eE%-]+)'
_MLFLOW = "%[([%d%.eE%-]+)%]"


@dataclass(frozen=True)
class Bench:
    """What is measured: a home, its model, and the rows its customers have online."""

    home: Path
    folder: Path
    bundle: Bundle
    ids: list[str]
    x: Floats
    key: str
    rounds: int
    seconds: int


def main() -> None:
    """Measure and print one Markdown table a question."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--home", type=Path)
    asked.add_argument("--rounds", type=int, default=5)
    asked.add_argument("--seconds", type=int, default=3)
    asked.add_argument("--base", type=int, default=250_000, help="customers of a whole base")
    options = asked.parse_args()
    wrk()
    with TemporaryDirectory(prefix="shuke-bench-") as name:
        folder = Path(name)
        home = options.home or _trained(folder / "home")
        bench = _prepared(home, folder, options.rounds, options.seconds)
        starts(bench)
        requests(bench)
        many(bench)
        whole_base(home, bench.bundle.meta.model, options.base, options.rounds)


def starts(bench: Bench) -> None:
    """Start the server some times, one after the other."""
    found = []
    for _ in range(bench.rounds):
        with serving.ours(bench.home) as served:
            found.append((served.seconds, served.resident_mib))
    seconds, mib = (median(each) for each in zip(*found, strict=True))
    _show(f"\nReady {seconds:.1f} s after its start, holding {mib:,.0f} MiB.")


def requests(bench: Bench) -> None:
    """One stored customer: ours, the bare application, and MLflow without reasons."""
    with ExitStack() as stack:
        ours = stack.enter_context(serving.ours(bench.home))
        bare = stack.enter_context(serving.bare(_bare_folder(bench)))
        mlflow = stack.enter_context(serving.mlflow(_mlflow_folder(bench)))
        asks = partial(_asks, bench)
        explained = Target(ours.port, asks("ours", _EXPLAINED), _OURS, bench.key)
        plain = Target(ours.port, asks("ours-plain", _PLAIN), _OURS, bench.key)
        contenders = {
            "Shuke, explained": explained,
            "bare, contributions": Target(
                bare.port, asks("bare", PATHS["explained"] + "{id}"), _BARE
            ),
            "Shuke, score only": plain,
            "bare, score only": Target(
                bare.port, asks("bare-plain", PATHS["plain"] + "{id}"), _BARE
            ),
            "mlflow models serve, no reasons": Target(mlflow.port, _mlflow_asks(bench), _MLFLOW),
        }
        for connections in CONNECTIONS:
            loads = {
                name: partial(target.load, connections, bench.seconds)
                for name, target in contenders.items()
            }
            _report(f"One stored customer, {connections} connection(s)", _race(loads, bench.rounds))
        _show(f"\nThe server held {ours.resident_mib:,.0f} MiB after that.")


def many(bench: Bench) -> None:
    """1,000 ids in one call, explained, beside the contributions of their ready rows."""
    ids, x = bench.ids[:MANY], inputs(bench.bundle, bench.x[:MANY])
    booster = bench.bundle.boosters["main"]
    told = dict(zip(ids, _values(bench)[:MANY], strict=True))
    with (
        serving.ours(bench.home) as served,
        httpx.Client(
            base_url=f"http://127.0.0.1:{served.port}",
            headers={"X-API-Key": bench.key},
            trust_env=False,
            timeout=60,
        ) as client,
    ):
        body = {"ids": ids, "explain": "top_k", "top_k": 3}

        def call() -> None:
            answer = client.post(f"/v1/scores/{MODEL}", json=body).raise_for_status()
            for score in orjson.loads(answer.content)["scores"]:
                if abs(score["value"] - told[score["customer_id"]]) > 1e-9 or not score["reasons"]:
                    raise RuntimeError(f"A wrong answer: {score}")

        contenders = {
            f"Shuke, {MANY:,} ids in one call, explained": partial(_seconds, call),
            "pred_contrib on their ready rows": partial(
                _seconds, lambda: booster.predict(x, pred_contrib=True)
            ),
        }
        call()
        found = {name: median(took) for name, took in _race(contenders, bench.rounds).items()}
    _show("\n| many | ms | |", "|---|---:|---:|")
    least = min(found.values())
    for name, seconds in found.items():
        _show(f"| {name} | {seconds * 1e3:,.0f} | {seconds / least:.2f} |")


def _prepared(home: Path, folder: Path, rounds: int, seconds: int) -> Bench:
    app = build(Settings(home=home))
    bundle = app.champions.get(MODEL)
    as_of = app.lake.today()
    if app.store.materialized() is None:
        app.store.materialize(as_of)
    rows = app.store.online(bundle.meta.feature_service, app.store.customers(as_of))
    # Those the model judges: the others cost less.
    rows = rows[bundle.eligible(rows)].reset_index(drop=True)
    key = _key(app)
    app.records.close()
    x = bundle.matrix(rows)
    return Bench(home, folder, bundle, rows["customer_id"].tolist(), x, key, rounds, seconds)


def _key(app: App) -> str:
    made = create("benchmark", [Scope.SCORES_READ], now())
    with app.records.transaction() as work:
        work.keys.add(made.record)
    return made.clear


def _trained(home: Path) -> Path:
    for command in (("import", "complete-journey"), ("features", "build"), ("train", "churn")):
        told = [sys.executable, "-m", "shuke.cli", *command]
        subprocess.run(
            told, env={**os.environ, "SHUKE_HOME": str(home)}, check=True, stdout=subprocess.DEVNULL
        )
    return home


def _values(bench: Bench) -> list[float]:
    margin = bench.bundle.boosters["main"].predict(
        inputs(bench.bundle, bench.x), raw_score=True, num_threads=1
    )
    values: list[float] = bench.bundle.meta.value(np.asarray(margin)).tolist()
    return values


def _asks(bench: Bench, name: str, path: str) -> Path:
    asks = [
        Ask(path.format(id=each), value)
        for each, value in zip(bench.ids, _values(bench), strict=True)
    ]
    return written(bench.folder / f"{name}.tsv", asks)


def _mlflow_asks(bench: Bench) -> Path:
    x = np.nan_to_num(inputs(bench.bundle, bench.x))  # its JSON knows no missing number
    said = np.asarray(bench.bundle.boosters["main"].predict(x, num_threads=1))
    asks = [
        Ask("/invocations", float(value), "POST", orjson.dumps({"inputs": [row]}).decode())
        for row, value in zip(x.tolist(), said, strict=True)
    ]
    return written(bench.folder / "mlflow.tsv", asks)


def _bare_folder(bench: Bench) -> Path:
    folder = bench.folder / "bare"
    folder.mkdir()
    bench.bundle.save(folder / "bundle")
    np.savez(folder / "rows.npz", ids=np.array(bench.ids), x=inputs(bench.bundle, bench.x))
    return folder


def _mlflow_folder(bench: Bench) -> Path:
    import mlflow.lightgbm

    folder = bench.folder / "mlflow"
    mlflow.lightgbm.save_model(bench.bundle.boosters["main"], str(folder))
    return folder


def _race(contenders: Mapping[str, Callable[[], Found]], rounds: int) -> dict[str, list[Found]]:
    found: dict[str, list[Found]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, run in contenders.items():
            found[name].append(run())
    return found


def _seconds(work: Callable[[], object]) -> float:
    began = perf_counter()
    work()
    return perf_counter() - began


def _report(title: str, found: Mapping[str, Sequence[Load]]) -> None:
    _show(f"\n| {title} | p50, ms | p99, ms | answers a second |", "|---|---:|---:|---:|")
    for name, loads in found.items():
        p50, p99, rate = (
            median(getattr(one, what) for one in loads) for what in ("p50", "p99", "rate")
        )
        _show(f"| {name} | {p50:.2f} | {p99:.2f} | {rate:,.0f} |")


def _show(*lines: str) -> None:
    for line in lines:
        sys.stdout.write(line + "\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main()
