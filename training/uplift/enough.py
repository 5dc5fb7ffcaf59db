"""Whether contacts allow an effect to be measured: enough of them, and held out by chance."""

from collections.abc import Iterator

from training.cards.card import Estimate
from training.uplift.contacts import ContactRows
from training.uplift.policy import UpliftPolicy

NO_CONTACTS = "nobody is known to have been contacted yet"
NO_HOLDOUTS = (
    "campaigns held nobody out, so nobody knows what those contacted would have done without it"
)


def enough(rows: ContactRows, auc: Estimate, policy: UpliftPolicy) -> tuple[str, ...]:
    """Return why no effect can be measured, one phrase a reason; nothing if one can.

    Parameters
    ----------
    rows
        Of campaigns with holdouts.
    auc
        Of who was contacted, from `assignment_auc`.
    """
    return (*_few(rows, policy), *_not_by_chance(auc, policy))


def _few(rows: ContactRows, policy: UpliftPolicy) -> Iterator[str]:
    treated, bought = rows.column("treated"), rows.column("bought")
    groups = (("contacted", 1.0, policy.least_contacted), ("held out", 0.0, policy.least_holdouts))
    for name, group, least in groups:
        inside = bought[treated == group]
        if len(inside) < least:
            yield f"{len(inside):,} customers were {name}, at least {least:,} are needed"
        for did, many in (("bought", inside.sum()), ("did not buy", (1 - inside).sum())):
            if many < policy.least_outcomes:
                yield (
                    f"{many:,.0f} of those {name} {did} within {policy.horizon_days} days, "
                    f"at least {policy.least_outcomes:,} are needed"
                )


def _not_by_chance(auc: Estimate, policy: UpliftPolicy) -> Iterator[str]:
    if auc.low is None or auc.high is None:
        yield "too few customers to see whether chance alone decided who was held out"
    elif auc.low > policy.chance_auc:
        yield "who was held out was not left to chance: what was known before tells it"
    elif auc.high > policy.most_auc:
        yield "too few customers to be sure that chance alone decided who was held out"
