"""Every customer of one moment scored by Spark, through the same judge as a request."""

import shutil
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any

import lightgbm as lgb
import pandas as pd

from features.feature_sets import columns, sets_of, typed
from models_registry.bundle import Bundle
from models_registry.judge import judge
from models_registry.meta import Meta
from models_registry.score_rows import COLUMNS, INPUT, facts, flat, framed

_SPARK_TYPES = {
    "VARCHAR": "string",
    "TIMESTAMP": "timestamp_ntz",
    "BIGINT": "bigint",
    "DOUBLE": "double",
}


@dataclass(frozen=True, slots=True)
class SparkBatch:
    """What a run did: scores written, tasks that made them, how often the model was loaded."""

    scores: int
    tasks: int
    loads: int


@dataclass(frozen=True, slots=True)
class Asked:
    """What every score of a run shares; see `models_registry.judge.judge`."""

    scored_at: datetime
    max_age_days: float
    top_k: int = 0


def score_customers(
    spark: Any,
    bundle: Bundle,
    files: Mapping[str, Sequence[Path]],
    to: Path,
    asked: Asked,
    *,
    tasks: int = 0,
) -> SparkBatch:
    """Score every customer of one moment and write the scores, their reasons and their inputs.

    A percentile is a rank in the population the model carries along, so it is the same however
    the customers are dealt out.

    Parameters
    ----------
    spark
        What `features.spark.session.session` returns.
    files
        Feature set -> its Parquet files of that moment, for the sets of the bundle's service.
    to
        Folder for the Parquet files; rows as in the score log. It appears as a whole, in the
        place of what was there.
    tasks
        Into how many tasks the customers are dealt; 0 leaves that to Spark.
    """
    context = spark.sparkContext
    loads, done = context.accumulator(0), context.accumulator(0)
    parcel = context.broadcast(Parcel.of(bundle))
    rows = _rows(spark, bundle, files)
    dealt = rows.repartition(tasks) if tasks else rows
    work = partial(_scored, parcel=parcel, asked=asked, loads=loads, done=done)
    unfinished = to.with_name(f".{to.name}-unfinished")
    dealt.mapInPandas(work, _schema(bundle)).write.mode("overwrite").parquet(str(unfinished))
    written = spark.read.parquet(str(unfinished)).count()
    parcel.destroy()
    shutil.rmtree(to, ignore_errors=True)
    unfinished.replace(to)
    return SparkBatch(scores=written, tasks=done.value, loads=loads.value)


class Parcel:
    """A bundle as text, which each process that receives it opens once.

    Spark brings a broadcast value to a Python worker once and keeps it there from task to task,
    and so the bundle made of it.
    """

    def __init__(self, meta: str, texts: Mapping[str, str]) -> None:
        self._meta = meta
        self._texts = dict(texts)
        self._bundle: Bundle | None = None

    @classmethod
    def of(cls, bundle: Bundle) -> "Parcel":
        """Pack a bundle."""
        texts = {name: booster.model_to_string() for name, booster in bundle.boosters.items()}
        return cls(bundle.meta.to_json(), texts)

    def opened(self, loads: Any) -> Bundle:
        """Return the bundle, and count in `loads` if it had to be made."""
        if self._bundle is None:
            loads.add(1)
            boosters = {name: lgb.Booster(model_str=text) for name, text in self._texts.items()}
            self._bundle = Bundle(Meta.from_json(self._meta), boosters)
        return self._bundle


def _scored(
    frames: Iterator[pd.DataFrame], *, parcel: Any, asked: Asked, loads: Any, done: Any
) -> Iterator[pd.DataFrame]:
    done.add(1)
    bundle = parcel.value.opened(loads)
    for frame in frames:
        rows = _as_in_history(bundle.meta.feature_service, frame)
        scores = judge(
            bundle,
            rows,
            scored_at=asked.scored_at,
            max_age_days=asked.max_age_days,
            top_k=asked.top_k,
        )
        inputs = facts(rows.reindex(columns=bundle.inputs))
        yield pd.concat([framed(map(flat, scores)), inputs], axis="columns")


def _as_in_history(service: str, frame: pd.DataFrame) -> pd.DataFrame:
    head = frame[["customer_id", "as_of"]]
    return pd.concat([head, typed(sets_of(service), frame, frame.index)], axis="columns")


def _rows(spark: Any, bundle: Bundle, files: Mapping[str, Sequence[Path]]) -> Any:
    """Return the customers of the first set with the columns of all sets of the service."""
    first, *others = [
        spark.read.option("recursiveFileLookup", "true").parquet(*map(str, files[each.name]))
        for each in sets_of(bundle.meta.feature_service)
    ]
    for other in others:
        first = first.join(other.drop("as_of"), "customer_id", "left")
    return first.select("customer_id", "as_of", *columns(bundle.meta.feature_service))


def _schema(bundle: Bundle) -> str:
    kinds = columns(bundle.meta.feature_service)
    inputs = {name: "double" if kinds.get(name) == "number" else "string" for name in bundle.inputs}
    named = {name: _SPARK_TYPES[kind] for name, kind in COLUMNS.items()}
    named |= {f"{INPUT}{name}": kind for name, kind in inputs.items()}
    return ", ".join(f"`{name}` {kind}" for name, kind in named.items())
