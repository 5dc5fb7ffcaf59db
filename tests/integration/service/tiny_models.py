"""Small real models on real feature rows: quick to fit, one per name the service knows."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

import lightgbm as lgb
import numpy as np
import pandas as pd

from features.store import Store
from models_registry.bundle import Bundle
from models_registry.calibration import Curve, Levels
from models_registry.meta import Condition, Kind, Meta, Survival

INPUTS = ("recency_days", "ipt_median", "active_days", "orders_90d", "spend_90d", "basket_mean")
LEAD_INPUTS = ("recency_days", "spend_90d", "lead_hour", "lead_medium")
ROUNDS = 15
GRID = (3.0, 7.0, 14.0, 28.0, 45.0, 60.0)


@dataclass(frozen=True)
class Recipe:
    model: str
    kind: Kind
    horizon: int
    objective: str


RECIPES = (
    Recipe("churn_28d", "probability", 28, "binary"),
    Recipe("churn_60d", "probability", 60, "binary"),
    Recipe("next_purchase", "days", 60, "binary"),
    Recipe("clv_90d", "amount", 90, "regression"),
)


def tiny_bundles(store: Store, as_of: datetime) -> list[Bundle]:
    """Fit every customer model, and the lead model, on the rows built for `as_of`."""
    asked = pd.DataFrame({"customer_id": store.customers(as_of), "as_of": as_of})
    rows = store.history("churn_60d_v1", asked)
    targets = _targets(rows)
    bundles = [_customer_bundle(recipe, rows, targets[recipe.kind], as_of) for recipe in RECIPES]
    return [*bundles, lead_bundle(rows, as_of)]


def lead_bundle(rows: pd.DataFrame, as_of: datetime) -> Bundle:
    """Fit a model that reads what a lead says and what is known of its customer."""
    rng = np.random.default_rng(5)
    frame = rows.assign(
        lead_hour=rng.integers(0, 24, len(rows)).astype(float),
        lead_medium=rng.integers(0, 2, len(rows)).astype(float),
    )
    y = (frame["lead_medium"] + rng.uniform(size=len(rows)) > 1.2).astype(float).to_numpy()
    booster = _fit(frame[list(LEAD_INPUTS)].to_numpy(np.float64), y, "binary")
    meta = Meta(
        model="lead_score",
        kind="probability",
        feature_service="lead_score_v1",
        features=LEAD_INPUTS,
        levels={"lead_medium": ("mail", "phone")},
        baseline=Levels("attr_campaign_type", {"mailing": 0.4}, 0.3),
        bands=(("low", 0.0), ("high", 0.3)),
        reference=tuple(np.linspace(0.0, 1.0, 101).tolist()),
        trained_at=as_of,
        trained_as_of=as_of,
        data_fingerprint="test",
    )
    return Bundle(meta, {"main": booster})


def _targets(rows: pd.DataFrame) -> Mapping[Kind, np.ndarray]:
    silent = (rows["recency_days"] > rows["recency_days"].median()).to_numpy(np.float64)
    return {
        "probability": silent,
        "days": rows["ipt_median"].fillna(30.0).to_numpy(np.float64),
        "amount": rows["spend_90d"].to_numpy(np.float64),
    }


def _customer_bundle(recipe: Recipe, rows: pd.DataFrame, y: np.ndarray, as_of: datetime) -> Bundle:
    x = rows[list(INPUTS)].to_numpy(np.float64)
    survival = None
    if recipe.kind == "days":
        survival = Survival(grid_days=GRID)
        days = np.tile(GRID, len(x))
        x = np.column_stack([np.repeat(x, len(GRID), axis=0), days])
        booster = _fit(x, (np.repeat(y, len(GRID)) > days).astype(float), recipe.objective)
    else:
        booster = _fit(x, y, recipe.objective)
    meta = Meta(
        model=recipe.model,
        kind=recipe.kind,
        feature_service=f"{recipe.model}_v1",
        features=INPUTS,
        typical={name: float(rows[name].median()) for name in INPUTS},
        horizon_days=recipe.horizon,
        baseline=Curve("recency_days", (0.0, 60.0), (0.1, 0.9), 0.5),
        population=(Condition("active_days", "at_least", 3.0),),
        bands=(("low", 0.0), ("high", 0.5)) if recipe.kind == "probability" else (),
        reference=tuple(np.quantile(y, np.linspace(0, 1, 101)).tolist()),
        survival=survival,
        interval_level=0.8 if survival else None,
        trained_at=as_of,
        trained_as_of=as_of,
        data_fingerprint="test",
    )
    return Bundle(meta, {"main": booster})


def _fit(x: np.ndarray, y: np.ndarray, objective: str, **more: float) -> lgb.Booster:
    told = {"objective": objective, "num_leaves": 7, "min_data_in_leaf": 5, "verbosity": -1}
    return lgb.train({**told, **more, "num_threads": 1}, lgb.Dataset(x, y), ROUNDS)
