"""Contributions as sentences: which feature moved a score, and how a shop guide would say it."""

import math
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache

import numpy as np

from features.catalog import described
from models_registry.columns import FREE_FORM, Floats, Table, framed, numbers
from models_registry.groups import grouped
from models_registry.meta import Condition, Meta
from models_registry.score import Lang, Reason

OUTSIDE = "OUTSIDE_POPULATION"
_SENTENCES = 20_000  # kept, as many customers are told the same
_CAPTURED = "lead_"
_EN = {"weekday": "Day of capture", "hour": "Hour of capture (UTC)"}
_ZH = {
    "source": "来源",
    "medium": "媒介",
    "region": "地区",
    "weekday": "线索获取日",
    "hour": "线索获取时刻（UTC）",
    "campaign_type": "活动类型",
    "duration_days": "活动天数",
    "coupons": "优惠券数",
}
_WEEKDAYS: dict[Lang, tuple[str, ...]] = {
    "en": ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
    "zh-CN": ("周一", "周二", "周三", "周四", "周五", "周六", "周日"),
}
_BEYOND: dict[tuple[str, Lang], str] = {
    ("at_least", "en"): "too little history: {fact} (the model needs at least {bound})",
    ("at_least", "zh-CN"): "历史记录太少：{fact}（模型至少需要 {bound}）",
    ("at_most", "en"): "outside what the model knows: {fact} (it reaches to {bound})",
    ("at_most", "zh-CN"): "超出模型适用范围：{fact}（模型只适用到 {bound}）",
}

_SNAPSHOT: dict[Lang, str] = {
    "en": "the newest features cannot be read now; this is by those of {day} (UTC)",
    "zh-CN": "暂时读不到最新特征；以下依据 {day}（UTC）的快照",
}


@dataclass(frozen=True)
class ReasonPolicy:
    """What is worth saying.

    Attributes
    ----------
    min_share
        A group's contribution smaller than this share of the sum of all groups' sizes of its row
        is left out.
    digits
        Significant digits of a number the catalogue does not know; whole numbers stay whole.
    """

    min_share: float = 0.01
    digits: int = 3


def tree_reasons(
    meta: Meta,
    table: Table,
    contributions: Floats,
    top_k: int,
    lang: Lang,
    policy: ReasonPolicy,
) -> list[tuple[Reason, ...]]:
    """Return at most `top_k` reasons per row, the largest contribution first.

    Features of one group of `meta` give one reason: its contribution is the sum of theirs, and the
    member that pushes hardest the same way speaks.

    Parameters
    ----------
    table
        The explained rows, n of them.
    contributions
        Shape (n, n_features + 1), the base value last.
    """
    pushes = strongest(meta, contributions, top_k, policy)
    told = sorted({name for row in pushes for name, _ in row})
    values = {name: values_of(meta, table, name) for name in told}
    usual = {name: usual_of(meta, table, name) for name in told}
    return [
        tuple(
            _reason(name, values[name][i], usual[name][i], pushed, lang, policy)
            for name, pushed in row
        )
        for i, row in enumerate(pushes)
    ]


def strongest(
    meta: Meta, contributions: Floats, top_k: int, policy: ReasonPolicy
) -> list[list[tuple[str, float]]]:
    """Return, per row, who speaks for the `top_k` largest groups and what each contributes.

    Parameters
    ----------
    contributions
        As in `tree_reasons`, or the difference of two such.
    """
    parts = grouped(contributions[:, :-1], meta.features, meta.groups)
    size = np.abs(parts.sums)
    floor = policy.min_share * size.sum(axis=1, keepdims=True)
    worth = (size > 0) & (size >= floor)
    order = np.argsort(-size, axis=1, kind="stable")[:, :top_k]
    rows = np.arange(len(order))[:, None]
    chosen = (each[rows, order].tolist() for each in (parts.speakers, parts.sums, worth))
    return [
        [(meta.features[j], pushed) for j, pushed, told in zip(*row, strict=True) if told]
        for row in zip(*chosen, strict=True)
    ]


def outside_reasons(
    meta: Meta, table: Table, lang: Lang, policy: ReasonPolicy
) -> list[tuple[Reason, ...]]:
    """Return why the model does not judge these rows: the first bound each one misses.

    The contribution is 0: the value comes from the rule, not from the trees.
    """
    missed = np.argmin(np.column_stack([c.holds(table) for c in meta.population]), axis=1)
    values = [numbers(table, condition.feature) for condition in meta.population]
    return [
        (_outside(meta.population[j], _known(float(values[j][i])), lang, policy),)
        for i, j in enumerate(missed)
    ]


def snapshot_reason(moment: datetime, lang: Lang) -> Reason:
    """Return the reason that stands first where older features answer in place of the newest."""
    day = f"{moment:%Y-%m-%d %H:%M}"
    return Reason(
        code="FEATURES_FROM_SNAPSHOT",
        feature="features_as_of",
        value=day,
        typical=None,
        contribution=0.0,
        direction="lowers",
        actionable=False,
        text=_SNAPSHOT[lang].format(day=day),
    )


@lru_cache(_SENTENCES)
def say(
    name: str,
    value: float | str | None,
    typical: float | str | None,
    lang: Lang,
    policy: ReasonPolicy | None = None,
) -> str:
    """Return the sentence for one feature of one customer or lead.

    A feature of the catalogue speaks for itself; any other (fields and attributes of a lead) gets
    "Source: API (usually Landing Page Submission)".
    """
    policy = policy or ReasonPolicy()
    known = described(name)
    if known is not None and not isinstance(value, str) and not isinstance(typical, str):
        return known.say(value, typical, lang)
    label = naming(name, lang)
    said, usually = (spoken(name, one, lang, policy) for one in (value, typical))
    if lang == "zh-CN":
        return f"{label}：{said or '未知'}" + (f"（通常为 {usually}）" if usually else "")
    return f"{label}: {said or 'not known'}" + (f" (usually {usually})" if usually else "")


def _reason(
    name: str,
    value: float | str | None,
    typical: float | str | None,
    contribution: float,
    lang: Lang,
    policy: ReasonPolicy,
) -> Reason:
    known = described(name)
    return Reason(
        code=name.upper(),
        feature=name,
        value=value,
        typical=typical,
        contribution=contribution,
        direction="raises" if contribution > 0 else "lowers",
        actionable=known.actionable if known else False,
        text=say(name, value, typical, lang, policy),
    )


def values_of(meta: Meta, table: Table, name: str) -> list[float | str | None]:
    """Return a feature's value of each row; None where missing."""
    if name not in meta.levels:
        return [_known(x) for x in numbers(table, name).tolist()]
    if name not in table:
        return [None] * len(table)
    return [x if isinstance(x, str) else None for x in framed(table)[name]]


def usual_of(meta: Meta, table: Table, name: str) -> list[float | str | None]:
    """Return the customer's own usual value if the catalogue names one, else the population's."""
    feature = described(name)
    own = feature.typical_from if feature else None
    if own is None:
        return [meta.typical.get(name)] * len(table)
    if own not in table:
        return [None] * len(table)
    return [_known(x) for x in numbers(table, own).tolist()]


def _known(x: float) -> float | None:
    return None if math.isnan(x) else x


def naming(name: str, lang: Lang) -> str:
    """Return what people call a feature the catalogue does not know."""
    bare = name.removeprefix(_CAPTURED).removeprefix(FREE_FORM)
    named = (_ZH if lang == "zh-CN" else _EN).get(bare)
    words = bare.replace("_", " ").strip()
    return named or words[:1].upper() + words[1:]


def spoken(name: str, value: float | str | None, lang: Lang, policy: ReasonPolicy) -> str:
    """Return how people write such a feature's value; empty where missing."""
    if isinstance(value, float) and name == "lead_weekday":
        return _WEEKDAYS[lang][int(value) % 7]
    return _written(value, policy)


def _written(value: float | str | None, policy: ReasonPolicy) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    if value == round(value):
        return f"{value:,.0f}"
    decimals = max(0, policy.digits - 1 - int(np.floor(np.log10(abs(value)))))
    written = f"{value:,.{decimals}f}"
    return written.rstrip("0").rstrip(".") if "." in written else written


def _outside(missed: Condition, value: float | None, lang: Lang, policy: ReasonPolicy) -> Reason:
    return Reason(
        code=OUTSIDE,
        feature=missed.feature,
        value=value,
        typical=missed.value,
        contribution=0.0,
        direction="lowers" if missed.op == "at_least" else "raises",
        actionable=False,
        text=_BEYOND[missed.op, lang].format(
            fact=say(missed.feature, value, None, lang, policy),
            bound=_written(missed.value, policy),
        ),
    )
