"""From feature rows to scores: the one function that every path, online and nightly, ends in."""

import math
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Protocol, cast

import numpy as np
import pandas as pd

from features.clock import utc
from models_registry.bundle import Bundle
from models_registry.reasons import ReasonPolicy
from models_registry.score import Interval, Lang, Score, Status


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
    frame: pd.DataFrame,
    *,
    scored_at: datetime,
    max_age_days: float,
    newest: Freshness | None = None,
    top_k: int = 0,
    lang: Lang = "en",
    told: ReasonPolicy | None = None,
    top_categories: int = 5,
) -> list[Score]:
    """Return one score per row of `frame`, in its order.

    Parameters
    ----------
    frame
        customer_id and/or lead_id; as_of (aware or naive UTC; NaT = nothing known of this id; a
        lead's own moment of capture for a lead without a customer); the bundle's features.
    scored_at
        The moment of scoring.
    max_age_days
        Features older than this are stale.
    newest
        The newest materialization; None when the rows were asked for at a past `as_of`, where
        nothing can be stale.
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
        If `frame` lacks a column the bundle reads.
    """
    moments = _moments(frame)
    scores = [
        _unknown(bundle, customer_id, lead_id, scored_at)
        for customer_id, lead_id in zip(
            _ids(frame, "customer_id"), _ids(frame, "lead_id"), strict=True
        )
    ]
    known = [i for i, moment in enumerate(moments) if moment is not None]
    rows = frame.iloc[known]
    answers = _answers(bundle, rows)
    reasons = bundle.explain(rows, top_k, lang, told)
    categories = bundle.next_categories(rows, top_categories)
    late = timedelta(days=max_age_days)
    for i, answer, spoken, likely in zip(known, answers, reasons, categories, strict=True):
        moment = cast(datetime, moments[i])
        scores[i] = replace(
            scores[i],
            as_of=moment,
            value=answer.value,
            percentile=answer.percentile,
            band=answer.band,
            interval=answer.interval,
            baseline=answer.baseline,
            status=_status(
                answer.eligible and bundle.meta.rung == "full", moment, scored_at, newest, late
            ),
            reasons=spoken,
            categories=likely,
        )
    return scores


@dataclass(frozen=True, slots=True)
class _Answer:
    value: float | None
    percentile: float | None
    band: str | None
    interval: Interval | None
    baseline: float | None
    eligible: bool


def _answers(bundle: Bundle, rows: pd.DataFrame) -> list[_Answer]:
    said = bundle.predict(rows)
    values = said["value"].to_numpy(np.float64)
    level = bundle.meta.interval_level
    return [
        _Answer(
            _number(value),
            _number(percentile),
            band,
            Interval(low, high, level) if level is not None and not math.isnan(low) else None,
            _number(baseline),
            eligible,
        )
        for value, percentile, band, low, high, baseline, eligible in zip(
            values.tolist(),
            bundle.percentile(values).tolist(),
            bundle.band(values),
            said["low"].tolist(),
            said["high"].tolist(),
            said["baseline"].tolist(),
            said["eligible"].tolist(),
            strict=True,
        )
    ]


def _unknown(
    bundle: Bundle, customer_id: str | None, lead_id: str | None, scored_at: datetime
) -> Score:
    meta = bundle.meta
    return Score(
        customer_id=customer_id,
        lead_id=lead_id,
        model=meta.model,
        model_version=meta.version,
        feature_service=meta.feature_service,
        as_of=None,
        scored_at=utc(scored_at),
        horizon_days=meta.horizon_days,
        value=None,
        percentile=None,
        band=None,
        interval=None,
        status=Status.UNKNOWN_CUSTOMER,
        baseline=None,
    )


def _status(
    by_full_model: bool,
    moment: datetime,
    scored_at: datetime,
    newest: Freshness | None,
    late: timedelta,
) -> Status:
    if not by_full_model:
        return Status.COLD_START
    if newest is None:
        return Status.OK
    behind = utc(newest.as_of) - moment > late
    neglected = utc(scored_at) - utc(newest.at) > late
    return Status.STALE if behind or neglected else Status.OK


def _moments(frame: pd.DataFrame) -> list[datetime | None]:
    moments = pd.to_datetime(frame["as_of"], utc=True)
    return [None if pd.isna(moment) else moment.to_pydatetime() for moment in moments]


def _ids(frame: pd.DataFrame, name: str) -> list[str | None]:
    if name not in frame:
        return [None] * len(frame)
    return [None if pd.isna(one) else str(one) for one in frame[name]]


def _number(x: float) -> float | None:
    return None if math.isnan(x) else x
