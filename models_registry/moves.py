"""What moved between two moments one model version judged: exact on the margin, and in words."""

from dataclasses import dataclass
from typing import Literal

import numpy as np

from features.catalog import described
from models_registry.bundle import Bundle
from models_registry.columns import Floats, Table
from models_registry.groups import grouped
from models_registry.reasons import (
    ReasonPolicy,
    naming,
    spoken,
    strongest,
    usual_of,
    values_of,
)
from models_registry.score import Lang

Value = float | str | None
_How = Literal["rose", "fell", "became", "stayed", "appeared", "vanished", "unknown"]

_MOVED: dict[tuple[_How, Lang], str] = {
    ("rose", "en"): "{name} rose from {before} to {after}",
    ("rose", "zh-CN"): "{name}从 {before} 升至 {after}",
    ("fell", "en"): "{name} fell from {before} to {after}",
    ("fell", "zh-CN"): "{name}从 {before} 降至 {after}",
    ("became", "en"): "{name} was {before}, is {after}",
    ("became", "zh-CN"): "{name}由 {before} 变为 {after}",
    ("stayed", "en"): "{name} still {after}, which weighs differently beside the rest",
    ("stayed", "zh-CN"): "{name}仍为 {after}，但与其他变化一起作用不同",
    ("appeared", "en"): "{name} was not known, is {after}",
    ("appeared", "zh-CN"): "{name}由未知变为 {after}",
    ("vanished", "en"): "{name} was {before}, is not known any more",
    ("vanished", "zh-CN"): "{name}由 {before} 变为未知",
    ("unknown", "en"): "{name} still not known, which weighs differently beside the rest",
    ("unknown", "zh-CN"): "{name}仍未知，但与其他变化一起作用不同",
}
_USUAL: dict[Lang, str] = {"en": " (usually {usual})", "zh-CN": "（通常为 {usual}）"}
_EFFECT: dict[tuple[str, Lang], str] = {
    ("raises", "en"): "{said}: raises {model}",
    ("raises", "zh-CN"): "{said}：使 {model} 升高",
    ("lowers", "en"): "{said}: lowers {model}",
    ("lowers", "zh-CN"): "{said}：使 {model} 降低",
}


@dataclass(frozen=True, slots=True)
class Move:
    """What one feature, and the near-duplicates it speaks for, did to a score.

    Attributes
    ----------
    before, after
        The subject's value then and now; None where missing.
    typical
        What is usual now, as in a reason.
    contribution
        Contribution now less that of then, on the scale of the margin.
    """

    code: str
    feature: str
    before: Value
    after: Value
    typical: Value
    contribution: float
    direction: Literal["raises", "lowers"]
    actionable: bool
    text: str


@dataclass(frozen=True, slots=True)
class Movement:
    """Why a version says another value of the same subject.

    Attributes
    ----------
    margin_before, margin_after
        Raw margins; for a model of days both are asked about the days of the value before.
    moves
        The largest, first.
    rest
        What `moves` leave of the difference: before + moves + rest = after.
    unexplained
        Share (0 to 1) of all that moved, up or down, which `moves` do not name.
    """

    margin_before: float
    margin_after: float
    moves: tuple[Move, ...]
    rest: float
    unexplained: float


def movements(
    bundle: Bundle,
    before: Table,
    after: Table,
    top_k: int,
    lang: Lang = "en",
    policy: ReasonPolicy | None = None,
) -> list[Movement]:
    """Return, row for row, what moved; every row must lie inside the model's population.

    A model of days has the same margin at each of its values, so both sides are asked about the
    days of the side before.
    """
    meta, policy = bundle.meta, policy or ReasonPolicy()
    days = bundle.answers(before).value if meta.kind == "days" else None
    was, now = (bundle.contributions(side, days) for side in (before, after))
    pushes = strongest(meta, now - was, top_k, policy)
    names = sorted({name for row in pushes for name, _ in row})
    then = {name: values_of(meta, before, name) for name in names}
    here = {name: values_of(meta, after, name) for name in names}
    usual = {name: usual_of(meta, after, name) for name in names}
    moves = [
        tuple(
            moved(meta.model, name, (then[name][i], here[name][i]), usual[name][i], by, lang)
            for name, by in row
        )
        for i, row in enumerate(pushes)
    ]
    ends = zip(was.sum(axis=1).tolist(), now.sum(axis=1).tolist(), strict=True)
    whole = _sizes(bundle, now - was)
    return [
        _movement(row, *margins, size)
        for row, margins, size in zip(moves, ends, whole, strict=True)
    ]


def moved(
    model: str,
    name: str,
    values: tuple[Value, Value],
    typical: Value,
    contribution: float,
    lang: Lang,
) -> Move:
    """Return one move with its sentence.

    Parameters
    ----------
    values
        The feature's value then and now.
    """
    known = described(name)
    direction: Literal["raises", "lowers"] = "raises" if contribution > 0 else "lowers"
    said = say_moved(name, *values, typical, lang)
    return Move(
        code=name.upper(),
        feature=name,
        before=values[0],
        after=values[1],
        typical=typical,
        contribution=contribution,
        direction=direction,
        actionable=known.actionable if known else False,
        text=_EFFECT[direction, lang].format(said=said, model=model),
    )


def say_moved(name: str, before: Value, after: Value, typical: Value, lang: Lang) -> str:
    """Return how one feature moved, in the words of its reason."""
    then, now, usual = (_written(name, value, lang) for value in (before, after, typical))
    known = described(name)
    label = naming(name, lang) if known is None else known.en if lang == "en" else known.zh
    said = _MOVED[_how(before, after, then, now), lang]
    text = said.format(name=label, before=then, after=now)
    return text + (_USUAL[lang].format(usual=usual) if usual else "")


def _movement(moves: tuple[Move, ...], before: float, after: float, size: float) -> Movement:
    named = sum(abs(move.contribution) for move in moves)
    return Movement(
        margin_before=before,
        margin_after=after,
        moves=moves,
        rest=after - before - sum(move.contribution for move in moves),
        unexplained=max(0.0, 1.0 - named / size) if size else 0.0,
    )


def _sizes(bundle: Bundle, changes: Floats) -> list[float]:
    """Return how much moved in all, a number a row: every group, and the base value."""
    groups = grouped(changes[:, :-1], bundle.meta.features, bundle.meta.groups).sums
    sizes: list[float] = (np.abs(groups).sum(axis=1) + np.abs(changes[:, -1])).tolist()
    return sizes


def _how(before: Value, after: Value, then: str, now: str) -> _How:
    if before is None or after is None:
        if before is None:
            return "unknown" if after is None else "appeared"
        return "vanished"
    if then == now:  # as people write it; a difference nobody would print is none to speak of
        return "stayed"
    if isinstance(before, str) or isinstance(after, str):
        return "became"
    return "rose" if after > before else "fell"


def _written(name: str, value: Value, lang: Lang) -> str:
    known = described(name)
    if known is None or isinstance(value, str):
        return spoken(name, value, lang, ReasonPolicy())
    return known.written(value)
