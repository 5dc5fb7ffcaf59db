"""A points card, as a sales team draws one up: a few questions, points for each answer, a sum.

The points are weights of evidence (Good, Probability and the Weighing of Evidence, 1950) in the
scale of credit scorecards (Siddiqi, Credit Risk Scorecards, 2006): so many points double the odds.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
import pandas as pd

Floats = npt.NDArray[np.float64]
UNKNOWN, OTHER = "unknown", "other"


@dataclass(frozen=True)
class CardPolicy:
    """How a card is drawn up.

    Attributes
    ----------
    questions
        The most telling so many features make the card.
    parts
        A number is cut into at most so many parts of about equal size.
    least
        An answer that fewer people gave counts as "other".
    doubling
        Points that double the odds.
    """

    questions: int = 8
    parts: int = 4
    least: int = 50
    doubling: float = 10.0


@dataclass(frozen=True)
class Question:
    """One feature of the card: the points of each answer, `edges` between answers of a number."""

    feature: str
    points: Mapping[str, int]
    edges: tuple[float, ...] | None
    telling: float

    def of(self, rows: pd.DataFrame) -> Floats:
        """Return the points of each row, shape (n,)."""
        answers = _answers(rows[self.feature], self.edges)
        points = answers.map(self.points).fillna(self.points.get(OTHER, 0))
        return np.asarray(points, dtype=np.float64)


@dataclass(frozen=True)
class Card:
    """Questions whose points are summed."""

    questions: tuple[Question, ...]

    def __call__(self, rows: pd.DataFrame) -> Floats:
        """Return the sum of each row, shape (n,)."""
        points = np.array([question.of(rows) for question in self.questions])
        return np.asarray(points.sum(axis=0), dtype=np.float64)


def draw_up(
    rows: pd.DataFrame,
    converted: Floats,
    numbers: Sequence[str],
    texts: Sequence[str],
    policy: CardPolicy | None = None,
) -> Card:
    """Return the card of the features that tell most of who converted.

    Parameters
    ----------
    rows, converted
        Settled leads, and 1.0 or 0.0 for each.
    numbers, texts
        The columns to choose from.
    """
    policy = policy or CardPolicy()
    asked = [_question(rows, name, converted, policy, is_number=True) for name in numbers]
    asked += [_question(rows, name, converted, policy, is_number=False) for name in texts]
    best = sorted(asked, key=lambda question: -question.telling)[: policy.questions]
    return Card(tuple(best))


def _question(
    rows: pd.DataFrame, name: str, converted: Floats, policy: CardPolicy, *, is_number: bool
) -> Question:
    edges = _edges(rows[name], policy.parts) if is_number else None
    answers = _answers(rows[name], edges)
    rare = answers.map(answers.value_counts()) < policy.least
    counted = pd.DataFrame({"won": converted, "answer": answers.mask(rare, OTHER)})
    won = counted.groupby("answer")["won"].agg(["sum", "size"])
    # Half a lead on either side keeps an answer that nobody, or everybody, converts with finite.
    wins, losses = won["sum"] + 0.5, won["size"] - won["sum"] + 0.5
    evidence = np.log(wins / losses) - np.log(wins.sum() / losses.sum())
    telling = float(((wins / wins.sum() - losses / losses.sum()) * evidence).sum())
    points = (evidence * policy.doubling / np.log(2)).round().astype(int)
    return Question(name, {str(k): int(v) for k, v in points.items()}, edges, telling)


def _edges(column: "pd.Series[float]", parts: int) -> tuple[float, ...]:
    known = column.dropna().to_numpy(np.float64)
    if not known.size:
        return ()
    inner = np.linspace(0, 1, parts + 1)[1:-1]
    return tuple(np.unique(np.quantile(known, inner)).tolist())


def _answers(column: "pd.Series[Any]", edges: tuple[float, ...] | None) -> "pd.Series[Any]":
    if edges is None:
        return column.astype(object).fillna(UNKNOWN).astype(str)
    part = np.searchsorted(edges, column.to_numpy(np.float64), side="left").astype(str)
    return pd.Series(np.where(column.isna(), UNKNOWN, part), index=column.index)
