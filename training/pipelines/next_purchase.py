"""Next purchase: in how many days, between which days, and which categories."""

from dataclasses import replace

import numpy as np
import pandas as pd

from features.clock import now
from models_registry.bundle import Bundle
from models_registry.calibration import Curve
from models_registry.columns import Floats, matrix
from models_registry.meta import Meta
from training.boosting import Learner, trees
from training.config import NextPurchaseConfig
from training.dataset import Context, Dataset
from training.evaluate import Answers, Evaluation, Mask, Measures, slices
from training.metrics import days_metrics, interval_metrics, means
from training.pipelines.base import OfCustomers, conditions, inside, outcome, quantiles, typical
from training.pipelines.next_categories import category_rows, fit_head, with_baskets
from training.rules import fit_curve

LABEL = "days_to_next"


class NextPurchase(OfCustomers[NextPurchaseConfig]):
    """The pipeline of the next purchase."""

    def prepare(self, ctx: Context) -> Dataset:
        """Return every known customer at the planned cutoffs, with the next basket."""
        dataset = super().prepare(ctx)
        return with_baskets(dataset, ctx.lake, self.config.windows.horizon_days)

    def fit(self, dataset: Dataset) -> Bundle:
        """Fit three quantiles of the days and the categories head."""
        config, features = self.config, dataset.features
        population = conditions(config.population)
        train, valid = inside(dataset.train, population), inside(dataset.valid, population)
        everyone = inside(dataset.known, population)
        tail = (1 - config.interval_level) / 2
        boosters, missed = {}, {}
        for name, alpha in (("low", tail), ("main", 0.5), ("high", 1 - tail)):
            learner = Learner(config.boosting, {"objective": "quantile", "alpha": alpha}, features)
            valid_x = matrix(valid, features, {})
            first = learner.fit(
                matrix(train, features, {}),
                outcome(train, LABEL),
                valid=(valid_x, outcome(valid, LABEL)),
            )
            missed[name] = outcome(valid, LABEL) - np.asarray(first.predict(valid_x))
            boosters[name] = learner.fit(
                matrix(everyone, features, {}), outcome(everyone, LABEL), rounds=trees(first)
            )
        head, boosters["category"] = fit_head(config, train, valid)
        meta = Meta(
            model=config.model,
            kind="days",
            feature_service=config.service,
            features=features,
            trained_at=now(),
            trained_as_of=dataset.trained_as_of,
            data_fingerprint=dataset.lineage.get("fingerprint", ""),
            typical=typical(everyone, features, {}),
            horizon_days=config.windows.horizon_days,
            baseline=self._rule(dataset, config.rules[0]),
            population=population,
            interval_level=config.interval_level,
            interval_pad=conformal_pad(-missed["low"], missed["high"], config.interval_level),
            category=head,
        )
        bundle = Bundle(meta, boosters)
        values = bundle.predict(valid)["value"].to_numpy()
        return replace(bundle, meta=replace(meta, reference=quantiles(values)))

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

        interval = interval_metrics(days, low, high, self.config.interval_level)
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


def conformal_pad(below: Floats, above: Floats, level: float) -> float:
    """Return by how much an interval has to be widened at both ends to hold its level.

    Parameters
    ----------
    below, above
        How far each outcome, unseen by the fit, lies under the low end and over the high end;
        negative inside. (Conformalized quantile regression: the same shift at both ends.)
    """
    score = np.maximum(below, above)
    corrected = min(1.0, level * (1 + 1 / len(score)))
    return float(np.quantile(score, corrected, method="higher"))
