"""A retention plan in words and rows: what the terminal, the page and the file say alike."""

from collections.abc import Iterator

from service.crm.profit import sizes_to_show
from shuke.retention_plan import RetentionPlan
from training.cards.card import Estimate
from training.uplift.estimate import Finding

CSV_COLUMNS = (
    "rank",
    "customer_id",
    "expected_saved",
    "value",
    "cost",
    "expected_profit",
    "total_saved",
    "total_cost",
    "total_profit",
    "basis",
    "policy",
)


def title(plan: RetentionPlan) -> str:
    """Return the heading."""
    return f"Retention plan as of {plan.scored.as_of:%Y-%m-%d}, budget {plan.budget:,.2f}"


def columns(plan: RetentionPlan) -> tuple[str, ...]:
    """Return the heads of `rows`; the second says whether an assumption made it."""
    return (
        "list size",
        f"expected saved ({'measured' if plan.measured else 'assumed'})",
        "cost",
        "expected profit",
        "",
    )


def rows(plan: RetentionPlan) -> list[tuple[str, str, str, str, str]]:
    """Return what each size of list comes to."""
    points = [plan.curve.points[size] for size in sizes_to_show(plan.curve)]
    return [
        (
            f"{point.size:,}",
            f"{point.saved:,.1f}",
            f"{point.cost:,.2f}",
            f"{point.profit:,.2f}",
            _note(plan, point.size),
        )
        for point in points
    ]


def verdict(plan: RetentionPlan) -> str:
    """Return what to do, as a sentence."""
    best = plan.curve.best
    if not best.size:
        return "Contact nobody: no contact is expected to bring more than it costs."
    more = "more would cost more than they bring"
    if plan.curve.recommended == plan.curve.affordable < len(plan.curve.contacts):
        more = "the budget pays no more"
    return (
        f"Contact the first {best.size:,} customers: {best.saved:,.1f} expected to be saved, cost "
        f"{best.cost:,.2f}, expected profit {best.profit:,.2f}; {more}."
    )


def grounds(plan: RetentionPlan) -> tuple[str, ...]:
    """Return where the numbers come from, one sentence each, the assumption never left out."""
    policy, scored = plan.policy, plan.scored
    return (
        *_origin(plan),
        "Expected profit of a contact = expected saved x value x margin - cost, with a margin of "
        f"{policy.margin_rate:.0%} and a cost of {policy.contact_cost:,.2f} (policy "
        f"{policy.version}).",
        f"Scores: {scored.risk_model} version {scored.risk_version} and {scored.value_model} of "
        f"{len(scored.frame):,} customers, as of {scored.as_of:%Y-%m-%d}.",
    )


def csv_rows(plan: RetentionPlan) -> Iterator[tuple[object, ...]]:
    """Yield the recommended contacts in order, with what the list comes to down to each."""
    points = plan.curve.points
    for contact, before, here in zip(plan.curve.chosen, points, points[1:], strict=False):
        yield (
            here.size,
            contact.customer_id,
            round(contact.saved, 6),
            round(contact.value, 2),
            round(contact.cost, 2),
            round(here.profit - before.profit, 4),
            round(here.saved, 4),
            round(here.cost, 2),
            round(here.profit, 2),
            plan.basis,
            plan.policy.version,
        )


def _note(plan: RetentionPlan, size: int) -> str:
    if size == plan.curve.recommended:
        return "recommended"
    if size == plan.curve.affordable:
        return "all that the budget pays"
    return "over budget" if size > plan.curve.affordable else ""


def _origin(plan: RetentionPlan) -> Iterator[str]:
    finding = plan.finding
    counts = (
        f"{finding.contacted:,} contacted and {finding.held_out:,} held-out customers of "
        f"{_campaigns(finding)}"
    )
    if finding.usable:
        yield f"The uplift is MEASURED on {counts}. {_effect(finding)}"
        yield (
            "It speaks of customers like those; whoever was never of a kind to be contacted is "
            "guessed at."
        )
        return
    if finding.refused:
        yield f"The uplift of a contact is NOT measured: {'; '.join(finding.refused)}."
    elif finding.uplift:
        yield (
            f"The uplift was measured on {counts}, but it does NOT tell better than chance whom a "
            f"contact keeps. {_effect(finding)}"
        )
    if finding.auc is not None and finding.auc.value is not None:
        yield _told_apart(finding, finding.auc)
    yield (
        f"Instead each customer counts with risk x value and an ASSUMED save rate of "
        f"{plan.policy.save_rate:.0%}: of customers about to leave, a contact is taken to keep so "
        "many. Nothing in the data says so; say another with --save-rate."
    )


def _effect(finding: Finding) -> str:
    uplift, policy = finding.uplift, finding.policy
    if uplift is None:
        return ""
    changes = (
        f"the chance to buy within {policy.horizon_days} days"
        if policy.outcome == "bought"
        else f"the spend of {policy.horizon_days} days"
    )
    return (
        f"A contact changes {changes} by {_between(uplift.average)} on average; Qini "
        f"{_between(uplift.qini)}, where 0 is chance."
    )


def _told_apart(finding: Finding, auc: Estimate) -> str:
    said = f"AUC {_between(auc)}, where 0.5 is chance"
    if finding.randomised:
        return f"How well what was known before tells who was held out: {said}."
    if auc.low is None or auc.low <= finding.policy.chance_auc:
        return f"Contacted customers look like the others of the same day: {said}."
    return (
        f"The {finding.contacted:,} contacts of {_campaigns(finding)} were not randomised: what "
        f"was known before tells contacted customers from the others of the same day ({said}), so "
        "that comparing the two would show whom the shop chose and not what a contact does."
    )


def _campaigns(finding: Finding) -> str:
    return f"{finding.campaigns:,} campaign{'' if finding.campaigns == 1 else 's'}"


def _between(found: Estimate) -> str:
    if found.value is None:
        return "unknown"
    ends = "" if found.low is None else f" ({found.low:.3f} to {found.high:.3f})"
    return f"{found.value:.3f}{ends}"
