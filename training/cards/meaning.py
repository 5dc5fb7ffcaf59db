"""What the value of each pipeline means, and what it must not be taken for."""

from dataclasses import dataclass
from typing import assert_never

from features.catalog import described
from models_registry.meta import Condition, Kind
from training.config import ChurnConfig, ClvConfig, LeadConfig, ModelConfig, NextPurchaseConfig
from training.pipelines import churn, clv, lead_score, next_purchase

MARGINS: dict[Kind, str] = {
    "probability": "log-odds",
    "days": "days",
    "amount": "the logarithm of the amount",
}
"""The scale contributions are told on."""


@dataclass(frozen=True)
class Meaning:
    """A pipeline in words.

    Attributes
    ----------
    label
        The column of the outcome.
    purpose, outcome
        What the value says, and what the mean of the outcome is.
    split
        How rows were dealt into parts.
    cautions
        What the value must not be taken for.
    """

    label: str
    purpose: str
    outcome: str
    split: str
    cautions: tuple[str, ...] = ()


_BY_CUTOFF = (
    "Every customer known at a cutoff is a row, with what was known then and what followed. Parts "
    "are cutoffs in the order of time: every outcome of the other parts is settled before the "
    "first test row begins."
)
_NO_CAUSE = (
    "A score is a forecast and no cause: a contribution says what moved the score, not what would "
    "change the customer."
)
_UNTOUCHED = (
    "Customers were treated as they were: nothing here says how a customer answers to an action. "
    "A holdout group tells that."
)


def meaning_of(config: ModelConfig) -> Meaning:
    """Return the words of the pipeline a configuration is for."""
    match config:
        case ChurnConfig():
            return Meaning(
                churn.LABEL,
                f"The probability that a customer buys nothing in the {_days(config)} days that "
                "follow. It is for deciding whom to hold, together with what a customer is worth.",
                "share who bought nothing",
                _BY_CUTOFF,
                (_NO_CAUSE, _UNTOUCHED),
            )
        case NextPurchaseConfig():
            return Meaning(
                next_purchase.LABEL,
                f"The days until a customer buys next (a median, at most {_days(config)}), an "
                f"interval meant to hold {config.survival.interval_level:.0%} of outcomes, and the "
                "categories of that basket. It is for choosing when to write, and about what.",
                "mean days until the next purchase",
                _BY_CUTOFF,
                (
                    f"Who does not buy within {_days(config)} days counts as {_days(config)} days.",
                    _NO_CAUSE,
                ),
            )
        case ClvConfig():
            return Meaning(
                clv.LABEL,
                f"The money a customer spends, net of returns, in the {_days(config)} days that "
                "follow. It is for weighing customers against each other and for budgets.",
                "mean spend",
                _BY_CUTOFF,
                ("The value is spend, not profit.", _NO_CAUSE),
            )
        case LeadConfig():
            return Meaning(
                lead_score.LABEL,
                "The probability that a lead converts before it expires. It is for choosing which "
                "lead to call first.",
                "share who converted",
                "Every settled lead is a row, with what was known at its capture (and at later "
                "ages it is scored at). The test holds the leads captured last, the other parts "
                "those settled before it begins; all rows of one lead are in one part.",
                (
                    "Campaigns and sources were not randomised: leads differ before anybody calls "
                    "them. A high score says that a lead resembles those that converted, not that "
                    "a call, or more of this campaign, makes it convert.",
                    _NO_CAUSE,
                ),
            )
        case _:
            assert_never(config)


def bound(condition: Condition) -> str:
    """Return one bound of a population in words."""
    feature = described(condition.feature)
    words = feature.en if feature is not None else condition.feature
    side = "at least" if condition.op == "at_least" else "at most"
    return f"{words} ({condition.feature}): {side} {condition.value:g}"


def _days(config: ChurnConfig | NextPurchaseConfig | ClvConfig) -> int:
    return config.windows.horizon_days
