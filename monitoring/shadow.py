"""Champion and challenger beside each other: how far they agree, and which foresaw what came."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
import pandas as pd

from features.clock import utc
from features.lake.lake import Lake
from models_registry.errors import ScoresMissingError
from models_registry.score_log import ScoreLog
from monitoring.performance import CHURN, Accuracy, accuracy, who_left
from monitoring.shadow_pairs import Pairs, newest_challenger


@dataclass(frozen=True, slots=True)
class Agreement:
    """How far two models say the same of the same subjects, each at its newest moment.

    Attributes
    ----------
    rank_correlation
        Spearman's; None where one of them says the same of everybody.
    mean_difference
        Mean absolute difference of the values, in their unit.
    band_changes
        Share of the subjects in another band; None where the model has no bands.
    """

    subjects: int
    rank_correlation: float | None
    mean_difference: float
    band_changes: float | None


@dataclass(frozen=True, slots=True)
class Foresight:
    """How well both foresaw what came after one night, on the same customers."""

    as_of: datetime
    customers: int
    champion: Accuracy
    challenger: Accuracy


@dataclass(frozen=True, slots=True)
class ShadowReport:
    """A challenger beside its champion.

    Attributes
    ----------
    champions
        The versions that answered meanwhile.
    since, until
        First and last moment of the scores compared.
    foresight
        Of the newest night whose outcome window has closed; None without one.
    outcomes
        What there is of outcomes, as one sentence.
    """

    model: str
    champions: tuple[str, ...]
    challenger: str
    since: datetime
    until: datetime
    agreement: Agreement
    foresight: Foresight | None
    outcomes: str


def shadow_report(
    model: str,
    *,
    lake: Lake,
    score_log: ScoreLog,
    shadow_log: ScoreLog,
    version: str | None = None,
) -> ShadowReport:
    """Compare what a challenger said with what was answered.

    Agreement is counted over subjects both models judged (no cold starts), of each the newest pair
    of scores: of the newest night both scored, and of all requests.

    Parameters
    ----------
    version
        The challenger; None takes the one that scored last.

    Raises
    ------
    ScoresMissingError
        There is nothing yet that both have scored.
    """
    challenger = version or newest_challenger(shadow_log, model)
    if challenger is None:
        raise _nothing_yet(model, "No challenger scored anything yet")
    pairs = Pairs(model, challenger, score_log, shadow_log)
    nights = pairs.nights()
    both = [pairs.night(*night) for night in nights[-1:]] + [pairs.online()]
    found = [each for each in both if len(each)]
    if not found:
        raise _nothing_yet(model, f"Nobody was judged by version {challenger} and a champion yet")
    newest = (
        pd.concat(found)
        .sort_values("scored_at", kind="stable")
        .drop_duplicates("subject", keep="last")
    )
    foresight, outcomes = _foresight(lake, pairs, nights, newest)
    return ShadowReport(
        model=model,
        champions=tuple(sorted(set(newest["model_version_champion"]))),
        challenger=challenger,
        since=utc(newest["scored_at"].min().to_pydatetime()),
        until=utc(newest["scored_at"].max().to_pydatetime()),
        agreement=agreement(newest),
        foresight=foresight,
        outcomes=outcomes,
    )


def agreement(pairs: pd.DataFrame) -> Agreement:
    """Return how far both models agree.

    Parameters
    ----------
    pairs
        One row per subject: `value` and `band`, each with `_champion` and `_challenger`.
    """
    ours, theirs = pairs["value_champion"], pairs["value_challenger"]
    ranked = ours.nunique() > 1 and theirs.nunique() > 1
    banded = pairs[pairs["band_champion"].notna() & pairs["band_challenger"].notna()]
    changed = banded["band_champion"] != banded["band_challenger"]
    return Agreement(
        subjects=len(pairs),
        rank_correlation=float(ours.rank().corr(theirs.rank())) if ranked else None,
        mean_difference=float((ours - theirs).abs().mean()),
        band_changes=float(changed.mean()) if len(banded) else None,
    )


def _foresight(
    lake: Lake, pairs: Pairs, nights: list[tuple[datetime, str]], newest: pd.DataFrame
) -> tuple[Foresight | None, str]:
    if not pairs.model.startswith(CHURN):
        return None, f"Outcomes of {pairs.model} cannot be looked up in the orders."
    if not nights:
        return None, "Outcomes are looked up for nights; both have scored none yet."
    days = int(newest["horizon_days_champion"].iloc[0])
    today = lake.today()
    closed = [night for night in nights if night[0] + timedelta(days=days) <= today]
    if not closed:
        end = nights[0][0] + timedelta(days=days)
        return None, f"No outcomes until {end:%Y-%m-%d}: orders reach {today:%Y-%m-%d}."
    as_of, champion = closed[-1]
    judged = pairs.night(as_of, champion)
    if judged.empty:
        return None, f"In the night of {as_of:%Y-%m-%d} both judged nobody."
    left = who_left(lake, judged["subject"], as_of, days)
    ours, theirs = (
        accuracy(judged[f"value_{side}"].to_numpy(np.float64), left)
        for side in ("champion", "challenger")
    )
    found = Foresight(as_of, len(judged), ours, theirs)
    return (
        found,
        f"{left.mean():.1%} of {len(left):,} left in the {days} days after {as_of:%Y-%m-%d}.",
    )


def _nothing_yet(model: str, what: str) -> ScoresMissingError:
    return ScoresMissingError(
        what,
        where=model,
        todo=f"`shuke models shadow {model} VERSION` names one; then it scores with every request"
        " and every night.",
    )
