"""What a model was not measured on and where it is weak, in plain words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import pandas as pd

from training.cards.calibrated import too_far_for_chance
from training.cards.card import Bin, Measured, Part, Slice
from training.cards.meaning import Meaning


@dataclass(frozen=True)
class LimitPolicy:
    """When something is worth a warning.

    Attributes
    ----------
    thin_slice, thin_test
        Fewer rows than this say little.
    most_named
        Of a long list, so many are named.
    """

    thin_slice: int = 200
    thin_test: int = 500
    most_named: int = 8


LIMITS = LimitPolicy()


def limits(
    meaning: Meaning,
    parts: Sequence[Part],
    metrics: Sequence[Measured],
    slices: Sequence[Slice],
    calibration: Sequence[Bin],
    empty: Sequence[str],
    *,
    windows_apart: bool,
    policy: LimitPolicy = LIMITS,
) -> tuple[str, ...]:
    """Return one sentence a limit: of the test first, then of the model and of its use.

    Parameters
    ----------
    empty
        Features that have no value in any training row.
    windows_apart
        Outcome windows of training and calibration do not overlap.
    """
    return (
        *_not_measured(parts, policy),
        *_unsure(metrics),
        *_bins_off(calibration),
        *_thin(slices, policy),
        *_blind(empty, policy),
        *(() if windows_apart else (OVERLAP,)),
        *meaning.cautions,
    )


OVERLAP = (
    "The history is short, so that outcome windows of training and calibration overlap; the test "
    "is untouched by this."
)


UNMEASURED = (
    "It was not measured: the history is too short to keep an outcome window apart for a test."
)


def without_values(frame: pd.DataFrame, features: Sequence[str]) -> tuple[str, ...]:
    """Return the features that have no value in any row."""
    return tuple(name for name in features if name in frame and frame[name].isna().all())


def _not_measured(parts: Sequence[Part], policy: LimitPolicy) -> Iterator[str]:
    test = next((part for part in parts if part.name == "test"), None)
    if test is None:
        yield UNMEASURED
        return
    if test.first == test.last:
        yield (
            f"It was measured on one moment, {test.first:%Y-%m-%d}: another season, or a time of "
            "other campaigns, may be harder."
        )
    else:
        yield (
            f"It was measured on rows from {test.first:%Y-%m-%d} to {test.last:%Y-%m-%d} alone: "
            "another season, or a time of other campaigns, may be harder."
        )
    if test.judged < test.rows:
        yield (
            f"{test.rows - test.judged:,} of {test.rows:,} test rows lie outside the population: "
            "a simple rule answers for them, and the metrics do not speak of them."
        )
    if test.judged < policy.thin_test:
        yield f"Only {test.judged:,} test rows were measured: the intervals are wide."


def _unsure(metrics: Sequence[Measured]) -> Iterator[str]:
    for one in metrics:
        gain = one.gain
        if gain is None or gain.low is None or gain.high is None or gain.value is None:
            continue
        if gain.high < 0:
            yield f"{one.metric} is worse than that of a simple rule ({one.rival})."
        elif gain.low <= 0:
            yield (
                f"In {one.metric} it cannot be told from a simple rule ({one.rival}): the "
                f"difference may be {_signed(gain.low)} to {_signed(gain.high)}."
            )


def _bins_off(calibration: Sequence[Bin]) -> Iterator[str]:
    for place, one in enumerate(calibration, 1):
        if not one.off:
            continue
        said = f"{one.predicted:.4g} was predicted and {one.happened:.4g} happened"
        if one.covered is not None:
            said = f"{100 * one.covered:.0f} % of outcomes lie inside the interval"
        by = "" if too_far_for_chance(one) else ", which chance alone may explain"
        yield (
            f"Calibration bin {place} of {len(calibration)} ({one.rows:,} rows) is further off "
            f"than the gate allows on the whole: {said}{by}."
        )


def _thin(slices: Sequence[Slice], policy: LimitPolicy) -> Iterator[str]:
    thin = [f"{one.name} ({one.rows})" for one in slices if one.rows < policy.thin_slice]
    if thin:
        yield f"Slices of fewer than {policy.thin_slice} rows say little: {_listed(thin, policy)}."


def _blind(empty: Sequence[str], policy: LimitPolicy) -> Iterator[str]:
    if empty:
        yield (
            "Nothing could be learned from features that had no value in any training row: "
            f"{_listed(empty, policy)}."
        )


def _listed(names: Sequence[str], policy: LimitPolicy) -> str:
    more = len(names) - policy.most_named
    named = ", ".join(names[: policy.most_named])
    return f"{named} and {more} more" if more > 0 else named


def _signed(number: float) -> str:
    return f"{number:+.4g}"
