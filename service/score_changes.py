"""Two scores of one customer by one model: what changed from one to the other, and why."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Literal

import numpy as np
import pandas as pd

from models_registry.bundle import Bundle
from models_registry.columns import FREE_FORM
from models_registry.moves import Move, Movement, moved, movements
from models_registry.reasons import ReasonPolicy, outside_reasons, values_of
from models_registry.score import Lang

_CLOSE = 1e-6  # as near as a version says again what it said before


class Cause(StrEnum):
    """What a difference is put on."""

    FEATURES = "features"
    MODEL = "model"
    RULE = "rule"
    POPULATION = "population"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class PastScore:
    """A score as the log has it; the same answer given several times is one.

    Attributes
    ----------
    scored_at, path
        When it was given first, and whether by a night (`batch`) or to a request (`online`).
    times
        How often it was given.
    change
        What changed since the one before; None for the first of what was asked for.
    """

    as_of: datetime
    scored_at: datetime
    path: Literal["batch", "online"]
    times: int
    value: float | None
    band: str | None
    percentile: float | None
    status: str
    model_version: str
    change: "Change | None" = None


@dataclass(frozen=True, slots=True)
class Change:
    """What changed since another score, and why.

    Attributes
    ----------
    since
        `as_of` of the other score.
    difference
        Value less the value before; None where one has none.
    cause
        `features`: one version judged both, and `moves` say what its features did. `rule`: its
        simple rule answered both times. `population`: the customer came into what the version
        judges, or left it. `model`: another version. `unknown`: version or inputs are gone.
    margin_before, margin_after, rest
        As in `Movement`; only for `features`.
    moves
        The largest, first; on the scale of the margin, for `rule` on that of the value.
    unexplained
        Share (0 to 1) of all that moved which `moves` do not name.
    """

    since: datetime
    value_before: float | None
    difference: float | None
    band_before: str | None
    band_changed: bool
    model_version_before: str
    cause: Cause
    text: str
    margin_before: float | None = None
    margin_after: float | None = None
    moves: tuple[Move, ...] = ()
    rest: float | None = None
    unexplained: float = 1.0


@dataclass(frozen=True, slots=True)
class Pair:
    """Two scores by one version, and what each was made from; empty where that was not kept."""

    before: PastScore
    after: PastScore
    inputs_before: Mapping[str, object]
    inputs_after: Mapping[str, object]


_TEXTS: dict[tuple[str, Lang], str] = {
    ("model", "en"): (
        "version {after} of {model} scored it and version {before} the one before: the difference"
        " cannot be put on the customer alone"
    ),
    ("model", "zh-CN"): (
        "本次由 {model} 第 {after} 版评分，上一次为第 {before} 版：差异不能只归因于顾客"
    ),
    ("unknown", "en"): (
        "version {before} of {model}, or what it read, is not kept any more: why cannot be told"
    ),
    ("unknown", "zh-CN"): "{model} 第 {before} 版或其所读数据已不再保留：无法说明原因",
    ("entered", "en"): "the model judges now, and before a simple rule did: {why}",
    ("entered", "zh-CN"): "现由模型评分，之前由简单规则给出：{why}",
    ("left", "en"): "a simple rule answers now, and before the model judged: {why}",
    ("left", "zh-CN"): "现由简单规则给出，之前由模型评分：{why}",
    ("nothing", "en"): "nothing moved that the model reads",
    ("nothing", "zh-CN"): "模型所读数据均无变化",
}
_BETWEEN: dict[Lang, str] = {"en": "; ", "zh-CN": "；"}


def by_another_version(model: str, before: PastScore, after: PastScore, lang: Lang) -> Change:
    """Return the change between scores of two versions: it is not put on the customer."""
    return _change(before, after, Cause.MODEL, _text("model", model, before, after, lang))


def untold(model: str, before: PastScore, after: PastScore, lang: Lang) -> Change:
    """Return the change between two scores whose why cannot be worked out any more."""
    return _change(before, after, Cause.UNKNOWN, _text("unknown", model, before, after, lang))


def by_one_version(
    bundle: Bundle, pairs: Sequence[Pair], top_k: int, lang: Lang = "en"
) -> list[Change]:
    """Return what changed within each pair.

    The version judges what was logged once more: where it does not say what was said then, the
    log does not hold all it read, and why is `unknown`.
    """
    kept = [_kept(bundle, pair) for pair in pairs]
    told = iter(
        _told(bundle, [pair for pair, has in zip(pairs, kept, strict=True) if has], top_k, lang)
    )
    return [
        next(told) if has else untold(bundle.meta.model, pair.before, pair.after, lang)
        for pair, has in zip(pairs, kept, strict=True)
    ]


def _told(bundle: Bundle, pairs: Sequence[Pair], top_k: int, lang: Lang) -> list[Change]:
    if not pairs:
        return []
    before = _frame(bundle, [pair.inputs_before for pair in pairs])
    after = _frame(bundle, [pair.inputs_after for pair in pairs])
    again = _says_again(bundle, before, [pair.before.value for pair in pairs]) & _says_again(
        bundle, after, [pair.after.value for pair in pairs]
    )
    was, now = bundle.eligible(before), bundle.eligible(after)
    inside = was & now
    found = movements(bundle, before[inside], after[inside], top_k, lang) if inside.any() else []
    by_trees = iter(found)
    changes = []
    for i, pair in enumerate(pairs):
        movement = next(by_trees) if inside[i] else None
        row = slice(i, i + 1)
        if not again[i]:
            change = untold(bundle.meta.model, pair.before, pair.after, lang)
        elif movement is not None:
            change = _by_features(pair, movement, lang)
        elif was[i] or now[i]:
            outside = before[row] if now[i] else after[row]
            change = _across(bundle, pair, outside, lang, entered=bool(now[i]))
        else:
            change = _by_rule(bundle, pair, before[row], after[row], lang)
        changes.append(change)
    return changes


def _by_features(pair: Pair, found: Movement, lang: Lang) -> Change:
    return _change(
        pair.before,
        pair.after,
        Cause.FEATURES,
        _BETWEEN[lang].join(move.text for move in found.moves) or _TEXTS["nothing", lang],
        margin_before=found.margin_before,
        margin_after=found.margin_after,
        moves=found.moves,
        rest=found.rest,
        unexplained=found.unexplained,
    )


def _across(
    bundle: Bundle, pair: Pair, outside: pd.DataFrame, lang: Lang, *, entered: bool
) -> Change:
    [(why,)] = outside_reasons(bundle.meta, outside, lang, ReasonPolicy())
    text = _TEXTS["entered" if entered else "left", lang].format(why=why.text)
    return _change(pair.before, pair.after, Cause.POPULATION, text)


def _by_rule(
    bundle: Bundle, pair: Pair, before: pd.DataFrame, after: pd.DataFrame, lang: Lang
) -> Change:
    """Return the change of the rule's answer, which reads one feature and nothing else."""
    meta, difference = bundle.meta, _difference(pair.before, pair.after)
    if meta.baseline is None or not difference:
        return _change(
            pair.before, pair.after, Cause.RULE, _TEXTS["nothing", lang], unexplained=0.0
        )
    name = meta.baseline.feature
    values = values_of(meta, before, name)[0], values_of(meta, after, name)[0]
    move = moved(meta.model, name, values, meta.typical.get(name), difference, lang)
    return _change(
        pair.before, pair.after, Cause.RULE, move.text, moves=(move,), rest=0.0, unexplained=0.0
    )


def _change(before: PastScore, after: PastScore, cause: Cause, text: str, **more: Any) -> Change:
    return Change(
        since=before.as_of,
        value_before=before.value,
        difference=_difference(before, after),
        band_before=before.band,
        band_changed=before.band != after.band,
        model_version_before=before.model_version,
        cause=cause,
        text=text,
        **more,
    )


def _text(which: str, model: str, before: PastScore, after: PastScore, lang: Lang) -> str:
    versions = {"before": before.model_version, "after": after.model_version}
    return _TEXTS[which, lang].format(model=model, **versions)


def _difference(before: PastScore, after: PastScore) -> float | None:
    if before.value is None or after.value is None:
        return None
    return after.value - before.value


def _kept(bundle: Bundle, pair: Pair) -> bool:
    needed = {name for name in bundle.inputs if not name.startswith(FREE_FORM)}
    return needed <= pair.inputs_before.keys() and needed <= pair.inputs_after.keys()


def _frame(bundle: Bundle, rows: Sequence[Mapping[str, object]]) -> pd.DataFrame:
    return pd.DataFrame(list(rows)).reindex(columns=bundle.inputs)


def _says_again(
    bundle: Bundle, rows: pd.DataFrame, values: Sequence[float | None]
) -> "np.ndarray[Any, np.dtype[np.bool_]]":
    given = np.array([np.nan if value is None else value for value in values], np.float64)
    same = np.isclose(bundle.answers(rows).value, given, _CLOSE, _CLOSE, equal_nan=True)
    return np.asarray(same, np.bool_)
