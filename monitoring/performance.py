"""Whether past scores came true: logged probabilities of churn against what happened since."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import ibis.expr.types as ir
import numpy as np
import numpy.typing as npt
import pandas as pd

from features.clock import naive, utc
from features.errors import InputError
from features.lake.lake import Lake
from features.transforms.events import baskets_of
from models_registry.score_log import ScoreLog
from monitoring.populations import JUDGED

Floats = npt.NDArray[np.float64]
Outcomes = npt.NDArray[np.bool_]

CHURN = "churn_"


@dataclass(frozen=True, slots=True)
class PerformancePolicy:
    """How past scores are looked at.

    Attributes
    ----------
    bins
        Rows of the calibration table, each of about the same number of customers.
    """

    version: str = "1"
    bins: int = 10


@dataclass(frozen=True, slots=True)
class Bin:
    """One row of the calibration table: what was said and what came."""

    customers: int
    predicted: float
    observed: float


@dataclass(frozen=True, slots=True)
class Accuracy:
    """How well one set of probabilities foresaw the outcomes.

    Attributes
    ----------
    auc
        Chance that one who left had the higher probability; None where all or none left.
    brier
        Mean squared error of the probabilities, 0 at best.
    """

    auc: float | None
    brier: float


@dataclass(frozen=True, slots=True)
class Performance:
    """What became of one batch of scores.

    Attributes
    ----------
    matured_at
        When the outcome window closes; without orders up to there nothing else is filled in.
    customers
        Those the model itself judged: no cold starts, no unknown customers.
    rate, expected
        Share of them who left, and the mean of what was said.
    scores, rule
        Accuracy of the model and of the baseline rule it has to beat, on the same customers.
    """

    model: str
    version: str
    as_of: datetime
    matured_at: datetime
    reason: str
    customers: int = 0
    rate: float | None = None
    expected: float | None = None
    scores: Accuracy | None = None
    rule: Accuracy | None = None
    calibration: tuple[Bin, ...] = ()


def performance(
    model: str,
    *,
    lake: Lake,
    score_log: ScoreLog,
    as_of: datetime | None = None,
    policy: PerformancePolicy | None = None,
) -> Performance:
    """Compare one logged batch with what happened in its outcome window.

    Parameters
    ----------
    model
        A churn model: its outcome is "no purchase within the horizon".
    as_of
        The batch; the newest one without it.

    Raises
    ------
    InputError
        The model does not foretell churn, or judged nobody in that batch.
    ScoresMissingError
        No such batch was ever scored.
    """
    if not model.startswith(CHURN):
        raise InputError(
            f"Outcomes of {model} cannot be looked up in the orders",
            where=model,
            todo=f"Ask for a model named {CHURN}...",
        )
    judged = _judged(score_log, model, as_of)
    first = judged.iloc[0]
    horizon_days = int(first["horizon_days"])
    start = utc(first["as_of"].to_pydatetime())
    end = start + timedelta(days=horizon_days)
    found = Performance(model, str(first["model_version"]), start, end, "", len(judged))
    if lake.today() < end:
        reason = f"not matured until {end:%Y-%m-%d}: orders reach {lake.today():%Y-%m-%d}"
        return replace(found, reason=reason)
    left = who_left(lake, judged["customer_id"], start, horizon_days)
    return assessed(found, judged, left, policy or PerformancePolicy())


def who_left(
    lake: Lake, customers: "pd.Series[str]", as_of: datetime, horizon_days: int
) -> Outcomes:
    """Return, for each of these customers, whether nothing was bought in [as_of, + horizon)."""
    back = returned(lake.table("order_lines"), as_of, horizon_days).to_pandas()["customer_id"]
    return ~customers.isin(back).to_numpy()


def returned(order_lines: ir.Table, as_of: datetime, horizon_days: int) -> ir.Table:
    """Return `customer_id` of everyone with a purchase in [as_of, as_of + horizon)."""
    start, end = naive(as_of), naive(as_of) + timedelta(days=horizon_days)
    baskets = baskets_of(order_lines)
    inside = baskets.filter(
        baskets.is_purchase, baskets.ordered_at >= start, baskets.ordered_at < end
    )
    return inside.select("customer_id").distinct()


def assessed(
    found: Performance, judged: pd.DataFrame, left: Outcomes, policy: PerformancePolicy
) -> Performance:
    """Return `found` with the outcomes filled in.

    Parameters
    ----------
    judged
        `value` and `baseline`, probabilities of leaving.
    left
        Who left, in the order of `judged`.
    """
    value = judged["value"].to_numpy(np.float64)
    baseline = judged["baseline"].to_numpy(np.float64)
    scores = accuracy(value, left)
    rule = None if np.isnan(baseline).any() else accuracy(baseline, left)
    reason = f"{left.mean():.1%} of {len(left):,} left, {value.mean():.1%} were expected to"
    if rule is not None:
        reason += f"; squared error {scores.brier:.4f}, the simple rule {rule.brier:.4f}"
    return replace(
        found,
        reason=reason,
        rate=float(left.mean()),
        expected=float(value.mean()),
        scores=scores,
        rule=rule,
        calibration=tuple(_bins(value, left, policy.bins)),
    )


def _judged(score_log: ScoreLog, model: str, as_of: datetime | None) -> pd.DataFrame:
    batch: pd.DataFrame = score_log.batch(model, as_of).to_pandas()
    judged = batch[batch["status"].isin(JUDGED) & batch["value"].notna()]
    if judged.empty:
        raise InputError(
            "The batch holds no customer the model judged",
            where=f"{model}, {as_of or 'newest batch'}",
            todo="Score customers with enough history first: `shuke nightly`.",
        )
    return judged


def accuracy(value: Floats, left: Outcomes) -> Accuracy:
    """Return how well probabilities of leaving foresaw who left."""
    from sklearn.metrics import brier_score_loss, roc_auc_score

    auc = float(roc_auc_score(left, value)) if left.any() and not left.all() else None
    return Accuracy(auc, float(brier_score_loss(left, value)))


def _bins(value: Floats, left: Outcomes, bins: int) -> Iterator[Bin]:
    order = np.argsort(value, kind="stable")
    for part in np.array_split(order, min(bins, len(order))):
        yield Bin(len(part), float(value[part].mean()), float(left[part].mean()))
