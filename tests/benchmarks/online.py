"""How fast the online store is beside Feast's own and beside bare reads of the same bytes.

Run `python -m tests.benchmarks.online`; PostgreSQL and Redis take part if they answer. Contenders
take turns within each round; a figure is the median over the rounds.
"""

import argparse
import contextlib
import io
import os
import random
import sqlite3
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from statistics import median
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Any

import numpy as np
import pandas as pd
import pytest

from features.online.backend import Backend, keyed, table_of
from features.online.open import open_backend
from features.online.packing import Kind, layout_of
from features.online.store import OnlineStore, arranged, framed
from tests.online_urls import BACKENDS, REDIS, online_url

CALLS = 40  # in a round; the round's figure is their median
MOMENT = datetime(2017, 12, 25, tzinfo=UTC)
SET, DEFINITIONS = "customer", "benchmark"

Contenders = dict[str, Callable[[], object]]


@dataclass(frozen=True)
class Bench:
    """What is measured: the packed stores by kind, and Feast over its own and over packed rows."""

    file: Path
    ids: list[str]
    columns: dict[str, Kind]
    urls: dict[str, str]
    backends: dict[str, Backend]
    feast: Any
    feast_packed: Any
    rounds: int
    stack: ExitStack


def main() -> None:
    """Measure and print one Markdown table a question."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("--customers", type=int, default=100_000)
    asked.add_argument("--features", type=int, default=100)
    asked.add_argument("--rounds", type=int, default=5)
    options = asked.parse_args()
    with TemporaryDirectory() as folder, ExitStack() as stack:
        frame = shop(options.customers, options.features)
        bench = prepared(Path(folder), stack, frame, options.rounds)
        materializations(bench)
        for count in (1, 100):
            reads(bench, count)


def prepared(folder: Path, stack: ExitStack, frame: pd.DataFrame, rounds: int) -> Bench:
    """Write the features to a file and open every store, empty."""
    file = folder / "rows.parquet"
    frame.to_parquet(file)
    columns: dict[str, Kind] = dict.fromkeys(frame.columns[2:], "number")
    urls = {kind: url for kind in BACKENDS for url in available(stack, kind, folder)}
    stock = {"type": "sqlite", "path": str(folder / "feast.db")}
    packed = {
        "type": "features.online.feast_store.PackedOnlineStore",
        "url": urls["sqlite"],
        "folder": str(folder),
        "definitions": DEFINITIONS,
    }
    return Bench(
        file=file,
        ids=list(frame["customer_id"]),
        columns=columns,
        urls=urls,
        backends={kind: stack.enter_context(opened(url)) for kind, url in urls.items()},
        feast=feast_over(file, "stock", columns, stock),
        feast_packed=feast_over(file, "packed", columns, packed),
        rounds=rounds,
        stack=stack,
    )


def materializations(bench: Bench) -> None:
    """Compare filling the stores from the same Parquet file; the first round finds them empty."""
    contenders: Contenders = {"Feast, its SQLite": partial(materialize, bench.feast)}
    for kind, backend in bench.backends.items():
        contenders[f"packed, {kind}"] = partial(fill, backend, bench)
    title = f"Materialize {len(bench.ids):,} customers x {len(bench.columns)} features, s"
    report(title, race(contenders, bench.rounds, calls=1, warm=False), 1)


def reads(bench: Bench, count: int) -> None:
    """Compare reads of random customers, then show where the time of ours goes."""
    contenders: Contenders = {}
    for kind, backend in bench.backends.items():
        store = OnlineStore(backend, DEFINITIONS)
        contenders[f"bare bytes, {kind}"] = bare(bench, kind, count)
        contenders[f"OnlineStore.read, {kind}"] = reading(store, bench, count)
    contenders["Feast, its SQLite"] = through_feast(bench.feast, bench, count)
    contenders["Feast over packed, sqlite"] = through_feast(bench.feast_packed, bench, count)
    title = f"Read {count} x {len(bench.columns)} features, p50 in ms"
    report(title, race(contenders, bench.rounds, CALLS), 1000)
    for kind, backend in bench.backends.items():
        parts = breakdown(backend, bench, count)
        title = f"Where the time goes: {count} customer(s), {kind}, p50 in ms"
        report(title, race(parts, bench.rounds, CALLS), 1000)


def shop(customers: int, features: int) -> pd.DataFrame:
    """Return random features; every tenth value is missing."""
    rng = np.random.default_rng(7)
    values = rng.normal(size=(customers, features))
    values[rng.random(values.shape) < 0.1] = np.nan
    frame = pd.DataFrame(values, columns=[f"feature_{n:03d}" for n in range(features)])
    frame.insert(0, "customer_id", [f"customer-{n:07d}" for n in range(customers)])
    frame.insert(1, "as_of", pd.Timestamp(MOMENT).tz_localize(None).as_unit("us"))
    return frame


def available(stack: ExitStack, kind: str, folder: Path) -> Iterator[str]:
    """Give the URL of an empty store, or none if its server does not answer."""
    with contextlib.suppress(pytest.skip.Exception):
        yield stack.enter_context(online_url(kind, folder))


@contextmanager
def opened(url: str) -> Iterator[Backend]:
    """Open a backend and close it afterwards."""
    backend = open_backend(url, Path())
    yield backend
    backend.close()


def fill(backend: Backend, bench: Bench) -> int:
    """Put the rows of the file online."""
    frame = pd.read_parquet(bench.file)
    return OnlineStore(backend, DEFINITIONS).put(SET, bench.columns, frame)


def bare(bench: Bench, kind: str, count: int) -> Callable[[], object]:
    """Return the least a read can be: one keyed query of the driver, nothing unpacked."""
    url, space = bench.urls[kind], f"{DEFINITIONS}/{SET}"
    table, keys = table_of(space), [keyed(each) for each in bench.ids]
    if kind == "sqlite":
        opened = sqlite3.connect(url[len("sqlite:///") :])
        file = bench.stack.enter_context(contextlib.closing(opened))
        query = f"SELECT as_of, packed FROM {table} WHERE id IN ({','.join('?' * count)})"
        return lambda: file.execute(query, random.sample(keys, count)).fetchall()
    if kind == "redis":
        import redis

        client = bench.stack.enter_context(redis.Redis.from_url(REDIS))
        name = f"{url.partition('prefix=')[2]}:online:{space}"
        return lambda: client.hmget(name, random.sample(keys, count))
    import psycopg

    plain = url.replace("+psycopg", "")
    server = bench.stack.enter_context(psycopg.connect(plain, autocommit=True))
    cursor = server.cursor(binary=True)
    asked = f"SELECT as_of, packed FROM {table} WHERE id = ANY(%b::bytea[])".encode()
    return lambda: cursor.execute(asked, (random.sample(keys, count),), prepare=True).fetchall()


def reading(store: OnlineStore, bench: Bench, count: int) -> Callable[[], object]:
    """Return one read through our store, of random customers."""
    return lambda: store.read(SET, bench.columns, random.sample(bench.ids, count))


def breakdown(backend: Backend, bench: Bench, count: int) -> Contenders:
    """Return the parts of one read, each on what the part before gave."""
    store = OnlineStore(backend, DEFINITIONS)
    space, layout = store.space(SET), layout_of(tuple(bench.columns.items()))
    found = backend.read(space, bench.ids[:count])
    rows = arranged(layout, found)
    return {
        "keyed read": lambda: backend.read(space, random.sample(bench.ids, count)),
        "unpack": lambda: arranged(layout, found),
        "frame": lambda: framed(bench.columns, rows),
        "all three": reading(store, bench, count),
    }


def feast_over(file: Path, name: str, columns: dict[str, Kind], online: dict[str, str]) -> Any:
    """Return Feast with one view of `columns` over the Parquet file."""
    os.environ.setdefault("FEAST_USAGE", "False")
    from feast import Entity, FeatureStore, FeatureView, Field, FileSource, RepoConfig, ValueType
    from feast.types import Float64, String

    customer = Entity(name="customer", join_keys=["customer_id"], value_type=ValueType.STRING)
    fields = [Field(name=each, dtype=Float64) for each in columns]
    view = FeatureView(
        name=SET,
        entities=[customer],
        schema=[Field(name="customer_id", dtype=String), *fields],
        source=FileSource(path=str(file), timestamp_field="as_of"),
        ttl=timedelta(days=35),
    )
    config = RepoConfig(
        project=name,
        provider="local",
        registry=str(file.with_name(f"{name}.db")),
        offline_store={"type": "duckdb"},
        online_store=online,
        entity_key_serialization_version=3,
    )
    store = FeatureStore(config=config)
    store.apply([customer, view])
    return store


def through_feast(store: Any, bench: Bench, count: int) -> Callable[[], object]:
    """Return one read by `get_online_features`, of random customers, up to Python values."""
    refs = [f"{SET}:{name}" for name in bench.columns]

    def read() -> object:
        entities = {"customer_id": random.sample(bench.ids, count)}
        return store.get_online_features(features=refs, entity_rows=entities).to_dict()

    return read


def materialize(store: Any) -> None:
    """Run Feast's own materialization, which talks while it works."""
    day = timedelta(days=1)
    with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
        store.materialize(MOMENT - day, MOMENT + day)


def race(
    contenders: Contenders, rounds: int, calls: int, warm: bool = True
) -> dict[str, list[float]]:
    """Return per contender one figure a round: the median seconds of `calls` calls."""
    for contender in contenders.values() if warm else ():
        contender()
    taken: dict[str, list[float]] = {name: [] for name in contenders}
    for _ in range(rounds):
        for name, contender in contenders.items():
            taken[name].append(median(_seconds(contender) for _ in range(calls)))
    return taken


def _seconds(contender: Callable[[], object]) -> float:
    began = perf_counter()
    contender()
    return perf_counter() - began


def report(title: str, taken: dict[str, list[float]], scale: float) -> None:
    """Print one Markdown table: median, least and most of the rounds."""
    lines = [f"\n### {title}\n", "| | median | min | max |", "|---|---:|---:|---:|"]
    for name, rounds in taken.items():
        figures = [scale * each for each in (median(rounds), min(rounds), max(rounds))]
        lines.append(f"| {name} | " + " | ".join(f"{each:,.3f}" for each in figures) + " |")
    sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    main()
