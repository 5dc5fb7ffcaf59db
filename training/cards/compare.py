"""Two cards side by side: what differs, which way, and whether the numbers may be compared."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from training.cards.card import Card, Estimate, Measured

_NOTHING = Estimate(None)


@dataclass(frozen=True)
class Difference:
    """One metric of both versions.

    Attributes
    ----------
    difference
        The second less the first; None where one was not measured.
    said
        What that means for the second: better, worse, the same, or "" where no way is better.
    """

    metric: str
    first: Estimate
    second: Estimate
    difference: float | None
    said: str


@dataclass(frozen=True)
class Comparison:
    """What tells two versions of a model apart.

    Attributes
    ----------
    same_rows
        Both were measured on the same rows with the same outcomes.
    why
        What that follows from, in words.
    config
        Settings that differ: name, first, second; None where a setting is not there.
    only_first, only_second
        Features that one of them alone reads.
    """

    same_rows: bool
    why: str
    metrics: tuple[Difference, ...]
    config: tuple[tuple[str, Any, Any], ...]
    only_first: tuple[str, ...]
    only_second: tuple[str, ...]


def compare(first: Card, second: Card) -> Comparison:
    """Compare two versions of a model."""
    same = first.rows_digest == second.rows_digest
    a, b = ({use.feature for use in card.features} for card in (first, second))
    names = dict.fromkeys([*first.config, *second.config])
    pairs = [(name, first.config.get(name), second.config.get(name)) for name in names]
    return Comparison(
        same_rows=same,
        why=f"Both were measured on the same {first.rows:,} test rows."
        if same
        else f"They were NOT measured on the same test rows: {'; '.join(_apart(first, second))}. "
        "A difference below may come from the rows and not from the model.",
        metrics=tuple(_differences(first, second)),
        config=tuple(pair for pair in pairs if pair[1] != pair[2]),
        only_first=tuple(sorted(a - b)),
        only_second=tuple(sorted(b - a)),
    )


def _apart(first: Card, second: Card) -> Iterator[str]:
    lakes = (first.reproduce.get("lake_fingerprint"), second.reproduce.get("lake_fingerprint"))
    if lakes[0] != lakes[1]:
        yield "the data differ (fingerprint " + " and ".join(str(lake)[:12] for lake in lakes) + ")"
    windows = _window(first), _window(second)
    if windows[0] != windows[1]:
        yield f"the test rows are of {windows[0]} and of {windows[1]}"
    if first.population != second.population:
        yield "the populations differ"
    yield f"{first.rows:,} and {second.rows:,} rows"


def _window(card: Card) -> str:
    test = next(part for part in card.parts if part.name == "test")
    return f"{test.first:%Y-%m-%d} to {test.last:%Y-%m-%d}"


def _differences(first: Card, second: Card) -> Iterator[Difference]:
    a, b = ({one.metric: one for one in card.metrics} for card in (first, second))
    for metric in dict.fromkeys([*a, *b]):
        left = a[metric].model if metric in a else _NOTHING
        right = b[metric].model if metric in b else _NOTHING
        if left.value is None or right.value is None:
            yield Difference(metric, left, right, None, "not measured in both")
            continue
        gained = _gained(b[metric], left.value, right.value)
        difference = right.value - left.value
        yield Difference(metric, left, right, difference, _said(gained, left, right))


def _gained(one: Measured, left: float, right: float) -> float | None:
    """Return by how much the second is better; None where no way is better."""
    if one.better == "near":
        return None if one.target is None else abs(left - one.target) - abs(right - one.target)
    return right - left if one.better == "higher" else left - right


def _said(gained: float | None, left: Estimate, right: Estimate) -> str:
    if gained is None:
        return ""
    if gained == 0:
        return "the same"
    word = "better" if gained > 0 else "worse"
    return f"{word}, within the intervals" if _overlap(left, right) else word


def _overlap(left: Estimate, right: Estimate) -> bool:
    if left.low is None or left.high is None or right.low is None or right.high is None:
        return False
    return left.low <= right.high and right.low <= left.high
