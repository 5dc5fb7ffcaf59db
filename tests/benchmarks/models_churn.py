"""Churn beside recency, a small model of three numbers, and buy-till-you-die models."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import lightgbm as lgb
import numpy as np
import numpy.typing as npt
import pandas as pd

from tests.benchmarks.models_bootstrap import OURS, Columns, judged
from tests.benchmarks.models_btyd import Btyd, histories
from tests.benchmarks.models_case import Case
from tests.benchmarks.models_fed import FOR_CHURN, PURCHASES, feed, reading
from tests.benchmarks.models_rolling import Fitted, identity, rolling
from tests.benchmarks.models_shops import ACTIVE, Shop
from training.cards.weighted import Weighed, probability
from training.config import ChurnConfig
from training.pipelines.churn import LABEL
from training.rules import fit_curve

RECENCY, RFM, BG, MBG = "recency", "RFM LightGBM", "BG/NBD", "MBG/NBD"
CHANCES = (OURS, RECENCY, RFM)  # the others rank, and say no probability of a purchase
RANKED = {"auc": 4, "average_precision": 3, "lift_top_decile": 2}
DIGITS = {**RANKED, "ece": 4}
SMALL = {"n_estimators": 100, "learning_rate": 0.05, "num_leaves": 8, "min_child_samples": 100}

Floats = npt.NDArray[np.float64]


def churn_case(
    shop: Shop,
    btyd: Btyd,
    config: ChurnConfig,
    todays: Sequence[datetime],
    kept: Path,
    *,
    fed: bool = False,
) -> Case:
    """Return the question who of the active customers buys nothing within the horizon.

    Parameters
    ----------
    fed
        Whether our model also reads what BG/NBD says of a customer.
    """
    horizon = config.windows.horizon_days
    more = feed(btyd, horizon, FOR_CHURN) if fed else None
    config, also = (reading(config, PURCHASES, -1), f", fed by {BG}") if fed else (config, "")
    return Case(
        name=f"churn {horizon} days, {shop.name}{also}",
        title=f"Churn within {horizon} days, {shop.name}{also}",
        rows=rolling(shop, config, todays, _said(btyd, horizon), kept, more),
        prepare=prepared,
        baselines=(RECENCY, RFM, BG, MBG),
        digits=DIGITS,
    )


def prepared(columns: Columns) -> dict[str, Weighed]:
    """Measure rankings, and the honesty of those who say a probability."""
    return judged(
        columns, "happened", probability, lambda name: DIGITS if name in CHANCES else RANKED
    )


def rfm(rows: pd.DataFrame) -> Floats:
    """Return what anybody could count of a customer: recency, frequency, money; shape (n, 3)."""
    columns = [
        rows["recency_days"],
        rows["active_days"] / rows["tenure_days"].clip(lower=1.0),
        rows["spend_per_30d"],
    ]
    return np.column_stack(columns).astype(np.float64)


def _said(btyd: Btyd, horizon: int) -> Callable[[Fitted], pd.DataFrame]:
    def said(fitted: Fitted) -> pd.DataFrame:
        test, known = ACTIVE.of(fitted.dataset.test), ACTIVE.of(fitted.dataset.known)
        cutoff = test["as_of"].iloc[0].to_pydatetime()
        expected = btyd.ask(histories(fitted.shop.days, cutoff), [horizon]).set_index("customer")
        theirs = expected.loc[test["customer_id"]]
        settled = known[LABEL].to_numpy(np.float64)
        curve = fit_curve(known, "recency_days", settled)
        small = lgb.LGBMClassifier(**SMALL, random_state=1, n_jobs=1, verbosity=-1)
        small.fit(rfm(known), settled)
        return identity(test).assign(
            **{
                "happened": test[LABEL],
                OURS: fitted.bundle.predict(test)["value"],
                RECENCY: untied(curve(test), test["recency_days"].to_numpy(np.float64)),
                RFM: small.predict_proba(rfm(test))[:, 1],
                BG: -theirs["bg_purchases"].to_numpy(),
                MBG: -theirs["mbg_purchases"].to_numpy(),
            }
        )

    return said


def untied(chance: Floats, days: Floats) -> Floats:
    """Return chances that rank like days where a curve of the days is level."""
    return np.clip(chance + 1e-9 * days, 0.0, 1.0)
