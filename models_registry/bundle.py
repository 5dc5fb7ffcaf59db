"""A model, its feature list, its calibration and its version in one object."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path

import lightgbm as lgb
import numpy as np
import pandas as pd

from models_registry import columns, storage
from models_registry.answers import Answers
from models_registry.categories import most_likely
from models_registry.columns import Floats, Table, taken
from models_registry.errors import BundleError
from models_registry.meta import Kind, Meta
from models_registry.reasons import ReasonPolicy, outside_reasons, tree_reasons
from models_registry.rungs import rung_reason
from models_registry.score import Category, Lang, Reason
from models_registry.survival import asked, days_at

_NEEDED: dict[Kind, frozenset[str]] = {
    "probability": frozenset({"main"}),
    "amount": frozenset({"main"}),
    "days": frozenset({"main"}),
}

_FEW_ROWS = 100  # a survival curve of one customer
_CURVES_AT_ONCE = 1_000  # each is a row for every day it is read at


@dataclass(frozen=True)
class Bundle:
    """One version of one model.

    Attributes
    ----------
    meta
        Everything besides the trees.
    boosters
        "main"; beside it for an amount optionally the quantiles "low" and "high", and "category"
        if `meta.category` is given. The main booster of a survival curve reads one input more.

    Raises
    ------
    BundleError
        If a booster is absent or reads another number of features than `meta` lists.
    """

    meta: Meta
    boosters: Mapping[str, lgb.Booster]

    def __post_init__(self) -> None:
        """Refuse boosters that do not fit the description."""
        if self.by_rule:
            if self.boosters:
                raise BundleError("A rule has no boosters", where=self.meta.model)
            return
        category = {"category"} if self.meta.category else set()
        absent = (_NEEDED[self.meta.kind] | category) - set(self.boosters)
        if absent:
            raise BundleError("A booster is absent", where=f"{self.meta.model}: {sorted(absent)}")
        if self.meta.kind == "days" and self.meta.survival is None:
            raise BundleError("Days are read from a survival curve", where=self.meta.model)
        for name, booster in self.boosters.items():
            head = self.meta.category if name == "category" else self.meta
            curve = name == "main" and self.meta.survival is not None
            if head is None or booster.num_feature() != len(head.features) + curve:
                raise BundleError(
                    "A booster and its feature list disagree", where=f"{self.meta.model}: {name}"
                )

    @property
    def by_rule(self) -> bool:
        """Whether nobody is judged by trees: the baseline answers everybody."""
        return self.meta.rung == "rule"

    @property
    def inputs(self) -> list[str]:
        """Every plain column a prediction depends on: what the score log keeps."""
        rule = [self.meta.baseline.feature] if self.meta.baseline else []
        bounds = [condition.feature for condition in self.meta.population]
        return list(dict.fromkeys([*self.meta.features, *bounds, *rule]))

    def matrix(self, table: Table) -> Floats:
        """Return the boosters' input, shape (n, n_features), float64, in the order of `meta`."""
        return columns.matrix(table, self.meta.features, self.meta.levels)

    def predict(self, frame: pd.DataFrame) -> pd.DataFrame:
        """Return what the model says of each row: `answers` on the index of `frame`."""
        return pd.DataFrame(self.answers(frame).columns(), index=frame.index)

    def answers(self, table: Table) -> Answers:
        """Return what the model says of each row, in their order."""
        eligible = self.eligible(table)
        low, value, high, margin = self._said(self.matrix(table))
        baseline = self._baseline(table)
        return Answers(
            value=np.where(eligible, value, baseline),
            low=np.where(eligible, low, np.nan),
            high=np.where(eligible, high, np.nan),
            margin=margin,
            baseline=baseline,
            eligible=eligible,
        )

    def eligible(self, table: Table) -> np.ndarray:
        """Return, for each row, whether it lies inside the model's population."""
        inside = np.full(len(table), not self.by_rule)
        for condition in self.meta.population:
            inside &= condition.holds(table)
        return inside

    def contributions(self, table: Table, days: Floats | None = None) -> Floats:
        """Return exact TreeSHAP values, shape (n, n_features + 1); the last is the base value.

        Each row sums to the raw margin of the main booster. The days a survival curve is asked
        about are no feature of the customer: what they contribute is part of the base value.

        Parameters
        ----------
        days
            For a model of days: of how many the curve is asked, a number a row; without it of the
            value of each.
        """
        x = self.matrix(table)
        if self.by_rule:
            return np.zeros((len(x), len(self.meta.features) + 1))
        parts = _predicted(self.boosters["main"], self._input(x, days), pred_contrib=True)
        if self.meta.survival is None:
            return parts
        return np.column_stack([parts[:, :-2], parts[:, -2:].sum(axis=1)])

    def purchases(self, frame: pd.DataFrame) -> Floats:
        """Return the expected number of purchases within the horizon: value over basket.

        Raises
        ------
        BundleError
            If the model does not say what a purchase is worth.
        """
        if self.meta.basket is None:
            raise BundleError("The model knows no basket", where=self.meta.model)
        value: Floats = self.predict(frame)["value"].to_numpy(np.float64)
        return value / self.meta.basket(frame)

    def silence(self, frame: pd.DataFrame, days: Sequence[float]) -> Floats:
        """Return the probability that nothing is bought within each of `days`, shape (n, m).

        Raises
        ------
        BundleError
            If the model has no survival curve.
        """
        if self.meta.survival is None:
            raise BundleError("The model has no survival curve", where=self.meta.model)
        return self._curve(self.matrix(frame), days)

    def explain(
        self,
        table: Table,
        top_k: int,
        lang: Lang = "en",
        policy: ReasonPolicy | None = None,
    ) -> list[tuple[Reason, ...]]:
        """Return at most `top_k` reasons per row, the largest contribution first.

        A row outside the population has one reason: the bound it does not meet. On a lower rung
        of the ladder the first reason says what the full model lacks.
        """
        policy = policy or ReasonPolicy()
        meta = self.meta
        if meta.shortage is not None and top_k > 0:
            first = rung_reason(meta.shortage, meta.rung, lang)
            others = self._explained(table, top_k - 1, lang, policy)
            return [(first, *more) for more in others]
        return self._explained(table, top_k, lang, policy)

    def _explained(
        self, table: Table, top_k: int, lang: Lang, policy: ReasonPolicy
    ) -> list[tuple[Reason, ...]]:
        told: list[tuple[Reason, ...]] = [() for _ in range(len(table))]
        if self.by_rule or top_k < 1:
            return told
        inside = self.eligible(table)
        if inside.any():
            known = taken(table, inside)
            parts = self.contributions(known)
            _place(told, inside, tree_reasons(self.meta, known, parts, top_k, lang, policy))
        if not inside.all():
            beyond = taken(table, ~inside)
            _place(told, ~inside, outside_reasons(self.meta, beyond, lang, policy))
        return told

    def percentile(self, values: Floats) -> Floats:
        """Return the share (0 to 100) of the reference population at or below each value."""
        if not self.meta.reference:
            return np.full(np.shape(values), np.nan)
        knots, shares = self._scale
        return np.interp(values, knots, shares, left=0.0)

    def band(self, values: Floats) -> list[str | None]:
        """Return the name of the band each value falls into; None for NaN or without bands."""
        if not self.meta.bands:
            return [None] * len(values)
        names = [name for name, _ in self.meta.bands]
        bounds = [bound for _, bound in self.meta.bands[1:]]
        places = np.searchsorted(bounds, values, side="right")
        unknown = np.isnan(values)
        return [None if u else names[p] for p, u in zip(places, unknown, strict=True)]

    def next_categories(self, table: Table, k: int) -> list[tuple[Category, ...]]:
        """Return, per row, the `k` categories the next basket most likely holds, likeliest first.

        Empty for a row without categories and for a model without a category head.
        """
        head = self.meta.category
        if head is None or k < 1:
            return [() for _ in range(len(table))]
        return most_likely(head, lambda x: _raw(self.boosters["category"], x), table, k)

    def registered(self, version: str) -> "Bundle":
        """Return the same bundle under a version number."""
        return replace(self, meta=replace(self.meta, version=version))

    def save(self, folder: Path) -> None:
        """Write `folder` (must not exist): meta.json and `<name>.txt` per booster, no pickle."""
        texts = {name: booster.model_to_string() for name, booster in self.boosters.items()}
        storage.write(folder, self.meta.to_json(), texts)

    @classmethod
    def load(cls, folder: Path) -> "Bundle":
        """Read a bundle folder; BundleError names the file that is missing or damaged."""
        meta, texts = storage.read(folder)
        return cls(
            Meta.from_json(meta),
            {name: lgb.Booster(model_str=text) for name, text in texts.items()},
        )

    @cached_property
    def _scale(self) -> tuple[Floats, Floats]:
        """Values of the reference population, ascending, and the share at or below each."""
        reference = np.asarray(self.meta.reference, dtype=np.float64)
        shares = np.linspace(0.0, 100.0, reference.size)
        knots, backwards = np.unique(reference[::-1], return_index=True)
        return knots, shares[::-1][backwards]

    def _baseline(self, table: Table) -> Floats:
        if self.meta.baseline is None:
            return np.full(len(table), np.nan)
        return self.meta.clip(self.meta.baseline(table))

    def _said(self, x: Floats) -> tuple[Floats, Floats, Floats, Floats]:
        """Return low, value, high and margin of each row of the input."""
        if self.by_rule:
            low, value, high, margin = np.full((4, len(x)), np.nan)
            return low, value, high, margin
        survival = self.meta.survival
        if survival is not None and self.meta.kind == "days":
            curve = self._curve(x, survival.grid_days)
            low, value, high = (days_at(curve, survival.grid_days, q) for q in survival.quantiles)
            return low, value, high, _raw(self.boosters["main"], np.column_stack([x, value]))
        margin = _raw(self.boosters["main"], self._input(x))
        value, nothing = self.meta.value(margin), np.full(len(x), np.nan)
        if not {"low", "high"} <= set(self.boosters):
            return nothing, value, nothing, margin
        pad = self.meta.interval_pad
        low = self.meta.value(_raw(self.boosters["low"], x) - pad)
        high = self.meta.value(_raw(self.boosters["high"], x) + pad)
        # Learned apart they may cross; sorting them is never further from the truth.
        return np.minimum(low, value), value, np.maximum(value, high), margin

    def _input(self, x: Floats, days: Floats | None = None) -> Floats:
        """Return what the main booster reads: for a survival curve the days asked about as well."""
        survival = self.meta.survival
        if survival is None:
            return x
        if survival.at_days is not None:
            return asked(x, np.array([survival.at_days]))
        return np.column_stack([x, self._said(x)[1] if days is None else days])

    def _curve(self, x: Floats, days: Sequence[float]) -> Floats:
        every = np.asarray(days, dtype=np.float64)
        margin = [
            _raw(self.boosters["main"], asked(x[at : at + _CURVES_AT_ONCE], every))
            for at in range(0, len(x), _CURVES_AT_ONCE)
        ]
        said = np.concatenate(margin) if margin else np.empty(0)
        return self.meta.probability(said).reshape(len(x), len(every))


def _place(
    told: list[tuple[Reason, ...]], where: np.ndarray, reasons: list[tuple[Reason, ...]]
) -> None:
    for position, row in zip(np.flatnonzero(where), reasons, strict=True):
        told[position] = row


def _raw(booster: lgb.Booster, x: Floats) -> Floats:
    return _predicted(booster, x, raw_score=True)


def _predicted(booster: lgb.Booster, x: Floats, **what: bool) -> Floats:
    if not len(x):
        width = (x.shape[1] + 1,) if "pred_contrib" in what else ()
        return np.empty((0, *width))
    # Waking a second thread costs more than one customer does.
    threads = {"num_threads": 1} if len(x) <= _FEW_ROWS else {}
    return np.asarray(booster.predict(x, **what, **threads), dtype=np.float64)
