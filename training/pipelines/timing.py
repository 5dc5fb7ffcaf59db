"""What the pipelines read from one curve of silence share: churn, and the next purchase."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import TypeVar

import pandas as pd

from features.lake.lake import Lake
from models_registry.bundle import Bundle
from training.config import ChurnConfig, NextPurchaseConfig
from training.cutoffs import watched
from training.dataset import Context, Dataset, customer_dataset, planned
from training.labels import outcomes
from training.pipelines.base import OfCustomers, conditions, inside, quantiles
from training.survival import FittedCurve, fit_curve_of_silence, spells

Config = TypeVar("Config", ChurnConfig, NextPurchaseConfig)


class OfTiming(OfCustomers[Config]):
    """A pipeline whose answers are read from the curve of silence of its family."""

    def moments(self, lake: Lake, today: datetime) -> dict[str, Sequence[datetime]]:
        """Return the moments whose features `prepare` will ask for, by feature service."""
        asked: dict[str, Sequence[datetime]] = super().moments(lake, today)
        service: str = self.config.survival.service or self.config.service
        both = {*asked.get(service, ()), *self._watched(lake, today)}
        return {**asked, service: sorted(both)}

    def prepare(self, ctx: Context) -> Dataset:
        """Return every known customer at the planned cutoffs, and the spells before the test."""
        config, service = self.config, self.config.survival.service or self.config.service
        until = planned(ctx.lake, ctx.today, config.windows).test[0]
        moments = self.moments(ctx.lake, ctx.today)[service]
        lines = ctx.lake.table("order_lines")
        seen = outcomes(lines, moments, config.survival.longest_days, until)
        labels = ctx.lake.con.execute(seen.order_by(["as_of", "customer_id"]))
        labels = labels.assign(as_of=labels["as_of"].dt.tz_localize(UTC))
        rows = ctx.history(service, labels)
        rows = rows[rows["followed_days"] >= config.survival.least_days].reset_index(drop=True)
        dataset = customer_dataset(ctx, config.windows, config.service)
        said = {"rows.spells": str(len(rows)), "spells_until": f"{until:%Y-%m-%d}"}
        return replace(dataset, spells=rows, lineage={**dataset.lineage, **said})

    def adopt(self, bundle: Bundle, newest: Bundle, dataset: Dataset) -> Bundle:
        """Return the bundle with the curve of `newest`, which saw outcomes this one had not.

        A longer horizon has to be measured further back. The curve of the shortest, fitted by
        the same recipe on what happened since, then answers for all of the family.
        """
        meta, other = bundle.meta, newest.meta
        if meta.survival is None or other.survival is None:
            return bundle
        curve = replace(meta.survival, quantiles=other.survival.quantiles)
        adopted = Bundle(
            replace(
                meta,
                survival=curve,
                calibration=other.calibration,
                trained_as_of=other.trained_as_of,
            ),
            {**bundle.boosters, "main": newest.boosters["main"]},
        )
        return self.with_reference(adopted, dataset)

    def with_reference(self, bundle: Bundle, dataset: Dataset) -> Bundle:
        """Return the bundle with the scale that percentiles are read from."""
        valid = inside(dataset.valid, bundle.meta.population)
        values = bundle.predict(valid)["value"].to_numpy()
        return replace(bundle, meta=replace(bundle.meta, reference=quantiles(values)))

    def fit_curve(self, dataset: Dataset) -> FittedCurve:
        """Fit the curve on the spells inside the population."""
        config = self.config
        rows = dataset.spells if dataset.spells is not None else pd.DataFrame()
        known = inside(rows, conditions(config.population))
        return fit_curve_of_silence(
            spells(known, dataset.features),
            dataset.features,
            config.boosting,
            config.survival,
        )

    def _watched(self, lake: Lake, today: datetime) -> tuple[datetime, ...]:
        windows = self.config.windows
        first = lake.first_moment()
        until = planned(lake, today, windows).test[0]
        return watched(windows, first, today, until, self.config.survival.least_days)
