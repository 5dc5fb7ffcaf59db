"""Whether chance alone decided who was contacted, and draws of customers for intervals."""

from collections.abc import Callable, Iterator

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from training.boosting import Learner, margins
from training.cards.card import Estimate
from training.cards.intervals import spread
from training.metrics import Floats
from training.uplift.contacts import ContactRows
from training.uplift.policy import UpliftPolicy

Rows = NDArray[np.intp]


def folds(rows: ContactRows, policy: UpliftPolicy) -> Iterator[tuple[Rows, Rows]]:
    """Yield rows to fit on and rows to judge; nobody is in both, and both hold both groups."""
    from sklearn.model_selection import StratifiedGroupKFold

    dealt = StratifiedGroupKFold(policy.folds, shuffle=True, random_state=policy.seed)
    yield from dealt.split(rows.x, rows.column("treated"), rows.who)


def assignment_auc(rows: ContactRows, policy: UpliftPolicy) -> Estimate:
    """Measure how well features known before tell who was contacted: 0.5 if by chance alone.

    Scores come from customers unseen, and only their rank within the campaign counts: campaigns
    may go to different customers, and may hold out different shares.

    Returns
    -------
    Estimate
        The area under the ROC curve with its interval; no value where one group is too small to
        be dealt into folds.
    """
    from sklearn.metrics import roc_auc_score

    treated = rows.column("treated")
    if min(treated.sum(), (1 - treated).sum()) < policy.folds:
        return Estimate(None)
    learner = Learner(policy.boosting, {"objective": "binary"}, rows.features)
    score, x = np.empty(len(treated)), rows.x
    for known, unseen in folds(rows, policy):
        score[unseen] = margins(learner.fit(x[known], treated[known]), x[unseen])
    place = within(score, rows.frame["campaign"])

    def measure(drawn: Rows) -> float:
        here = treated[drawn]
        return float(roc_auc_score(here, place[drawn])) if np.ptp(here) else float("nan")

    return estimated(measure, rows.who, policy, (0.0, 1.0))


def within(score: Floats, campaign: "pd.Series[str]") -> Floats:
    """Return the rank of each score within its campaign, spread over 0 to 1 with mean 0.5."""
    grouped = pd.Series(score).groupby(campaign.to_numpy())
    return ((grouped.rank() - 0.5) / grouped.transform("size")).to_numpy(np.float64)


def estimated(
    measure: Callable[[Rows], float],
    who: "pd.Series[str]",
    policy: UpliftPolicy,
    bounds: tuple[float, float] = (-np.inf, np.inf),
) -> Estimate:
    """Return what `measure` says of all rows, with its spread over draws of customers.

    Parameters
    ----------
    measure
        From the positions of rows, some several times, to a number.
    bounds
        What the number can be.
    """
    everybody = np.arange(len(who))
    draws = np.array([measure(rows) for rows in drawn_customers(who, policy)])
    return spread(measure(everybody), draws, 1.0, policy.level, *bounds)


def drawn_customers(who: "pd.Series[str]", policy: UpliftPolicy) -> Iterator[Rows]:
    """Yield rows of customers drawn with replacement; all rows of one come together."""
    codes, people = pd.factorize(who)
    everybody, many = np.arange(len(codes)), len(people)
    rng = np.random.default_rng(policy.seed)
    for _ in range(policy.rounds):
        times = np.bincount(rng.integers(0, many, many), minlength=many)
        yield np.repeat(everybody, times[codes])
