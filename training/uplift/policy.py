"""When an effect of contacts may be estimated, and how."""

from dataclasses import dataclass
from typing import Literal

from training.config import Boosting

Outcome = Literal["bought", "spend"]

_SMALL = Boosting(
    rounds=40,
    learning_rate=0.05,
    num_leaves=4,
    min_data_in_leaf=40,
    feature_fraction=0.5,
    early_stopping=0,
)


@dataclass(frozen=True)
class UpliftPolicy:
    """What counts as enough to measure an effect, and how it is measured.

    Attributes
    ----------
    horizon_days
        Days after the contact that the outcome is looked for in.
    outcome
        What a contact should bring about: that the customer buys at all, or what they spend.
    service
        Feature service that says what was known of a customer at the contact.
    least_contacted, least_holdouts
        Fewer contacts with a settled outcome say too little.
    least_outcomes
        In either group so many bought, and so many did not.
    chance_auc, most_auc
        Features known before must not tell who was held out: the interval of their AUC has to
        begin at or below `chance_auc` and to end at or below `most_auc`.
    newest_moments
        Without holdouts, contacted and other customers are compared at so many moments.
    most_customers
        Of more customers so many are taken by chance, which bounds the work at any size of shop.
    boosting
        Small trees: there are few contacts.
    folds
        Customers are dealt into so many folds; an effect is measured on customers unseen.
    rounds, level, seed
        Draws of customers behind an interval, and the share of them it holds.
    groups
        Customers are shown in so many groups of predicted uplift.
    """

    version: str = "uplift-1"
    horizon_days: int = 60
    outcome: Outcome = "bought"
    service: str = "churn_60d_v1"
    least_contacted: int = 100
    least_holdouts: int = 100
    least_outcomes: int = 30
    chance_auc: float = 0.52
    most_auc: float = 0.62
    newest_moments: int = 6
    most_customers: int = 20_000
    boosting: Boosting = _SMALL
    folds: int = 3
    rounds: int = 200
    level: float = 0.95
    seed: int = 20170101
    groups: int = 10


UPLIFT = UpliftPolicy()
