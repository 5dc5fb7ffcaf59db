"""A retention plan: newest scores, what contacts change, and what each size of list earns."""

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from features.errors import InputError
from service.crm.profit import (
    Contact,
    ProfitCurve,
    ProfitPolicy,
    profit_curve,
    saved_by_assumption,
)
from shuke.progress import sharing

if TYPE_CHECKING:
    from service.bootstrap import App
    from service.retention_facts import ScoredCustomers
    from training.uplift.estimate import Finding


@dataclass(frozen=True)
class RetentionPlan:
    """What to do with a budget, and on what grounds.

    Attributes
    ----------
    finding
        What past contacts say of their effect.
    """

    scored: "ScoredCustomers"
    finding: "Finding"
    policy: ProfitPolicy
    budget: float
    curve: ProfitCurve

    @property
    def measured(self) -> bool:
        """Whether customers saved come from a measured uplift, and not from an assumption."""
        return self.finding.usable is not None

    @property
    def basis(self) -> str:
        """Where expected customers saved come from, in a few words for every output."""
        if self.measured:
            return f"measured uplift ({self.finding.policy.version})"
        return f"ASSUMED: a contact keeps {self.policy.save_rate:.0%} of those about to leave"


def chosen_policy(
    policy: ProfitPolicy, cost: float | None, margin: float | None, save_rate: float | None
) -> ProfitPolicy:
    """Return the policy with what was said on the command line in place, and in its version.

    Raises
    ------
    InputError
        Something said is no finite number.
    """
    said = {"contact_cost": cost, "margin_rate": margin, "save_rate": save_rate}
    given = {name: value for name, value in said.items() if value is not None}
    if not given:
        return policy
    for name, value in given.items():
        if not math.isfinite(value):
            raise InputError(f"{name} has to be a number", where=f"{value}", todo="Give a number.")
    changed = ", ".join(f"{name} {value:g}" for name, value in given.items())
    return replace(
        policy,
        version=f"{policy.version} with {changed}",
        contact_cost=given.get("contact_cost", policy.contact_cost),
        margin_rate=given.get("margin_rate", policy.margin_rate),
        save_rate=given.get("save_rate", policy.save_rate),
    )


def plan_retention(app: "App", budget: float, policy: ProfitPolicy) -> RetentionPlan:
    """Plan whom to contact for a budget, from the newest night's scores.

    Raises
    ------
    InputError
        The budget does not pay one contact.
    ScoresMissingError
        No night has run yet.
    """
    from service.retention_facts import contacts, scored_customers
    from training.dataset import Context
    from training.uplift.estimate import estimate_uplift

    # Written as "not at least", so that a budget that is no number is refused too.
    if not budget >= policy.contact_cost:
        raise InputError(
            "The budget does not pay one contact",
            where=f"budget {budget:g}, one contact costs {policy.contact_cost:g}",
            todo="Give a greater --budget, or say with --cost what a contact costs.",
        )
    scored = scored_customers(app)
    with sharing("Looking at past contacts") as tell:
        ctx = Context(app.lake, app.store, app.lake.today())
        finding = estimate_uplift(ctx, contacts(app), progress=tell)
    people = zip(
        scored.frame["customer_id"],
        _saved(app, scored, finding, policy),
        scored.frame["value"],
        strict=True,
    )
    offers = [
        Contact(str(who), float(saved), float(value), policy.contact_cost)
        for who, saved, value in people
    ]
    return RetentionPlan(scored, finding, policy, budget, profit_curve(offers, policy, budget))


def _saved(
    app: "App", scored: "ScoredCustomers", finding: "Finding", policy: ProfitPolicy
) -> NDArray[np.float64]:
    """Return expected customers saved by contacting each, row for row."""
    if finding.usable is None:
        return np.array([saved_by_assumption(risk, policy) for risk in scored.frame["risk"]])
    asked = scored.frame[["customer_id"]].assign(as_of=scored.as_of)
    return finding.usable.predict(app.store.history(finding.policy.service, asked))
