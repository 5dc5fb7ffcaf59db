"""Money within the horizon, beside Gamma-Gamma, the spend of the last days, and the average."""

from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path

import numpy as np
import pandas as pd

from tests.benchmarks.models_bootstrap import OURS, Columns, judged
from tests.benchmarks.models_btyd import Btyd, histories
from tests.benchmarks.models_case import Case
from tests.benchmarks.models_rolling import Fitted, identity, rolling
from tests.benchmarks.models_shops import ACTIVE, Shop
from training.cards.weighted import Weighed, amount
from training.config import ClvConfig
from training.pipelines.clv import LABEL

DIGITS = {"mae": 2, "spearman": 4, "total_ratio": 3}
BG, LATELY, AVERAGE = "BG/NBD, Gamma-Gamma", "spend of the last 90 days", "average"


def clv_case(
    shop: Shop, btyd: Btyd, config: ClvConfig, todays: Sequence[datetime], kept: Path
) -> Case:
    """Return the question how much the active customers spend within the horizon."""
    horizon = config.windows.horizon_days
    return Case(
        name=f"lifetime value {horizon} days, {shop.name}",
        title=f"Spend within {horizon} days, {shop.name}",
        rows=rolling(shop, config, todays, _said(btyd, horizon), kept),
        prepare=prepared,
        baselines=(BG, LATELY, AVERAGE),
        digits=DIGITS,
    )


def prepared(columns: Columns) -> dict[str, Weighed]:
    """Measure money against money."""
    return judged(columns, "spent", amount, lambda _: DIGITS)


def _said(btyd: Btyd, horizon: int) -> Callable[[Fitted], pd.DataFrame]:
    def said(fitted: Fitted) -> pd.DataFrame:
        test, known = ACTIVE.of(fitted.dataset.test), ACTIVE.of(fitted.dataset.known)
        cutoff = test["as_of"].iloc[0].to_pydatetime()
        expected = btyd.ask(histories(fitted.shop.days, cutoff), [horizon]).set_index("customer")
        theirs = expected.loc[test["customer_id"]]
        return identity(test).assign(
            **{
                "spent": np.maximum(test[LABEL], 0.0),
                OURS: fitted.bundle.predict(test)["value"],
                BG: (theirs["bg_purchases"] * theirs["monetary"]).to_numpy(),
                LATELY: test["spend_90d"],
                AVERAGE: np.maximum(known[LABEL], 0.0).mean(),
            }
        )

    return said
