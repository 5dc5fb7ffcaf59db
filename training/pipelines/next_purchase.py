"""Next purchase: in how many days, between which days, and which categories."""

from concurrent.futures import ThreadPoolExecutor

import numpy as np
import pandas as pd

from features.clock import now
from models_registry.bundle import Bundle
from models_registry.calibration import Curve
from models_registry.columns import Floats
from models_registry.meta import Kind, Meta, Survival
from training.config import NextPurchaseConfig
from training.dataset import Context, Dataset
from training.evaluate import Answers, Evaluation, Mask, Measures, slices
from training.feature_groups import feature_groups
from training.metrics import days_metrics, interval_metrics, means
from training.pipelines.base import conditions, inside, outcome, typical
from training.pipelines.next_categories import category_rows, fit_head, with_baskets
from training.pipelines.timing import OfTiming
from training.rules import fit_curve

LABEL = "days_to_next"


class NextPurchase(OfTiming[NextPurchaseConfig]):
    """The pipeline of the next purchase."""

    def prepare(self, ctx: Context) -> Dataset:
        """Return every known customer at the planned cutoffs, with the next basket."""
        dataset = super().prepare(ctx)
        return with_baskets(dataset, ctx.lake, self.config.windows.horizon_days)

    def fit(self, dataset: Dataset) -> Bundle:
        """Fit the curve of silence, read days from it, and fit the categories head."""
        config, features = self.config, dataset.features
        population = conditions(config.population)
        train, valid = inside(dataset.train, population), inside(dataset.valid, population)
        known = inside(dataset.known, population)
        with ThreadPoolExecutor() as aside:
            listed = aside.submit(fit_head, config, train, valid)
            curve = self.fit_curve(dataset)
            head, category = listed.result()
        meta = Meta(
            model=config.model,
            kind=self.kind,
            feature_service=config.service,
            features=features,
            trained_at=now(),
            trained_as_of=dataset.trained_as_of,
            data_fingerprint=dataset.lineage.get("fingerprint", ""),
            typical=typical(known, features, {}),
            horizon_days=config.windows.horizon_days,
            calibration=curve.sigmoid,
            survival=Survival(grid_days=config.survival.grid_days, quantiles=curve.quantiles),
            baseline=self.rule(dataset),
            population=population,
            interval_level=config.survival.interval_level,
            link="logit",
            category=head,
            groups=feature_groups(known, features),
        )
        return self.with_reference(
            Bundle(meta, {"main": curve.booster, "category": category}), dataset
        )

    @property
    def kind(self) -> Kind:
        """What its values are."""
        return "days"

    def happened(self, frame: pd.DataFrame) -> Floats:
        """Return what a value is held against, shape (n,)."""
        return outcome(frame, LABEL)

    def rule(self, dataset: Dataset) -> Curve:
        """Return the rule of one feature that answers for those the model does not judge."""
        return self._rule(dataset, self.config.rules[0])

    def evaluate(self, bundle: Bundle, dataset: Dataset) -> Evaluation:
        """Return the model beside the rules, the median gap, what remains of it, and a constant."""
        test = inside(dataset.test, bundle.meta.population)
        known = inside(dataset.known, bundle.meta.population)
        days, said = outcome(test, LABEL), bundle.predict(test)
        value = said["value"].to_numpy()
        rules = {f"{name} curve": self._rule(dataset, name)(test) for name in self.config.rules}
        rules |= self._gaps(test, float(np.median(outcome(known, LABEL))))
        rowwise = category_rows(bundle, test, self.config.top_categories)
        ranked = {name: means(rows) for name, rows in rowwise.items()}
        low, high = said["low"].to_numpy(), said["high"].to_numpy()

        def measure(rows: Mask) -> Measures:
            return days_metrics(days[rows], value[rows])

        interval = interval_metrics(days, low, high, self.config.survival.interval_level)
        return Evaluation(
            model=self.name,
            rows=len(test),
            metrics={**days_metrics(days, value), **interval, **ranked.pop(self.name)},
            baselines={
                **{name: days_metrics(days, rule) for name, rule in rules.items()},
                **ranked,
            },
            slices=slices(test, self.config.slices, measure),
            answers=Answers(
                test["customer_id"], days, {self.name: value, **rules}, low, high, rowwise
            ),
        )

    def _rule(self, dataset: Dataset, feature: str) -> Curve:
        days = outcome(dataset.known, LABEL)
        return fit_curve(dataset.known, feature, days, statistic="median")

    def _gaps(self, frame: pd.DataFrame, usual: float) -> dict[str, Floats]:
        horizon = float(self.config.windows.horizon_days)
        gap = frame["ipt_median"].fillna(usual).to_numpy(np.float64)
        left = gap - frame["recency_days"].to_numpy(np.float64)
        return {
            "median gap": np.minimum(gap, horizon),
            "remaining gap": np.clip(left, self.config.gap_floor_days, horizon),
            "training median": np.full(len(frame), usual),
        }
