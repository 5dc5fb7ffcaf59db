"""Measures of a prediction against what happened; scikit-learn's where it has them."""

from collections.abc import Mapping, Sequence
from collections.abc import Set as AbstractSet
from typing import Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray

Floats = NDArray[np.float64]

CALIBRATION_BINS = 10
LIFT_SHARE = 0.1

BETTER: dict[str, Literal["higher", "lower"]] = {
    "auc": "higher",
    "average_precision": "higher",
    "lift_top_decile": "higher",
    "recall_at_5": "higher",
    "ndcg_at_5": "higher",
    "spearman": "higher",
    "brier": "lower",
    "log_loss": "lower",
    "ece": "lower",
    "mae": "lower",
    "pinball": "lower",
}
"""Which way is better; metrics absent here (coverage, total_ratio) have a right value instead."""


def right_values(level: float | None) -> dict[str, float]:
    """Return the right value of the metrics that have one.

    Parameters
    ----------
    level
        Share of outcomes that the model's interval should hold; None without an interval.
    """
    held = {} if level is None else {"coverage": level}
    return {"total_ratio": 1.0, **held}


def probability_metrics(happened: Floats, probability: Floats) -> dict[str, float]:
    """Measure a probability: ranking (AUC, precision, lift) and honesty (Brier, log loss, ECE).

    Parameters
    ----------
    happened
        0.0 or 1.0, shape (n,); both values must occur.
    probability
        In [0, 1], shape (n,).
    """
    from sklearn.metrics import (
        average_precision_score,
        brier_score_loss,
        log_loss,
        roc_auc_score,
    )

    return {
        "auc": float(roc_auc_score(happened, probability)),
        "average_precision": float(average_precision_score(happened, probability)),
        "brier": float(brier_score_loss(happened, probability)),
        "log_loss": float(log_loss(happened, probability)),
        "ece": expected_calibration_error(happened, probability),
        "lift_top_decile": lift(happened, probability),
    }


def share_metrics(happened: Floats, probability: Floats) -> dict[str, float]:
    """Compare what was promised and what happened in a slice, where ranking may be undefined."""
    return {
        "rows": float(len(happened)),
        "happened": float(happened.mean()),
        "predicted": float(probability.mean()),
        "brier": float(np.mean((probability - happened) ** 2)),
    }


def expected_calibration_error(
    happened: Floats, probability: Floats, bins: int = CALIBRATION_BINS
) -> float:
    """Mean distance of predicted and observed shares over bins of equal size.

    Equal sizes and not equal widths: most customers sit near zero, where one wide bin would hide
    any error. Equal predictions always share a bin.
    """
    place = equal_parts(probability, bins)
    weight = np.bincount(place)
    gap = np.abs(np.bincount(place, probability) - np.bincount(place, happened))
    return float(gap[weight > 0].sum() / len(happened))


def equal_parts(values: Floats, parts: int) -> NDArray[np.intp]:
    """Return the part each value falls into, from 0 up; parts hold about equally many values.

    Equal values share a part, so there may be fewer parts than asked.
    """
    edges = np.unique(np.quantile(values, np.linspace(0, 1, parts + 1)))
    return np.searchsorted(edges[1:-1], values, side="right")


def lift(happened: Floats, probability: Floats, share: float = LIFT_SHARE) -> float:
    """How many times the base rate the highest `share` of predictions holds."""
    top = np.argsort(-probability, kind="stable")[: max(1, round(share * len(happened)))]
    return float(happened[top].mean() / happened.mean())


def days_metrics(days: Floats, predicted: Floats) -> dict[str, float]:
    """Measure predicted waiting days; `mae` in days."""
    from sklearn.metrics import mean_absolute_error

    return {"mae": float(mean_absolute_error(days, predicted))}


def interval_metrics(days: Floats, low: Floats, high: Floats, level: float) -> dict[str, float]:
    """Measure an interval: the share of outcomes inside, its width, and its pinball loss."""
    from sklearn.metrics import mean_pinball_loss

    tail = (1 - level) / 2
    losses = [
        mean_pinball_loss(days, low, alpha=tail),
        mean_pinball_loss(days, high, alpha=1 - tail),
    ]
    return {
        "coverage": float(np.mean((days >= low) & (days <= high))),
        "width": float(np.mean(high - low)),
        "pinball": float(np.mean(losses)),
    }


def amount_metrics(spent: Floats, predicted: Floats) -> dict[str, float]:
    """Measure predicted money: error, ranking, and the predicted total over the true one."""
    from sklearn.metrics import mean_absolute_error

    ranks_nobody = np.ptp(predicted) == 0 or np.ptp(spent) == 0
    ranked = 0.0 if ranks_nobody else pd.Series(spent).corr(pd.Series(predicted), method="spearman")
    return {
        "mae": float(mean_absolute_error(spent, predicted)),
        "spearman": float(ranked),
        "total_ratio": float(predicted.sum() / spent.sum()),
    }


def ranking_metrics(
    ranked: Sequence[Sequence[str]], truth: Sequence[AbstractSet[str]], k: int = 5
) -> dict[str, float]:
    """Measure lists of categories against the baskets that followed.

    Recall is the share of the basket's categories that the first k names hold; NDCG also asks for
    them to come first. Customers with an empty basket are left out.
    """
    return means(ranking_rows(ranked, truth, k))


def ranking_rows(
    ranked: Sequence[Sequence[str]], truth: Sequence[AbstractSet[str]], k: int = 5
) -> dict[str, Floats]:
    """Return what `ranking_metrics` averages, one number a row; NaN for an empty basket."""
    pairs = [(list(names)[:k], basket) for names, basket in zip(ranked, truth, strict=True)]
    recalls = [sum(n in b for n in names) / len(b) if b else np.nan for names, b in pairs]
    gains = [_ndcg(names, b, k) if b else np.nan for names, b in pairs]
    return {f"recall_at_{k}": np.array(recalls), f"ndcg_at_{k}": np.array(gains)}


def means(rowwise: Mapping[str, Floats]) -> dict[str, float]:
    """Average each metric over the rows that count."""
    return {name: float(np.nanmean(values)) for name, values in rowwise.items()}


def _ndcg(names: Sequence[str], basket: AbstractSet[str], k: int) -> float:
    discount = 1 / np.log2(np.arange(2, k + 2))
    gained = sum(discount[place] for place, name in enumerate(names) if name in basket)
    return float(gained / discount[: min(k, len(basket))].sum())
