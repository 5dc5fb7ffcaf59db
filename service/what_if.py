"""What if: one customer as they are beside the same customer with other inputs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from difflib import get_close_matches

import numpy as np
import pandas as pd

from features.errors import InputError
from models_registry.groups import Groups, group_of
from models_registry.reasons import OUTSIDE
from models_registry.score import Reason, Score, Status

Changes = Mapping[str, float | None]
_AS_IS, _WITH_ALL, _FIRST_ALONE = 0, 1, 2


@dataclass(frozen=True, slots=True)
class FeatureChange:
    """What one changed feature does.

    Attributes
    ----------
    given, supposed
        The customer's value and the one put in its place; None where missing.
    difference
        By how much the score moves if this feature alone is changed. Features act together, so
        the differences need not add up to that of all changes.
    left_as_is
        Near-duplicates of the feature that were not changed with it.
    """

    feature: str
    given: float | None
    supposed: float | None
    difference: float | None
    left_as_is: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ReasonChange:
    """A reason whose contribution differs; None where it was, or became, too small to be said."""

    before: Reason | None
    after: Reason | None


@dataclass(frozen=True, slots=True)
class WhatIf:
    """The score of a customer as it is, and with changed features.

    Attributes
    ----------
    difference
        Value of `after` less that of `before`; None if one of them has none.
    features
        The changed features, in the order asked for.
    reasons
        Those that differ, the largest difference first.
    """

    before: Score
    after: Score
    difference: float | None
    features: tuple[FeatureChange, ...]
    reasons: tuple[ReasonChange, ...]


def require_inputs(model: str, inputs: Sequence[str], changes: Changes) -> None:
    """Raise InputError unless the model reads all that is changed.

    It names the nearest inputs, or all of them where a name is near none.
    """
    unread = [name for name in changes if name not in inputs]
    if not unread:
        return
    near = [get_close_matches(name, inputs, n=3) for name in unread]
    meant = " or ".join(dict.fromkeys(close for some in near for close in some))
    raise InputError(
        f"{model} reads no feature of this name",
        where=", ".join(unread),
        todo=f"Did you mean {meant}?" if all(near) else f"It reads {', '.join(inputs)}.",
    )


def supposed_rows(row: pd.DataFrame, changes: Changes) -> pd.DataFrame:
    """Return one customer's row as it is, then with all changes, then with each change alone."""
    rows = pd.concat([row] * (_FIRST_ALONE + len(changes)), ignore_index=True)
    changed = {}
    for place, (name, supposed) in enumerate(changes.items(), start=_FIRST_ALONE):
        column = rows[name].to_numpy(np.float64, copy=True)
        column[[_WITH_ALL, place]] = np.nan if supposed is None else supposed
        changed[name] = column
    return rows.assign(**changed)


def compare(
    scores: Sequence[Score], row: pd.DataFrame, changes: Changes, groups: Groups, top_k: int
) -> WhatIf:
    """Return what the changes do.

    Parameters
    ----------
    scores
        Of `supposed_rows`, in its order; the first two with every reason there is.
    row
        The customer's row as it is.
    groups
        The model's near-duplicate features.
    top_k
        Reasons of each score, and changed reasons, that are kept.
    """
    before, after = scores[_AS_IS], scores[_WITH_ALL]
    alike = group_of(groups)
    features = tuple(
        FeatureChange(
            feature=name,
            given=_known(float(row[name].iloc[0])),
            supposed=supposed,
            difference=_difference(before, alone),
            left_as_is=tuple(one for one in alike.get(name, ()) if one not in changes),
        )
        for (name, supposed), alone in zip(changes.items(), scores[_FIRST_ALONE:], strict=True)
    )
    return WhatIf(
        before=replace(before, reasons=before.reasons[:top_k]),
        after=replace(after, reasons=after.reasons[:top_k]),
        difference=_difference(before, after),
        features=features,
        reasons=_changed(before, after, alike)[:top_k],
    )


def _changed(
    before: Score, after: Score, alike: Mapping[str, tuple[str, ...]]
) -> tuple[ReasonChange, ...]:
    was, is_now = _by_group(before, alike), _by_group(after, alike)
    pairs = [ReasonChange(was.get(key), is_now.get(key)) for key in {**was, **is_now}]
    differing = [
        pair for pair in pairs if pair.before is None or pair.after is None or _moved(pair) > 0
    ]
    return tuple(sorted(differing, key=_moved, reverse=True))


def _by_group(
    score: Score, alike: Mapping[str, tuple[str, ...]]
) -> dict[tuple[bool, tuple[str, ...]], Reason]:
    """Key reasons by who may speak them; the rule's are no match for the trees'."""
    outside = any(reason.code == OUTSIDE for reason in score.reasons)  # also where all is stale
    by_rule = outside or score.status is Status.COLD_START
    return {
        (by_rule, alike.get(reason.feature, (reason.feature,))): reason for reason in score.reasons
    }


def _moved(pair: ReasonChange) -> float:
    before, after = (0.0 if one is None else one.contribution for one in (pair.before, pair.after))
    return abs(after - before)


def _difference(before: Score, after: Score) -> float | None:
    if before.value is None or after.value is None:
        return None
    return after.value - before.value


def _known(x: float) -> float | None:
    return None if np.isnan(x) else x
