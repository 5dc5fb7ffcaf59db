"""The promotion gate: conditions measured on the test rows, answered in plain words."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Self

from training.config import Requirement
from training.evaluate import Evaluation, best_baseline
from training.metrics import BETTER


@dataclass(frozen=True)
class Verdict:
    """Whether a model may become champion, and one sentence per condition."""

    passed: bool
    reasons: tuple[str, ...]

    def __and__(self, other: Self) -> Self:
        """Return the verdict that both are passed."""
        return type(self)(self.passed and other.passed, self.reasons + other.reasons)

    def text(self) -> str:
        """Return the verdict as a Markdown list."""
        head = "The gate is passed." if self.passed else "The gate is not passed."
        return "\n".join([head, "", *(f"- {reason}" for reason in self.reasons)]) + "\n"

    @classmethod
    def read(cls, text: str) -> Self:
        """Return the verdict that `text` was made of."""
        reasons = [line[2:] for line in text.splitlines() if line.startswith("- ")]
        return cls(all(reason.startswith("passed") for reason in reasons), tuple(reasons))


@dataclass(frozen=True)
class _Answer:
    passed: bool
    said: str


def decide(evaluation: Evaluation, requirements: Sequence[Requirement]) -> Verdict:
    """Hold an evaluation against the gate; a metric that was not measured fails its condition."""
    answers = [answer for asked in requirements for answer in _answers(evaluation, asked)]
    reasons = tuple(f"{'passed' if a.passed else 'failed'}: {a.said}" for a in answers)
    return Verdict(passed=all(a.passed for a in answers), reasons=reasons)


def _answers(evaluation: Evaluation, asked: Requirement) -> Iterator[_Answer]:
    value = evaluation.metrics.get(asked.metric)
    if value is None:
        yield _Answer(False, f"{asked.metric} was not measured")
        return
    if asked.at_least is not None:
        said = f"{asked.metric} {value:.4f}, at least {asked.at_least:g} asked"
        yield _Answer(value >= asked.at_least, said)
    if asked.at_most is not None:
        said = f"{asked.metric} {value:.4f}, at most {asked.at_most:g} asked"
        yield _Answer(value <= asked.at_most, said)
    if asked.beats_baselines_by is not None:
        yield _against_baselines(evaluation, asked, value, asked.beats_baselines_by)


def _against_baselines(
    evaluation: Evaluation, asked: Requirement, value: float, margin: float
) -> _Answer:
    metric = asked.metric
    rival = best_baseline(evaluation.baselines, metric)
    if rival is None:
        return _Answer(False, f"{metric} has no baseline to beat")
    name, best = rival
    sign = 1.0 if BETTER[metric] == "higher" else -1.0
    needed = margin * abs(best) if asked.as_share else margin
    gained = sign * (value - best)
    said = (
        f"{metric} {value:.4f} against {best:.4f} of the best baseline ({name}): "
        f"better by {gained:.4f}, at least {needed:.4f} asked"
    )
    return _Answer(gained >= needed, said)
