"""Customers at weekly cutoffs whose spend follows two habits: rows to learn from, made quickly."""

from datetime import UTC, datetime, timedelta

import numpy as np
import pandas as pd

from training.config import Boosting, ClvConfig, Requirement, Windows
from training.cutoffs import plan
from training.dataset import Dataset, rows_at

FIRST = datetime(2017, 1, 1, tzinfo=UTC)
FEATURES = ("visits", "basket", "noise")
WINDOWS = Windows(horizon_days=28, warm_up_days=28)


def clv(**more: object) -> ClvConfig:
    """Return the configuration of a small model of spend."""
    plain = ClvConfig(
        pipeline="clv",
        model="clv_28d",
        service="clv_28d_v1",
        windows=WINDOWS,
        rules=("visits",),
        slices=("visits", "main_store"),
        basket_mean="basket",
        basket_orders="visits",
        boosting=Boosting(rounds=30, min_data_in_leaf=20, early_stopping=5),
        gate=(
            Requirement(metric="mae", beats_baselines_by=0.0),
            Requirement(metric="total_ratio", at_least=0.5, at_most=1.5, beats_champion_by=-0.2),
        ),
    )
    return plain.model_copy(update=more)


def history(weeks: int = 40, people: int = 120, windows: Windows = WINDOWS) -> Dataset:
    """Return the data set of `weeks` weeks."""
    cutoffs = plan(windows, FIRST, FIRST + timedelta(weeks=weeks))
    draw = np.random.default_rng(3)
    visits, basket = draw.poisson(4, people) + 1.0, draw.gamma(4, 5, people)
    rows = pd.concat(
        [
            pd.DataFrame(
                {
                    "customer_id": [f"c{i}" for i in range(people)],
                    "as_of": pd.Timestamp(at),
                    "visits": visits + draw.integers(0, 2, people),
                    "basket": basket * draw.uniform(0.8, 1.2, people),
                    "noise": draw.normal(size=people),
                    "main_store": np.where(np.arange(people) % 2, "north", "south"),
                    "spend": draw.poisson(visits) * basket,
                }
            )
            for at in cutoffs.all
        ],
        ignore_index=True,
    )
    return Dataset(
        train=rows_at(rows, cutoffs.train),
        between=rows_at(rows, cutoffs.between),
        valid=rows_at(rows, cutoffs.valid),
        test=rows_at(rows, cutoffs.test),
        features=FEATURES,
    )
