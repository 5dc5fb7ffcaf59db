"""Who builds the customer features: Shuke, pandas, Polars, and the floor that only reads.

A contestant takes the home of a shop, imports what it needs, and returns what is timed: from
cutoffs to the number of rows made.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb

from features.building import Builder, silent
from features.checkpoints import Checkpoint, Checkpoints
from features.clock import utc
from features.engine import DuckDBEngine
from features.feature_files import FeatureFiles
from features.feature_sets import CUSTOMER, SETS, FeatureSet, definitions_fingerprint
from features.lake.lake import Lake
from features.settings import Settings
from features.sources import Share, Source, shares
from features.store import Store
from features.transforms.customer import customer_features
from features.transforms.knowledge import moments
from features.transforms.transform import with_midnights
from tests.benchmarks.journey_times import MEMORY, THREADS

TABLES = ("order_lines", "products", "campaign_contacts", "interactions")

Files = Mapping[str, list[Path]]
Ready = Callable[[Sequence[datetime]], int]


@dataclass(frozen=True, slots=True)
class WholePast(Checkpoints):
    """No checkpoints: every build reads the whole past."""

    def before(self, source: Source, cutoffs: Sequence[datetime]) -> Checkpoint | None:
        """Return None."""
        return None


def shuke(home: Path) -> Ready:
    """Build the feature files of the customer set as a night does, in an empty folder."""
    return lambda cutoffs: _built(home, cutoffs, Checkpoints, (CUSTOMER,))


def whole_past(home: Path) -> Ready:
    """Build the files of every set without a checkpoint, in an empty folder."""
    return lambda cutoffs: _built(home, cutoffs, WholePast, SETS)


def night(home: Path) -> Ready:
    """Build the files of every set where earlier nights left theirs; those of `cutoffs` go."""
    import_module("feast")  # which the store does on its first use
    settings = Settings(home=home, threads=THREADS)
    store = Store(settings, Lake(settings.lake_dir, THREADS))

    def build(cutoffs: Sequence[datetime]) -> int:
        for cutoff in cutoffs:
            for file in settings.feature_dir.glob(f"*/as_of={cutoff:%Y-%m-%dT%H%M%S}.parquet"):
                file.unlink()
        return store.build([utc(cutoff) for cutoff in cutoffs]).rows

    return build


def query(home: Path) -> Ready:
    """Run Shuke's one query alone, into memory."""

    def run(cutoffs: Sequence[datetime]) -> int:
        con, tables = whole_lake(home, cutoffs)
        at = tables.source.engine.held(moments(with_midnights(cutoffs)))
        own = customer_features.own(tables, at, None)
        done = customer_features.finish(own, customer_features.population(own))
        return int(con.to_pyarrow(done).num_rows)

    return run


def pandas_loop(home: Path) -> Ready:
    """Loop over the cutoffs in pandas."""
    from tests.benchmarks.pandas_features import customer_features as features

    return lambda cutoffs: len(features(files_of(home), cutoffs))


def polars(home: Path) -> Ready:
    """Run the lazy query of Polars."""
    from tests.benchmarks.polars_features import customer_features as features

    return lambda cutoffs: features(files_of(home), cutoffs).height


def floor(home: Path) -> Ready:
    """Read the columns that features need and group them once by customer."""
    moments = ("min(ordered_at)", "max(ordered_at)")
    amounts = ("quantity", "net_amount", "discount_amount", "coupon_amount")
    texts = ("order_id", "store_id", "channel", "product_id", "category")
    sums = (*(f"sum({name})" for name in amounts), *(f"sum(strlen({name}))" for name in texts))

    def run(cutoffs: Sequence[datetime]) -> int:
        con = duckdb.connect(config={"threads": THREADS, "memory_limit": MEMORY})
        parts = ", ".join(f"'{part}'" for part in files_of(home)["order_lines"])
        grouped = f"SELECT customer_id, {', '.join((*moments, *sums))} FROM read_parquet([{parts}])"
        before = f"WHERE ordered_at < TIMESTAMP '{max(cutoffs)}' GROUP BY customer_id"
        return len(con.execute(f"{grouped} {before}").fetchall())

    return run


CONTESTANTS: Mapping[str, Callable[[Path], Ready]] = {
    "shuke": shuke,
    "query": query,
    "pandas": pandas_loop,
    "polars": polars,
    "floor": floor,
    "night": night,
    "whole past": whole_past,
}


def files_of(home: Path) -> Files:
    """Return the Parquet files of the tables that features need."""
    lake = Lake(home / "lake")
    return {name: lake.parts(name) for name in TABLES}


def whole_lake(home: Path, cutoffs: Sequence[datetime]) -> tuple[Any, Share]:
    """Return the lake's connection and its tables as one share, as a build of any size has them."""
    lake = Lake(home / "lake", THREADS)
    source = Source(lake, DuckDBEngine(lake.con), until=max(cutoffs))
    (share,) = shares(source, None, lines_at_once=None)
    return lake.con, share


def _built(
    home: Path,
    cutoffs: Sequence[datetime],
    past: type[Checkpoints],
    sets: Sequence[FeatureSet],
) -> int:
    definitions, lake = definitions_fingerprint(), Lake(home / "lake", THREADS)
    with TemporaryDirectory(dir=home) as name:
        folder = Path(name)
        source = Source(lake, DuckDBEngine(lake.con))
        builder = Builder(source, past(folder / "past", definitions))
        wanted = sorted(utc(cutoff) for cutoff in cutoffs)
        return sum(
            builder.build(each, FeatureFiles(folder / each.name, definitions), wanted, silent).rows
            for each in sets
        )
