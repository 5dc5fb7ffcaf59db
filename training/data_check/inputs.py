"""The inputs of a model one by one: what is missing, and what each tells of the outcome alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby

import numpy as np
import pandas as pd

from features.catalog import described
from models_registry.columns import Floats, numbers
from training.data_check.finding import Finding, Level, Topic, counted, listed, percent
from training.data_check.policy import DataCheckPolicy
from training.rules import fit_levels

_NOTHING = 0.5
_SOURCES: Mapping[str, str] = {
    "service": "Import tickets and interactions if the shop has them",
    "campaigns": "Import campaign_contacts if the shop has them",
    "returns": "Import returns, with negative quantities, if the shop takes goods back",
}


@dataclass(frozen=True, slots=True)
class Input:
    """One input of a model on its training rows.

    Attributes
    ----------
    missing
        Share of the rows without a value.
    distinct
        Different values seen.
    auc
        How well it tells the outcome alone, 0.5 (not at all, or too few rows to say) to 1.
    by_gaps
        Whether that AUC comes from where it is missing and not from its values.
    """

    name: str
    missing: float
    distinct: int
    auc: float
    by_gaps: bool = False

    @property
    def is_empty(self) -> bool:
        """Whether nobody has a value."""
        return self.distinct == 0

    @property
    def is_constant(self) -> bool:
        """Whether everybody has the same value."""
        return self.distinct == 1 and self.missing == 0


def inputs_of(
    rows: pd.DataFrame,
    features: Sequence[str],
    texts: Sequence[str],
    outcome: Floats,
    policy: DataCheckPolicy,
) -> tuple[Input, ...]:
    """Look at each input alone.

    Parameters
    ----------
    rows, outcome
        Training rows and what happened (0.0 or 1.0), n of each.
    features, texts
        Columns of numbers, and of words.
    """
    if len(rows) > policy.max_rows:
        chosen = np.random.default_rng(policy.seed).choice(len(rows), policy.max_rows, False)
        rows, outcome = rows.iloc[chosen].reset_index(drop=True), outcome[chosen]
    scores = {name: numbers(rows, name) for name in features}
    # A word's score is the average outcome of its rows; rare ones, such as ids, share one.
    scores |= {n: fit_levels(rows, n, outcome, policy.leak_level_rows)(rows) for n in texts}
    return tuple(_input(rows[name], scores[name], outcome, policy) for name in scores)


def gaps_and_constants(
    inputs: Mapping[str, Sequence[Input]], policy: DataCheckPolicy
) -> list[Finding]:
    """Name inputs that are empty, almost empty, or the same for everybody.

    Parameters
    ----------
    inputs
        By model.
    """
    by_name = _by_name(inputs)
    empty = [name for name, each in by_name.items() if all(i.is_empty for _, i in each)]
    constant = [name for name, each in by_name.items() if all(i.is_constant for _, i in each)]
    sparse = [
        name
        for name, each in by_name.items()
        if name not in empty and all(i.missing >= policy.mostly_missing for _, i in each)
    ]
    found = [_empty(topic, list(names), policy) for topic, names in groupby(empty, _topic)]
    if sparse:
        said = f"{counted(len(sparse), 'feature')} missing in {percent(policy.mostly_missing)} "
        todo = "Nothing, if few customers do what they tell of."
        found.append(_warning(f"{said}of the rows or more", sparse, todo, policy))
    if constant:
        said = f"{counted(len(constant), 'feature')} with the same value for everybody"
        todo = "Nothing, if the shop is like that; else see whether a column was mapped."
        found.append(_warning(said, constant, todo, policy))
    if found or not by_name:
        return found
    return [Finding(Topic.MISSING, Level.OK, f"All {len(by_name):,} features have values")]


def leaks(inputs: Mapping[str, Sequence[Input]], policy: DataCheckPolicy) -> list[Finding]:
    """Name inputs that tell the outcome alone; else the strongest.

    Parameters
    ----------
    inputs
        By model.
    """
    by_name = _by_name(inputs)
    strongest = {n: max(each, key=lambda pair: pair[1].auc) for n, each in by_name.items()}
    found = [
        Finding(
            Topic.LEAKS,
            Level.PROBLEM,
            f"{name} alone tells the outcome of {model}"
            f"{' by where it is missing' if each.by_gaps else ''}: AUC {each.auc:.3f}, "
            f"above {policy.leak_auc:g}",
            ", ".join(m for m, i in by_name[name] if i.auc > policy.leak_auc),
            _advice(name),
        )
        for name, (model, each) in strongest.items()
        if each.auc > policy.leak_auc
    ]
    if found or not strongest:
        return found
    best, (model, each) = max(strongest.items(), key=lambda item: item[1][1].auc)
    said = (
        f"No feature alone tells an outcome; the strongest is {best} with an AUC of {each.auc:.3f}"
    )
    return [Finding(Topic.LEAKS, Level.OK, said, model)]


def separation(score: Floats, outcome: Floats, least: int) -> float:
    """Return AUC or 1 - AUC, whichever is greater; 0.5 with fewer than `least` rows of either."""
    positives = int(outcome.sum())
    if min(positives, len(outcome) - positives) < max(least, 1):
        return _NOTHING
    from sklearn.metrics import roc_auc_score

    auc = float(roc_auc_score(outcome, score))
    return max(auc, 1 - auc)


def _input(values: pd.Series, score: Floats, outcome: Floats, policy: DataCheckPolicy) -> Input:
    least, known = policy.leak_least_of_each, np.isfinite(score)
    gaps = values.isna().to_numpy(bool)
    by_value = separation(score[known], outcome[known], least)
    by_gaps = separation(gaps.astype("float64"), outcome, least)
    return Input(
        name=str(values.name),
        missing=float(gaps.mean()) if len(gaps) else 0.0,
        distinct=int(values.nunique()),
        auc=max(by_value, by_gaps),
        by_gaps=by_gaps > by_value,
    )


def _by_name(inputs: Mapping[str, Sequence[Input]]) -> dict[str, list[tuple[str, Input]]]:
    by_name: dict[str, list[tuple[str, Input]]] = {}
    for model, some in inputs.items():
        for each in some:
            by_name.setdefault(each.name, []).append((model, each))
    return by_name


def _topic(name: str) -> str:
    feature = described(name)
    return feature.topic if feature else "leads"


def _empty(topic: str, names: Sequence[str], policy: DataCheckPolicy) -> Finding:
    said = f"{counted(len(names), 'feature')} about {topic} without any value"
    todo = _SOURCES.get(topic, "See which columns were imported")
    return _warning(said, names, f"{todo}; models go without.", policy)


def _warning(said: str, names: Sequence[str], todo: str, policy: DataCheckPolicy) -> Finding:
    return Finding(Topic.MISSING, Level.WARNING, said, listed(names, policy.shown), todo)


def _advice(name: str) -> str:
    if described(name) is not None:
        return "See whether the rows it counts carry the time they were known at (ingested_at)."
    return "Was it written after the outcome? Then import the leads without that column (--drop)."
