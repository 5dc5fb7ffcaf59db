"""What a model looks at, and how: gain, exact contributions, and how these follow the value."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd

from features.catalog import described
from models_registry.bundle import Bundle
from models_registry.columns import FREE_FORM, Floats, numbers
from training.cards.card import Dependence, Point, Use
from training.cards.groups import GROUPS, parts_of_people, people

MISSING = "missing"
OTHERS = "all others"


@dataclass(frozen=True)
class ExplainPolicy:
    """How much is explained.

    Attributes
    ----------
    most_rows
        Exact contributions cost about 190 times a score: of more rows, so many are drawn.
    features
        Features whose dependence is kept.
    parts
        Points a dependence has at most.
    """

    most_rows: int = 5_000
    features: int = 6
    parts: int = 10
    seed: int = 20170101


EXPLAIN = ExplainPolicy()


@dataclass(frozen=True)
class Explained:
    """Rows of the calibration part with the exact contributions of their features.

    Attributes
    ----------
    who
        Whose row it is, n of them.
    contributions
        Shape (n, n_features), on the scale of the margin.
    """

    frame: pd.DataFrame
    who: "pd.Series[str]"
    contributions: Floats


def explained(
    bundle: Bundle, judged: pd.DataFrame, who: "pd.Series[str]", policy: ExplainPolicy = EXPLAIN
) -> Explained:
    """Explain rows inside the population, at most `policy.most_rows` of them."""
    rows = np.arange(len(judged))
    if len(rows) > policy.most_rows:
        rng = np.random.default_rng(policy.seed)
        rows = np.sort(rng.choice(rows, policy.most_rows, replace=False))
    frame = judged.iloc[rows].reset_index(drop=True)
    parts = bundle.contributions(frame)[:, :-1]
    return Explained(frame, who.iloc[rows].reset_index(drop=True), parts)


def uses(bundle: Bundle, found: Explained) -> tuple[Use, ...]:
    """Return every feature with its two importances, the one that moves scores most first."""
    names = bundle.meta.features
    gain = np.zeros(len(names))
    if not bundle.by_rule:
        every = bundle.boosters["main"].feature_importance("gain")
        gain = np.asarray(every, dtype=np.float64)[: len(names)]
    share = gain / gain.sum() if gain.sum() > 0 else gain
    size = np.abs(found.contributions).mean(axis=0) if len(found.frame) else np.zeros(len(names))
    order = np.lexsort((-share, -size))
    return tuple(
        Use(names[at], *_words(names[at]), float(share[at]), float(size[at])) for at in order
    )


def dependences(
    bundle: Bundle, found: Explained, ranked: Sequence[Use], policy: ExplainPolicy = EXPLAIN
) -> tuple[Dependence, ...]:
    """Return how contributions follow values, for the features that move scores most."""
    strongest = [use for use in ranked[: policy.features] if use.contribution > 0]
    return tuple(_dependence(bundle, found, use, policy.parts) for use in strongest)


def _dependence(bundle: Bundle, found: Explained, use: Use, parts: int) -> Dependence:
    name = use.feature
    moved = found.contributions[:, bundle.meta.features.index(name)]
    frame = pd.DataFrame({"who": found.who, "moved": moved})
    if name in bundle.meta.levels:
        return Dependence(name, use.en, _of_levels(frame, _texts(found.frame, name), parts))
    return Dependence(name, use.en, _of_numbers(frame, numbers(found.frame, name), name, parts))


def _of_numbers(frame: pd.DataFrame, x: Floats, name: str, parts: int) -> tuple[Point, ...]:
    told = ~np.isnan(x)
    inside, values = frame[told], x[told]
    place = parts_of_people(values, inside["who"], parts) if told.any() else np.array([], int)
    points = []
    for part in range(place.max(initial=-1) + 1):
        here = place == part
        mean = float(values[here].mean())
        points.append(_point(inside[here], _written(name, mean), mean))
    return (*points, *_if_many(frame[~told], MISSING))


def _of_levels(frame: pd.DataFrame, levels: "pd.Series[str]", most: int) -> tuple[Point, ...]:
    told = levels.notna()
    counts = levels[told].value_counts()
    points: list[Point] = []
    named = pd.Series(False, index=frame.index)
    for level in counts.index[:most]:
        here = levels == level
        point = _if_many(frame[here], str(level))
        named |= here & bool(point)
        points += point
    return (*points, *_if_many(frame[told & ~named], OTHERS), *_if_many(frame[~told], MISSING))


def _if_many(rows: pd.DataFrame, label: str) -> list[Point]:
    return [_point(rows, label, None)] if people(rows["who"]) >= GROUPS.least_people else []


def _point(rows: pd.DataFrame, label: str, x: float | None) -> Point:
    moved = rows["moved"].to_numpy(np.float64)
    low, high = np.quantile(moved, [0.1, 0.9])
    return Point(label, x, len(rows), float(moved.mean()), float(low), float(high))


def _texts(frame: pd.DataFrame, name: str) -> "pd.Series[str]":
    return frame[name] if name in frame else pd.Series(None, index=frame.index, dtype=object)


def _words(name: str) -> tuple[str, str]:
    feature = described(name)
    if feature is not None:
        return feature.en, feature.zh
    bare = name.removeprefix(FREE_FORM).replace("_", " ").strip()
    return bare, bare


def _written(name: str, mean: float) -> str:
    feature = described(name)
    return feature.written(mean) if feature is not None else f"{mean:.4g}"
