"""From feature rows to scores: the one function that every path, online and nightly, ends in."""

import math
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

import numpy as np
import pandas as pd

from features.clock import utc
from features.rows import FeatureRows
from models_registry.bundle import Bundle
from models_registry.columns import Table, taken
from models_registry.meta import Meta
from models_registry.reasons import ReasonPolicy, snapshot_reason
from models_registry.score import Category, Interval, Lang, Reason, Score, Status


class Freshness(Protocol):
    """What is known of the newest features: the moment they describe and when they were made."""

    @property
    def as_of(self) -> datetime:
        """Cutoff of the newest materialization."""

    @property
    def at(self) -> datetime:
        """Wall-clock moment it was made."""


def judge(
    bundle: Bundle,
    table: Table,
    *,
    scored_at: datetime,
    max_age_days: float,
    newest: Freshness | None = None,
    snapshot: bool = False,
    top_k: int = 0,
    lang: Lang = "en",
    told: ReasonPolicy | None = None,
    top_categories: int = 5,
) -> list[Score]:
    """Return one score per row of `table`, in its order.

    Parameters
    ----------
    table
        customer_id and/or lead_id; as_of (aware or naive UTC; NaT = nothing known of this id; a
        lead's own moment of capture for a lead without a customer); the bundle's features.
    scored_at
        The moment of scoring.
    max_age_days
        Features older than this are stale.
    newest
        The newest materialization; None when the rows were asked for at a past `as_of`, where
        nothing can be stale.
    snapshot
        The rows answer in place of newer ones that cannot be read now, as `FeatureRows` say by
        themselves: they are stale whatever their age, and the first reason says so.
    top_k
        Reasons per score; 0 saves nine tenths of the time.
    lang
        Language of the reasons.
    told
        Which reasons are worth saying.
    top_categories
        Categories per score of a model with a category head.

    Raises
    ------
    BundleError
        If `table` lacks a column the bundle reads.
    """
    moments = _moments(table)
    known = np.array([moment is not None for moment in moments], dtype=np.bool_)
    answers = _answers(bundle, taken(table, known), top_k, lang, told, top_categories)
    at, late = utc(scored_at), timedelta(days=max_age_days)
    subjects = zip(_ids(table, "customer_id"), _ids(table, "lead_id"), strict=True)
    snapshot = snapshot or (isinstance(table, FeatureRows) and table.snapshot)
    scores = []
    for (customer_id, lead_id), moment in zip(subjects, moments, strict=True):
        answer, status = _NO_ANSWER, Status.UNKNOWN_CUSTOMER
        if moment is not None:
            answer = next(answers)
            status = _status(answer.by_full_model, moment, at, newest, late, snapshot=snapshot)
            if snapshot and top_k > 0:
                said = (snapshot_reason(moment, lang), *answer.reasons)
                answer = replace(answer, reasons=said[:top_k])
        scores.append(_score(bundle.meta, customer_id, lead_id, moment, at, answer, status))
    return scores


@dataclass(frozen=True, slots=True)
class _Answer:
    value: float | None
    percentile: float | None
    band: str | None
    interval: Interval | None
    baseline: float | None
    by_full_model: bool
    reasons: tuple[Reason, ...]
    categories: tuple[Category, ...]


_NO_ANSWER = _Answer(None, None, None, None, None, False, (), ())


def _answers(
    bundle: Bundle,
    rows: Table,
    top_k: int,
    lang: Lang,
    told: ReasonPolicy | None,
    top_categories: int,
) -> Iterator[_Answer]:
    said = bundle.answers(rows)
    level = bundle.meta.interval_level
    full = bundle.meta.rung == "full"
    for value, percentile, band, low, high, baseline, eligible, reasons, categories in zip(
        said.value.tolist(),
        bundle.percentile(said.value).tolist(),
        bundle.band(said.value),
        said.low.tolist(),
        said.high.tolist(),
        said.baseline.tolist(),
        said.eligible.tolist(),
        bundle.explain(rows, top_k, lang, told),
        bundle.next_categories(rows, top_categories),
        strict=True,
    ):
        inside = level is not None and not math.isnan(low)
        yield _Answer(
            _number(value),
            _number(percentile),
            band,
            Interval(low, high, level) if level is not None and inside else None,
            _number(baseline),
            eligible and full,
            reasons,
            categories,
        )


def _score(
    meta: Meta,
    customer_id: str | None,
    lead_id: str | None,
    moment: datetime | None,
    at: datetime,
    answer: _Answer,
    status: Status,
) -> Score:
    return Score(
        customer_id=customer_id,
        lead_id=lead_id,
        model=meta.model,
        model_version=meta.version,
        feature_service=meta.feature_service,
        as_of=moment,
        scored_at=at,
        horizon_days=meta.horizon_days,
        value=answer.value,
        percentile=answer.percentile,
        band=answer.band,
        interval=answer.interval,
        status=status,
        baseline=answer.baseline,
        reasons=answer.reasons,
        categories=answer.categories,
    )


def _status(
    by_full_model: bool,
    moment: datetime,
    scored_at: datetime,
    newest: Freshness | None,
    late: timedelta,
    *,
    snapshot: bool,
) -> Status:
    if snapshot:
        return Status.STALE
    if not by_full_model:
        return Status.COLD_START
    if newest is None:
        return Status.OK
    behind = utc(newest.as_of) - moment > late
    neglected = scored_at - utc(newest.at) > late
    return Status.STALE if behind or neglected else Status.OK


def _moments(table: Table) -> list[datetime | None]:
    if isinstance(table, FeatureRows):
        naive: list[datetime | None] = table.as_of.tolist()
        return [None if moment is None else moment.replace(tzinfo=UTC) for moment in naive]
    moments = pd.to_datetime(table["as_of"], utc=True)
    return [None if pd.isna(moment) else moment.to_pydatetime() for moment in moments]


def _ids(table: Table, name: str) -> list[str | None]:
    if isinstance(table, FeatureRows):
        return list(table.ids) if name == "customer_id" else [None] * len(table)
    if name not in table:
        return [None] * len(table)
    ids: list[Any] = table[name].tolist()
    return [None if pd.isna(one) else str(one) for one in ids]


def _number(x: float) -> float | None:
    return None if math.isnan(x) else x
