"""Money within the horizon, beside Gamma-Gamma, the spend of the last days, and the average."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import pandas as pd

from features.clock import naive
from tests.benchmarks.models_bootstrap import OURS, Columns, judged
from tests.benchmarks.models_btyd import Btyd, histories
from tests.benchmarks.models_case import Case
from tests.benchmarks.models_fed import FOR_MONEY, MONEY, feed, reading
from tests.benchmarks.models_rolling import Fitted, identity, rolling
from tests.benchmarks.models_shops import ACTIVE, Shop
from training.cards.weighted import Weighed, amount
from training.config import ClvConfig
from training.pipelines.clv import LABEL

DIGITS = {"mae": 2, "spearman": 4, "total_ratio": 3}
BG, LATELY, AVERAGE = "BG/NBD, Gamma-Gamma", "spend of the last 90 days", "average"


def clv_case(
    shop: Shop,
    btyd: Btyd,
    config: ClvConfig,
    todays: Sequence[datetime],
    kept: Path,
    days: int | None = None,
    *,
    fed: bool = False,
) -> Case:
    """Return the question how much the active customers spend within the horizon.

    Parameters
    ----------
    days
        Ask about so many days, for which the history is too short to learn from: whoever answers
        for the horizon is taken in proportion. The horizon itself by default.
    fed
        Whether our model also reads what the buy-till-you-die models expect.
    """
    horizon = days or config.windows.horizon_days
    more = feed(btyd, config.windows.horizon_days, FOR_MONEY) if fed else None
    config, also = (reading(config, MONEY, 1), f", fed by {BG}") if fed else (config, "")
    return Case(
        name=f"lifetime value {horizon} days, {shop.name}{also}",
        title=f"Spend within {horizon} days, {shop.name}{also}",
        rows=rolling(shop, config, todays, _said(btyd, config, horizon), kept, more),
        prepare=prepared,
        baselines=(BG, LATELY, AVERAGE),
        digits=DIGITS,
    )


def prepared(columns: Columns) -> dict[str, Weighed]:
    """Measure money against money."""
    return judged(columns, "spent", amount, lambda _: DIGITS)


def spent(days: pd.DataFrame, start: datetime, length: int) -> "pd.Series[float]":
    """Return the spend of each customer in the `length` days that begin with `start`."""
    first, end = naive(start), naive(start + timedelta(days=length))
    inside = days[(days["day"] >= first) & (days["day"] < end)]
    found: pd.Series[float] = inside.groupby("customer_id")["spend"].sum()
    return found


def _said(btyd: Btyd, config: ClvConfig, horizon: int) -> Callable[[Fitted], pd.DataFrame]:
    times = horizon / config.windows.horizon_days

    def said(fitted: Fitted) -> pd.DataFrame:
        test, known = ACTIVE.of(fitted.dataset.test), ACTIVE.of(fitted.dataset.known)
        cutoff = test["as_of"].iloc[0].to_pydatetime()
        expected = btyd.ask(histories(fitted.shop.days, cutoff), [horizon]).set_index("customer")
        theirs = expected.loc[test["customer_id"]]
        truth = test["customer_id"].map(spent(fitted.shop.days, cutoff, horizon)).fillna(0.0)
        return identity(test).assign(
            **{
                "spent": np.maximum(truth, 0.0),
                OURS: times * fitted.bundle.predict(test)["value"],
                BG: (theirs["bg_purchases"] * theirs["monetary"]).to_numpy(),
                LATELY: times * test["spend_90d"],
                AVERAGE: times * np.maximum(known[LABEL], 0.0).mean(),
            }
        )

    return said
