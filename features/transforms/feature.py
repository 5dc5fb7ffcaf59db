"""What a feature is: its name, its unit and the sentence a shop guide reads."""

import math
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

Topic = Literal[
    "timing",
    "value",
    "basket",
    "category",
    "promotion",
    "stores",
    "habits",
    "returns",
    "campaigns",
    "service",
    "seasonality",
    "peers",
    "leads",
]
Unit = Literal["days", "count", "money", "share", "ratio", "nats", "score"]
Lang = Literal["en", "zh-CN"]

_CLAUSE_END: dict[Lang, str] = {"en": "; ", "zh-CN": "，"}
_TYPICAL: dict[Lang, str] = {"en": " (typically {typical})", "zh-CN": "（一般为 {typical}）"}
_COUNTED = "day|order|line|unit|categorie|shop|time|coupon"
_ONE = re.compile(rf"(?<![\d.,])1 ((?:purchase )?(?:{_COUNTED}))s\b")
_WRITTEN: dict[Unit, Callable[[float], str]] = {
    "days": lambda x: f"{x:.0f}" if x >= 10 else f"{x:.2g}",
    "count": lambda x: f"{x:.0f}" if x == round(x) else f"{x:.1f}",
    "money": lambda x: f"{x:,.2f}",
    "share": lambda x: f"{100 * x:.0f} %",
    "ratio": lambda x: f"{x:.1f}",
    "nats": lambda x: f"{x:.2f}",
    "score": lambda x: f"{x:.1f}",
}


@dataclass(frozen=True, slots=True)
class Feature:
    """One column of the customer features.

    Attributes
    ----------
    en, zh
        Short names for tables and charts.
    said_en, said_zh
        `str.format` templates over ``{value}`` and ``{typical}``.
    actionable
        Whether a shop can influence it.
    default
        The value of a customer of whom there is nothing to count: 0 for counts and sums; NaN for
        what then cannot be known, such as a share of nothing, the time since what never was, or
        anything told by a table that the lake does not have. Where the lake has the table, its
        counts are 0 for whom it does not name.
    typical_from
        The feature that holds this customer's own usual value; None takes the median of all
        customers.
    """

    name: str
    topic: Topic
    unit: Unit
    en: str
    zh: str
    said_en: str
    said_zh: str
    actionable: bool
    default: float = math.nan
    typical_from: str | None = None

    def say(self, value: float | None, typical: float | None, lang: Lang) -> str:
        """Return the sentence for one customer; a clause whose number is missing is left out.

        Parameters
        ----------
        typical
            What is usual: for this customer where the feature has a `typical_from`, else for all.
        """
        if _missing(value):
            return f"{self.en}: not known" if lang == "en" else f"{self.zh}：暂无数据"
        template = self.said_en if lang == "en" else self.said_zh
        if _missing(typical):
            template = _without_typical(template, _CLAUSE_END[lang])
        elif "{typical}" not in template:
            template += _TYPICAL[lang]
        said = template.format(value=self.written(value), typical=self.written(typical))
        return _singular(said) if lang == "en" else said

    def written(self, value: float | None) -> str:
        """Return `value` as people write this unit; empty where missing."""
        return "" if value is None or math.isnan(value) else _WRITTEN[self.unit](value)


def _missing(value: float | None) -> bool:
    return value is None or math.isnan(value)


def _without_typical(template: str, clause_end: str) -> str:
    clauses = template.split(clause_end)
    return clause_end.join(clause for clause in clauses if "{typical}" not in clause)


def _singular(said: str) -> str:
    if "1 " not in said:
        return said
    return _ONE.sub(r"1 \1", said).replace("1 categorie ", "1 category ")
