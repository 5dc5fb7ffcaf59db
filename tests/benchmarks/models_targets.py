"""What predictions are promised to reach, and by how much they miss it."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tests.benchmarks.models_bootstrap import OURS, Estimate
from tests.benchmarks.models_case import WORDS, Answered, interval
from tests.benchmarks.models_churn import BG, MBG
from tests.benchmarks.models_next import MEDIAN_GAP, MOST

JOURNEY, CHURN_SHOP = "Complete Journey", "churn 28 days, Complete Journey"
SCHOOL_SHOP = "lead score, X Education"
RIVALS = (BG, MBG)  # whom average precision has to be ahead of


@dataclass(frozen=True)
class Targets:
    """What a release promises.

    Attributes
    ----------
    churn_auc
        Of 28-day churn on the Complete Journey.
    gap_share
        By what share the days' error is below that of the customer's median gap.
    coverage
        Bounds of the share of outcomes in the 80 % interval.
    lists_share
        By what share lists of categories are better than the most frequent ones.
    lead_auc, lead_brier
        Of leads of X Education.
    total
        How far the predicted total may be from the true one, as a share.
    ece
        Calibration error of every probability, at most.
    """

    churn_auc: float = 0.88
    gap_share: float = 0.10
    coverage: tuple[float, float] = (0.78, 0.82)
    lists_share: float = 0.10
    lead_auc: float = 0.89
    lead_brier: float = 0.130
    total: float = 0.10
    ece: float = 0.02


TARGETS = Targets()


def targets(answers: Iterable[Answered]) -> Iterator[str]:
    """Give the lines of the table of targets; what was not measured is left out."""
    rows = [row for each in answers for row in _verdicts(each)]
    if rows:
        yield from ("\n### Targets\n", "| | target | measured | |", "|---|---|---|---|", *rows)


def verdict(case: str, target: str, measured: str, missed_by: float, digits: int) -> str:
    """Return a line of the table; a target missed by nothing or less is hit."""
    short = f"{missed_by:.{digits}f}"
    exact = short if float(short) else f"{missed_by:.1g}"
    said = "hit" if missed_by <= 0 else f"MISSED by {exact}"
    return f"| {case} | {target} | {measured} | {said} |"


def _verdicts(each: Answered) -> Iterator[str]:
    name = each.case.name
    if name.startswith("churn"):
        yield from _churn(each)
    elif name.startswith("next purchase"):
        yield from _days(each)
    elif name.startswith("next categories"):
        for measure in each.case.digits:
            share = each.found.share_gained(measure, MOST)
            yield _shared(name, f"{WORDS[measure]} over {MOST}", share, TARGETS.lists_share)
    elif name.startswith("lifetime value"):
        yield from _money(each)
    elif name == SCHOOL_SHOP:
        yield _least(each, "auc", TARGETS.lead_auc)
        yield _most(each, "brier", TARGETS.lead_brier)
    if each.found.has(OURS, "ece"):
        yield _most(each, "ece", TARGETS.ece)


def _churn(each: Answered) -> Iterator[str]:
    name, found = each.case.name, each.found
    if name == CHURN_SHOP:
        yield _least(each, "auc", TARGETS.churn_auc)
    if name.endswith(JOURNEY):
        for rival in each.case.baselines:
            yield _ahead(each, "auc", rival)
        for rival in RIVALS:
            yield _ahead(each, "average_precision", rival)
    else:
        rival = found.best("auc")
        gain = found.gain("auc", rival)
        target = f"AUC not below the best baseline ({rival})"
        yield verdict(name, target, interval(gain, 4, "+"), -gain.value, 4)


def _days(each: Answered) -> Iterator[str]:
    name, found = each.case.name, each.found
    share = found.share_gained("mae", MEDIAN_GAP)
    yield _shared(name, f"error below {MEDIAN_GAP}", share, TARGETS.gap_share)
    low, high = TARGETS.coverage
    inside = found.of(OURS, "coverage")
    outside = max(low - inside.value, inside.value - high)
    yield verdict(name, f"coverage {low:g} to {high:g}", interval(inside, 3), outside, 3)
    crossed = found.of(OURS, "crossed")
    yield verdict(name, "quantiles never cross", interval(crossed, 4), crossed.value, 4)


def _money(each: Answered) -> Iterator[str]:
    name, found = each.case.name, each.found
    for measure in ("mae", "spearman"):
        rival = found.best(measure)
        gain, digits = found.gain(measure, rival), each.case.digits[measure]
        target = f"{WORDS[measure]} ahead of all (best: {rival})"
        yield verdict(name, target, interval(gain, digits, "+"), -gain.value, digits)
    total = found.of(OURS, "total_ratio")
    missed = abs(total.value - 1) - TARGETS.total
    yield verdict(name, f"total within {TARGETS.total:.0%}", interval(total, 3), missed, 3)


def _shared(name: str, what: str, share: Estimate, least: float) -> str:
    return verdict(
        name, f"{what} by {least:.0%} or more", interval(share, 3, "+"), least - share.value, 3
    )


def _ahead(each: Answered, measure: str, rival: str) -> str:
    gain, digits = each.found.gain(measure, rival), each.case.digits[measure]
    target = f"{WORDS[measure]} above {rival}, the whole interval"
    return verdict(each.case.name, target, interval(gain, digits, "+"), -gain.low, digits)


def _least(each: Answered, measure: str, bound: float) -> str:
    found, digits = each.found.of(OURS, measure), each.case.digits[measure]
    target = f"{WORDS[measure]} at least {bound:g}"
    return verdict(each.case.name, target, interval(found, digits), bound - found.value, digits)


def _most(each: Answered, measure: str, bound: float) -> str:
    found, digits = each.found.of(OURS, measure), each.case.digits[measure]
    target = f"{WORDS[measure]} below {bound:g}"
    return verdict(each.case.name, target, interval(found, digits), found.value - bound, digits)
