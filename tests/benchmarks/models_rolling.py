"""A model fitted anew at several moments, and what it said of the customers it met next."""

import hashlib
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

import pandas as pd

import models_registry
from models_registry.bundle import Bundle
from tests.benchmarks.models_bootstrap import CUSTOMER, CUTOFF
from tests.benchmarks.models_fed import Feed
from tests.benchmarks.models_shops import Shop
from training.config import ModelConfig
from training.dataset import Context, Dataset
from training.lineage import run_key
from training.pipelines.base import Pipeline
from training.train import pipeline_of


@dataclass(frozen=True)
class Fitted:
    """A model as it was fitted with what was known on `today`; `dataset.test` it never saw."""

    shop: Shop
    pipeline: Pipeline
    dataset: Dataset
    bundle: Bundle


Said = Callable[[Fitted], pd.DataFrame]


def rolling(
    shop: Shop,
    config: ModelConfig,
    todays: Sequence[datetime],
    said: Said,
    kept: Path,
    feed: Feed | None = None,
) -> pd.DataFrame:
    """Fit the model before each test, and return what was said of the tests' customers.

    Parameters
    ----------
    todays
        Up to when outcomes are known; the test is one horizon before.
    said
        What to keep of a fitted model: customer, as_of and numeric columns.
    kept
        Folder of the rows, which are made once for each state of data, code and configuration.
    feed
        Adds to the rows before the fit; the configuration must tell that it does.
    """
    pipeline = pipeline_of(config)
    files = {today: kept / f"rows-{_key(shop, config, today, said)}.parquet" for today in todays}
    missing = [today for today in todays if not files[today].exists()]
    if moments := _moments(shop, pipeline, missing):
        count = len(set().union(*moments.values()))
        say(f"{shop.name}, {config.model}: features of {count} cutoffs")
        shop.store.build((), services=moments)
    kept.mkdir(parents=True, exist_ok=True)
    for today in missing:
        say(f"{shop.name}, {config.model}: fitted on what was known by {today:%Y-%m-%d}")
        dataset = pipeline.prepare(Context(shop.lake, shop.store, today))
        dataset = feed(shop, dataset) if feed else dataset
        fitted = Fitted(shop, pipeline, dataset, pipeline.fit(dataset))
        said(fitted).to_parquet(files[today])
    return pd.concat([pd.read_parquet(files[today]) for today in todays], ignore_index=True)


def _moments(
    shop: Shop, pipeline: Pipeline, todays: Sequence[datetime]
) -> dict[str, list[datetime]]:
    asked: dict[str, set[datetime]] = {}
    for today in todays:
        for service, moments in pipeline.moments(shop.lake, today).items():
            asked.setdefault(service, set()).update(moments)
    return {service: sorted(moments) for service, moments in asked.items() if moments}


def back(newest: datetime, count: int, days: int) -> list[datetime]:
    """Return so many moments that many days apart, the newest first."""
    return [newest - place * timedelta(days=days) for place in range(count)]


def identity(rows: pd.DataFrame, who: str = "customer_id") -> pd.DataFrame:
    """Return who and when of rows, under the names the bootstrap reads."""
    return pd.DataFrame({CUSTOMER: rows[who].astype(str), CUTOFF: rows["as_of"]})


def say(what: str) -> None:
    """Tell how far it is."""
    sys.stderr.write(what + "\n")


def _key(shop: Shop, config: ModelConfig, today: datetime, said: Said) -> str:
    """Name what rows depend on: data, features, training, the bundle, and what is kept of them."""
    here = Path(__file__).parent
    sources = [
        *sorted(Path(models_registry.__path__[0]).glob("*.py")),
        *(here / f"models_{name}.py" for name in ("rolling", "shops", "btyd", "btyd_run", "fed")),
        Path(str(sys.modules[said.__module__].__file__)),
    ]
    seen = hashlib.sha256(run_key(shop.lake, config, today).encode())
    for source in sources:
        seen.update(source.read_bytes())
    return seen.hexdigest()[:16]
