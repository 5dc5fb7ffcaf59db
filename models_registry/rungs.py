"""The ladder of answers, full model, pooled model, rule, and why a lower rung answers."""

from dataclasses import dataclass
from typing import Literal

from models_registry.score import Lang, Reason

Rung = Literal["full", "pooled", "rule"]
Unit = Literal["days", "customers", "leads", "outcomes", "proof"]

CODE = "TOO_LITTLE_HISTORY"
_LACKS: dict[tuple[Unit, Lang], str] = {
    ("days", "en"): "too little history in this shop: {have:,} days, the full model needs {need:,}",
    ("days", "zh-CN"): "本店历史记录太少：{have:,} 天，完整模型需要 {need:,} 天",
    ("customers", "en"): (
        "too little history in this shop: {have:,} customers to learn from, "
        "the full model needs {need:,}"
    ),
    ("customers", "zh-CN"): "本店历史记录太少：可学习的顾客 {have:,} 位，完整模型需要 {need:,} 位",
    ("leads", "en"): (
        "too little history in this shop: {have:,} settled leads, the full model needs {need:,}"
    ),
    ("leads", "zh-CN"): "本店历史记录太少：已有结果的线索 {have:,} 条，完整模型需要 {need:,} 条",
    ("outcomes", "en"): (
        "too little history in this shop: the rarer outcome was seen {have:,} times, "
        "the full model needs {need:,}"
    ),
    ("outcomes", "zh-CN"): (
        "本店历史记录太少：较少见的结果只出现过 {have:,} 次，完整模型需要 {need:,} 次"
    ),
    ("proof", "en"): "in this shop the full model has not proved better than a simple rule yet",
    ("proof", "zh-CN"): "在本店，完整模型尚未证明优于简单规则",
}
_ANSWERS: dict[tuple[Rung, Lang], str] = {
    ("pooled", "en"): "; a small model answers",
    ("pooled", "zh-CN"): "；目前由小模型给出",
    ("rule", "en"): "; a simple rule answers",
    ("rule", "zh-CN"): "；目前由简单规则给出",
}


@dataclass(frozen=True)
class Shortage:
    """What the full model lacks.

    Attributes
    ----------
    unit
        Days of history, customers or leads to learn from, outcomes of the rarer kind; "proof"
        where it was measured and is not surely better than the rule: then there is no number.
    have, need
        In that unit.
    """

    unit: Unit
    have: int = 0
    need: int = 0

    def said(self, rung: Rung, lang: Lang = "en") -> str:
        """Return why `rung` answers, as a sentence."""
        lacks = _LACKS[self.unit, lang].format(have=self.have, need=self.need)
        return lacks + _ANSWERS.get((rung, lang), "")


def rung_reason(shortage: Shortage, rung: Rung, lang: Lang) -> Reason:
    """Return the reason that stands before all others where the full model does not answer."""
    counted = shortage.unit != "proof"
    return Reason(
        code=CODE,
        feature=f"shop_{shortage.unit}",
        value=float(shortage.have) if counted else None,
        typical=float(shortage.need) if counted else None,
        contribution=0.0,
        direction="lowers",
        actionable=False,
        text=shortage.said(rung, lang),
    )
