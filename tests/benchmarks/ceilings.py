"""How far other learners and further features come on the same rows, beside the models as they are.

Run it with `python -m tests.benchmarks.ceilings`; SHUKE_BENCH_HOME keeps lakes and features. It
tells a weak model from a task that holds no more: churn within 28 days and the days to the next
purchase on the Complete Journey, and value on CDNOW. What wins here was seen on the test, and is
no promise. Of leads it tells, window after window, what was promised and what came.
"""

import os
import sys
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from tempfile import mkdtemp

import lightgbm as lgb
import numpy as np
import pandas as pd
from sklearn.impute import SimpleImputer
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import roc_auc_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import QuantileTransformer

from models_registry.columns import Floats
from tests.benchmarks.models import CDNOW_END, JOURNEY_END, PLAN, Bench
from tests.benchmarks.models_leads import school_shop
from tests.benchmarks.models_rolling import back, say
from tests.benchmarks.models_shops import ACTIVE, Shop
from training import config as configs
from training.config import ModelConfig
from training.dataset import Context, Dataset
from training.pipelines.base import Pipeline
from training.train import pipeline_of, today_of

LATELY = (3, 5, 10, 14, 21, 28, 42, 56)  # days
LAST = 6  # purchases whose age and gap are told
TREES = {
    "learning_rate": 0.03,
    "num_leaves": 12,
    "min_data_in_leaf": 200,
    "feature_fraction": 0.3,
    "bagging_fraction": 0.7,
    "bagging_freq": 1,
    "num_threads": 1,
    "verbosity": -1,
}
ROUNDS = 200
Fit = Callable[[Floats, Floats, Floats], Floats]


def further(shop: Shop, rows: pd.DataFrame) -> pd.DataFrame:
    """Return what the catalogue lacks: last gaps and ages, weekdays, counts of short windows."""
    parts = [
        _further(shop.days, cutoff).assign(as_of=cutoff).reset_index()
        for cutoff in rows["as_of"].unique()
    ]
    return rows.merge(pd.concat(parts), how="left", on=["customer_id", "as_of"])


def _further(days: pd.DataFrame, cutoff: pd.Timestamp) -> pd.DataFrame:
    known = days[days["day"] < cutoff.tz_convert(None)].sort_values(["customer_id", "day"])
    age = (cutoff.tz_convert(None) - known["day"]).dt.days
    known = known.assign(age=age, gap=known.groupby("customer_id")["day"].diff().dt.days)
    by = known.groupby("customer_id")
    place = by.cumcount(ascending=False)
    columns = {f"days_{n}d": (age <= n).groupby(known["customer_id"]).sum() for n in LATELY}
    weekday = known["day"].dt.weekday
    columns |= {
        f"weekday_{n}": (weekday == n).groupby(known["customer_id"]).mean() for n in range(7)
    }
    for back_ in range(LAST):
        last = known[place == back_].set_index("customer_id")
        columns |= {f"age_{back_}": last["age"], f"gap_{back_}": last["gap"]}
    return pd.DataFrame(columns)


def boosted(objective: str, seeds: int = 1, **more: object) -> Fit:
    """Return what fits trees on the outcome itself and averages over seeds."""

    def fit(x: Floats, y: Floats, asked: Floats) -> Floats:
        said = [
            lgb.train(
                {**TREES, "objective": objective, "seed": seed, **more}, lgb.Dataset(x, y), ROUNDS
            ).predict(asked)
            for seed in range(1, seeds + 1)
        ]
        return np.mean(said, axis=0)

    return fit


def logistic(x: Floats, y: Floats, asked: Floats) -> Floats:
    """Fit a logistic regression on ranks, with words for what is missing."""
    model = make_pipeline(
        SimpleImputer(strategy="median", add_indicator=True, keep_empty_features=True),
        QuantileTransformer(output_distribution="normal", random_state=1),
        LogisticRegression(C=0.01, max_iter=1000),
    ).fit(x, y)
    return np.asarray(model.predict_proba(asked)[:, 1])


CHURN: dict[str, Fit] = {
    "trees": boosted("binary"),
    "trees of five seeds": boosted("binary", 5),
    "extremely random trees": boosted("binary", extra_trees=True),
    "logistic regression": logistic,
}
DAYS: dict[str, Fit] = {"trees, absolute error": boosted("regression_l1")}
MONEY: dict[str, Fit] = {
    f"trees, tweedie {power}": boosted("tweedie", tweedie_variance_power=power)
    for power in (1.1, 1.5, 1.9)
} | {"trees, squared error": boosted("regression"), "trees, poisson": boosted("poisson")}


def main() -> None:
    """Measure and print."""
    bench = Bench(Path(os.environ.get("SHUKE_BENCH_HOME") or mkdtemp(prefix="shuke-bench-")))
    out = sys.stdout
    out.write("| task | who | as the catalogue | and further features |\n|---|---|---|---|\n")
    for line in (
        *_table(bench.journey, "churn_28d", "churned", CHURN, back(JOURNEY_END, 2, 28)),
        *_table(bench.journey, "next_purchase", "days_to_next", DAYS, [JOURNEY_END]),
        *_table(bench.cdnow, "clv_90d", "spend", MONEY, back(CDNOW_END, 2, 60)),
        *_promised(bench),
    ):
        out.write(line + "\n")
        out.flush()


def _promised(bench: Bench) -> Iterator[str]:
    """Fit the lead model before each of three later fifths of the leads it knows; ask of that."""
    school = school_shop(bench.folder)
    config = configs.load("lead_score")
    pipeline = pipeline_of(config)
    whole = pipeline.prepare(Context(school.lake, school.store, today_of(school.lake)))
    captured = whole.known["created_at"]
    for low, high in ((0.4, 0.6), (0.6, 0.8), (0.8, 1.0)):
        begin, end = captured.quantile(low), captured.quantile(high)
        known = whole.known[captured < begin]
        newer = known["created_at"] >= known["created_at"].quantile(0.8)
        then = replace(
            whole,
            train=known[~newer],
            valid=known[newer],
            test=whole.known[(captured >= begin) & (captured < end)],
        )
        yield _difference(pipeline, then)
    yield _difference(pipeline, whole)


def _difference(pipeline: Pipeline, dataset: Dataset) -> str:
    promised = pipeline.fit(dataset).predict(dataset.test)["value"].mean()
    came = dataset.test["converted"].mean()
    since = dataset.test["created_at"].min()
    return (
        f"| X Education, lead_score, from {since:%Y-%m-%d} | Shuke "
        f"| promised {promised:.3f}, came {came:.3f} | |"
    )


def _table(
    shop: Shop, model: str, label: str, fits: dict[str, Fit], todays: list[datetime]
) -> Iterator[str]:
    for today in todays:
        config = configs.load(model)
        if shop.name == "CDNOW":
            step = {"step_days": PLAN.cdnow_days_apart}
            config = config.model_copy(update={"windows": config.windows.model_copy(update=step)})
        dataset = _dataset(shop, config, today)
        known, test = (further(shop, ACTIVE.of(part)) for part in (dataset.known, dataset.test))
        catalogue = list(dataset.features)
        more = [name for name in known if name not in dataset.known]
        ours = pipeline_of(config).fit(dataset).predict(test)["value"].to_numpy()
        y, happened = (np.maximum(part[label].to_numpy(np.float64), 0) for part in (known, test))
        task = f"{shop.name}, {model}, {test['as_of'].iloc[0]:%Y-%m-%d}"
        yield f"| {task} | Shuke | {measured(label, happened, ours)} | |"
        for name, fit in fits.items():
            say(f"{task}: {name}")
            said = [
                measured(
                    label,
                    happened,
                    fit(known[names].to_numpy(np.float64), y, test[names].to_numpy(np.float64)),
                )
                for names in (catalogue, [*catalogue, *more])
            ]
            yield f"| | {name} | {said[0]} | {said[1]} |"


def measured(label: str, happened: Floats, said: Floats) -> str:
    """Return AUC of churn, the mean absolute error of anything else."""
    if label == "churned":
        return f"AUC {roc_auc_score(happened, said):.4f}"
    return f"MAE {np.abs(happened - said).mean():.2f}"


def _dataset(shop: Shop, config: ModelConfig, today: datetime) -> Dataset:
    pipeline = pipeline_of(config)
    moments = {
        service: sorted(some) for service, some in pipeline.moments(shop.lake, today).items()
    }
    shop.store.build((), services=moments)
    return pipeline.prepare(Context(shop.lake, shop.store, today))


if __name__ == "__main__":
    main()
