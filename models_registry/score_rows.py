"""A score as a row: fixed columns and types, the same in Parquet, JSON lines and frames."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import orjson
import pandas as pd
from pandas.api.types import is_numeric_dtype

from features.clock import naive, utc
from features.rows import FeatureRows
from models_registry.columns import Table
from models_registry.columns import framed as as_frame
from models_registry.score import Category, Interval, Reason, Score, Status

INPUT = "in_"  # prefix of logged feature values in batch files
COLUMNS = {
    "customer_id": "VARCHAR",
    "lead_id": "VARCHAR",
    "model": "VARCHAR",
    "model_version": "VARCHAR",
    "feature_service": "VARCHAR",
    "as_of": "TIMESTAMP",
    "scored_at": "TIMESTAMP",
    "horizon_days": "BIGINT",
    "value": "DOUBLE",
    "percentile": "DOUBLE",
    "band": "VARCHAR",
    "low": "DOUBLE",
    "high": "DOUBLE",
    "level": "DOUBLE",
    "status": "VARCHAR",
    "baseline": "DOUBLE",
    "reasons": "VARCHAR",
    "categories": "VARCHAR",
}
_PANDAS = {
    "VARCHAR": "string",
    "TIMESTAMP": "datetime64[us]",
    "BIGINT": "Int64",
    "DOUBLE": "float64",
}


def flat(score: Score) -> dict[str, object]:
    """Return a score as one row: plain columns, naive UTC times, lists as JSON text."""
    interval = score.interval
    return {
        "customer_id": score.customer_id,
        "lead_id": score.lead_id,
        "model": score.model,
        "model_version": score.model_version,
        "feature_service": score.feature_service,
        "as_of": naive(score.as_of) if score.as_of else None,
        "scored_at": naive(score.scored_at),
        "horizon_days": score.horizon_days,
        "value": score.value,
        "percentile": score.percentile,
        "band": score.band,
        "low": interval.low if interval else None,
        "high": interval.high if interval else None,
        "level": interval.level if interval else None,
        "status": score.status.value,
        "baseline": score.baseline,
        "reasons": orjson.dumps(score.reasons).decode(),
        "categories": orjson.dumps(score.categories).decode(),
    }


def unflat(row: Mapping[Any, Any]) -> Score:
    """Return the score that a row of `flat` was made of; gaps may be of any kind."""
    said: dict[str, Any] = {name: None if pd.isna(row[name]) else row[name] for name in COLUMNS}
    low, high, level = said.pop("low"), said.pop("high"), said.pop("level")
    reasons, categories = said.pop("reasons"), said.pop("categories")
    return Score(
        **said
        | {
            "as_of": utc(said["as_of"]) if said["as_of"] else None,
            "scored_at": utc(said["scored_at"]),
            "status": Status(said["status"]),
        },
        interval=None if level is None else Interval(low, high, level),
        reasons=tuple(Reason(**each) for each in orjson.loads(reasons)),
        categories=tuple(Category(**each) for each in orjson.loads(categories)),
    )


def framed(rows: Iterable[dict[str, object]]) -> pd.DataFrame:
    """Return rows under fixed types: a column of nothing but None keeps its type in Parquet."""
    types = {column: _PANDAS[kind] for column, kind in COLUMNS.items()}
    return pd.DataFrame(list(rows), columns=list(COLUMNS)).astype(types)


def told(table: Table, names: Sequence[str]) -> Iterator[dict[str, object]]:
    """Yield the values that scores were made from, row by row; a column not there is missing."""
    if isinstance(table, FeatureRows) and not table.absent(tuple(names)):
        for row in table.matrix(tuple(names)):
            yield dict(zip(names, row.tolist(), strict=True))
        return
    plain = facts(as_frame(table).reindex(columns=list(names)))
    yield from plain.set_axis(list(names), axis="columns").to_dict("records")  # type: ignore[misc]  # pandas knows no str keys


def facts(inputs: pd.DataFrame) -> pd.DataFrame:
    """Return feature values under prefixed names: numbers as float64, everything else as text."""
    plain = {
        f"{INPUT}{name}": column.to_numpy(np.float64, na_value=np.nan)
        if is_numeric_dtype(column.dtype)
        else column.astype("string").array
        for name, column in inputs.items()
    }
    return pd.DataFrame(plain, index=range(len(inputs)))
