"""Small real models on synthetic numbers, shared by the tests of this room."""

from dataclasses import replace
from datetime import UTC, datetime
from functools import cache

import lightgbm as lgb
import numpy as np
import pandas as pd

from models_registry.bundle import Bundle
from models_registry.calibration import Curve, Sigmoid
from models_registry.meta import CategoryHead, Condition, Meta, Survival

AS_OF = datetime(2018, 1, 1, tzinfo=UTC)
SCORED_AT = datetime(2018, 1, 1, 3, tzinfo=UTC)
FEATURES = ("recency_days", "ipt_median", "active_days", "lead_source")
SOURCES = ("api", "shop", "web")
ROWS = 400
HORIZON = 60


def customers(n: int = 40, seed: int = 7) -> pd.DataFrame:
    """Return n customers with some unknown values and one source no model has seen."""
    draw = np.random.default_rng(seed)
    frame = pd.DataFrame(
        {
            "customer_id": [f"c{i}" for i in range(n)],
            "as_of": pd.Timestamp(AS_OF),
            "recency_days": draw.exponential(30, n),
            "ipt_median": draw.exponential(10, n) + 1,
            "active_days": draw.integers(1, 30, n).astype(float),
            "lead_source": draw.choice([*SOURCES, "never seen"], n),
        }
    )
    frame.loc[frame.index % 7 == 3, "ipt_median"] = np.nan
    frame.loc[frame.index % 5 == 2, "lead_source"] = None
    frame["category"] = [np.array(["bread", "milk", "wine"][: 1 + i % 3]) for i in range(n)]
    frame["category_orders"] = [np.arange(1.0, 2 + i % 3) for i in range(n)]
    return frame


def _meta(model: str, **more: object) -> Meta:
    plain = Meta(
        model=model,
        kind="probability",
        feature_service=f"{model}_v1",
        features=FEATURES,
        levels={"lead_source": SOURCES},
        typical={
            "recency_days": 20.0,
            "ipt_median": 8.0,
            "active_days": 14.0,
            "lead_source": "web",
        },
        horizon_days=28,
        baseline=Curve("recency_days", (0.0, 90.0), (0.1, 0.9), missing=0.5),
        population=(Condition("active_days", "at_least", 3.0),),
        trained_at=SCORED_AT,
        trained_as_of=AS_OF,
        data_fingerprint="synthetic",
    )
    return replace(plain, **more)


@cache
def churn() -> Bundle:
    """A probability with bands, percentiles and a population."""
    x, silence = _training()
    labels = (silence > 3).astype(float)
    meta = _meta(
        "churn_28d",
        calibration=Sigmoid(0.9, -0.2),
        bands=(("low", 0.0), ("medium", 0.2), ("high", 0.5)),
        reference=tuple(np.linspace(0.0, 1.0, 101) ** 2),
    )
    return Bundle(meta, {"main": _fit(x, labels, FEATURES, objective="binary")})


@cache
def next_purchase() -> Bundle:
    """Days read from a curve of silence, and a category head."""
    x, silence = _training()
    days = 5 * silence + np.random.default_rng(3).exponential(20, ROWS)
    grid = (5.0, 10.0, 20.0, 30.0, 45.0, 60.0, float(HORIZON))
    asked = np.random.default_rng(4).choice(grid, ROWS)
    curve = _fit(
        np.column_stack([x, asked]),
        (days > asked).astype(float),
        (*FEATURES, "horizon_days"),
        objective="binary",
        monotone_constraints=[0] * len(FEATURES) + [-1],
    )
    head = CategoryHead(
        key="category",
        arrays=("category_orders",),
        features=("category", "category_orders", "recency_days"),
        levels={"category": ("bread", "milk", "wine")},
    )
    pairs = np.column_stack([x[:, 3], x[:, 2], x[:, 0]])
    bought = (x[:, 2] > 15).astype(float)
    category = _fit(pairs, bought, head.features, objective="binary")
    meta = _meta(
        "next_purchase",
        kind="days",
        calibration=Sigmoid(1.1, 0.1),
        link="logit",
        survival=Survival(grid_days=grid),
        horizon_days=HORIZON,
        baseline=Curve("ipt_median", (0.0, 100.0), (0.0, 100.0), missing=30.0),
        interval_level=0.8,
        category=head,
    )
    return Bundle(meta, {"main": curve, "category": category})


@cache
def value() -> Bundle:
    """An amount learned on a logarithm."""
    x, silence = _training()
    target = np.log1p(np.maximum(0.0, 40 - 5 * silence))
    meta = _meta("clv_90d", kind="amount", link="log1p", calibration=None, horizon_days=90)
    return Bundle(meta, {"main": _fit(x, target, FEATURES, objective="regression")})


def _training() -> tuple[np.ndarray, np.ndarray]:
    draw = np.random.default_rng(1)
    x = np.column_stack(
        [
            draw.exponential(30, ROWS),
            draw.exponential(10, ROWS) + 1,
            draw.integers(1, 30, ROWS),
            draw.integers(0, len(SOURCES), ROWS),
        ]
    ).astype(float)
    return x, x[:, 0] / x[:, 1] + x[:, 3] + draw.normal(size=ROWS)


def _fit(x: np.ndarray, y: np.ndarray, names: tuple[str, ...], **params: object) -> lgb.Booster:
    text = [names.index(name) for name in ("lead_source", "category") if name in names]
    data = lgb.Dataset(x, y, feature_name=list(names), categorical_feature=text)
    plain = {"num_leaves": 7, "num_threads": 1, "verbose": -1, "min_data_in_leaf": 10, "seed": 1}
    return lgb.train(plain | params, data, num_boost_round=20)
